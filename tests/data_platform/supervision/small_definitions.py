"""Definitions that load in a moment, for tests of what serves them."""

import dagster as dg


@dg.asset
def small() -> None:
    """Nothing."""


@dg.sensor(target=[small], default_status=dg.DefaultSensorStatus.RUNNING, minimum_interval_seconds=1)
def skipping() -> dg.SkipReason:
    """Never asks for anything."""
    return dg.SkipReason("nothing to do")


defs = dg.Definitions(assets=[small], sensors=[skipping])
