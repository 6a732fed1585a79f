"""This project's assets."""

import os
from pathlib import Path

import dagster as dg

from escalation_sensors import current_tuning
from resources import Shop

PART = 64_000_000


@dg.asset
def sales(shop: Shop) -> list[int]:
    """One figure a day."""
    return shop.sales()


@dg.asset(retry_policy=dg.RetryPolicy(max_retries=3), tags={"team": "finance"})
def matched_sales(context: dg.AssetExecutionContext, sales: list[int]) -> int:
    """Matches every sale with every other: whole it takes more memory than there is, in parts it does not."""
    batches = current_tuning().batches
    context.log.info(f"in {batches} batches")
    held = []
    for _ in range(64 // batches):
        held.append(bytearray(PART))
        held[-1][::4096] = b"\x01" * len(held[-1][::4096])  # a page that is not written to takes no memory
        if batches > 1:
            held.clear()
    return sum(sales)


@dg.asset
def report(sales: list[int]) -> str:
    """Knows nothing of any tuning, and reads a source that is away once."""
    away = Path(os.environ["SHOP_HOME"]) / "away"
    if away.exists():
        away.unlink()
        raise ConnectionRefusedError(111, "Connection refused")
    return f"{sum(sales)} sold"


@dg.asset_check(asset=report)
def report_is_told(report: str) -> dg.AssetCheckResult:
    """The report has a figure."""
    return dg.AssetCheckResult(passed=report.split(maxsplit=1)[0].isdigit())
