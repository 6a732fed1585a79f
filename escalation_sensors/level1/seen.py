"""What a step yields, seen on its way to Dagster: the results of checks, and rows. Changes nothing of it."""

from dataclasses import dataclass, field
from typing import Any

import dagster as dg

ROW_COUNT = "dagster/row_count"


@dataclass
class Seen:
    """What was seen of one execution."""

    passed: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    rows: int | None = None
    tuning_was_read: bool = False

    def take(self, result: Any) -> None:
        """Look at one result, or at a list of them."""
        if isinstance(result, dg.AssetCheckResult):
            self._take_check(result)
        elif isinstance(result, dg.MaterializeResult):
            rows = (result.metadata or {}).get(ROW_COUNT)
            value = getattr(rows, "value", rows)
            if isinstance(value, int):
                self.rows = (self.rows or 0) + value
            for each in result.check_results or ():
                self._take_check(each)
        elif isinstance(result, list | tuple):
            for each in result:
                if isinstance(each, dg.AssetCheckResult | dg.MaterializeResult):
                    self.take(each)

    def _take_check(self, result: dg.AssetCheckResult) -> None:
        name = result.check_name or "check"
        if result.passed:
            self.passed.append(name)
        elif result.severity is dg.AssetCheckSeverity.WARN:
            self.warned.append(name)
        else:
            self.failed.append(name)
