"""What the contracts say of the untouched real year: nothing blocks, and each known flaw is told with its figure."""

from datetime import date

import pytest

from data_platform.auditing import Audit, audit
from resources.lakehouse import TableName
from tests.data_platform.models.real_year import CONTRACTS, real_year

FLIGHT = TableName("core", "flight")
WARNINGS: dict[str, dict[str, int]] = {}
QUARANTINED = {"core.airport": 3, "core.weather_hour": 1}
WORST_DAYS = {
    date(2013, 2, 8): "the snow storm",
    date(2013, 2, 9): "most cancelled, and without a tail number",
    date(2013, 12, 31): "no weather at all",
}


def warnings(audited: Audit) -> dict[str, int]:
    return {each.name: each.failing_rows for each in audited.outcomes if each.action == "warn" and not each.passed}


def test_nothing_blocks() -> None:
    assert not [
        (str(table), outcome)
        for table, each in real_year().audits.items()
        for outcome in each.outcomes
        if outcome.blocks
    ]


def test_only_rows_that_are_wrong_are_set_aside() -> None:
    found = {str(table): each.quarantined_rows for table, each in real_year().audits.items() if each.quarantined_rows}
    assert found == QUARANTINED


def test_each_known_flaw_warns_with_its_figure() -> None:
    assert {str(table): found for table, each in real_year().audits.items() if (found := warnings(each))} == WARNINGS
