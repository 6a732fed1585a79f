"""Definitions whose steps are killed, or wait to be, unless they run tuned: for tests of repair runs."""

import os
import signal
import time
from pathlib import Path

import dagster as dg

from escalation_sensors import current_tuning, escalate
from escalation_sensors.policy.policy import Policy

HOME = Path(os.environ["DAGSTER_HOME"])


def note(line: str) -> None:
    with (HOME / "notes").open("a") as file:
        file.write(f"{line}\n")


@dg.asset
def upstream() -> int:
    note("upstream")
    return 1


@dg.asset
def hungry(upstream: int) -> int:
    """Is killed, as by the kernel for its memory, unless it works in batches."""
    batches = current_tuning().batches
    note(f"hungry {batches}")
    if batches < 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return batches + upstream


@dg.asset_check(asset=hungry)
def is_whole(hungry: int) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=hungry > 0)


@dg.asset
def slow_once() -> int:
    """Takes for ever the first time, so that its machine can go meanwhile."""
    first = not (HOME / "was_slow").exists()
    note("slow_once")
    (HOME / "was_slow").touch()
    if first:
        time.sleep(300)
    return 1


class SourceIsAway(ConnectionError):
    """As a server's own word: it asks to wait for longer than any test does."""

    retry_after_seconds = 250.0


@dg.asset
def away() -> None:
    note("away")
    raise SourceIsAway("503 Service Unavailable")


@dg.asset
def away_too() -> None:
    """The same in a process of its own."""
    note("away_too")
    raise SourceIsAway("503 Service Unavailable")


defs = escalate(
    dg.Definitions(
        assets=[upstream, hungry, slow_once, away, away_too],
        asset_checks=[is_whole],
        jobs=[
            dg.define_asset_job("hungry_assets", ["upstream", "hungry"]),
            dg.define_asset_job("slow_assets", ["slow_once"]),
            dg.define_asset_job("away_assets", ["away"]),
            dg.define_asset_job("away_too_assets", ["away_too"], executor_def=dg.multiprocess_executor),
        ],
        executor=dg.in_process_executor,
    ),
    # Beats come every 10 s; a process that is seen alive is never taken for dead, however seldom it beats.
    Policy(stale_heartbeat_seconds=float(os.environ.get("STALE", "60"))),
)
