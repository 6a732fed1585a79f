"""Work that ran out of its time: its size and plan decide whether, and into how many parts, it is split."""

from typing import Any

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.pipeline import WorkSize
from escalation_sensors.level1.remedies.pipeline_timeout import NAME, plan
from escalation_sensors.level1.situation import MayNotAct
from escalation_sensors.level1.tuning import Tuning
from tests.escalation_sensors.level1.remedies.situations import situation

SPLIT = {"escalation/split_key": "carrier"}
GIBIBYTE = 2**30


def planned(**known: Any) -> Plan | MayNotAct:
    return plan(situation(Category.PIPELINE_TIMEOUT, **{"metadata": SPLIT, **known}))


def test_work_of_unknown_size_is_cut_into_four_parts_then_sixteen() -> None:
    first = planned()
    assert isinstance(first, Plan)
    assert (first.remedy, first.tuning.batches, first.makes_work_smaller) == (NAME, 4, True)
    assert first.change == "4 parts by carrier instead of 1"
    second = planned(tuning=first.tuning, attempts=1)
    assert isinstance(second, Plan)
    assert second.tuning.batches == 16


def test_large_data_are_cut_into_more_parts_at_once_and_the_line_says_why() -> None:
    found = planned(size=WorkSize(60_000_000, 5 * GIBIBYTE, "HASH_JOIN"))
    assert isinstance(found, Plan)
    assert found.tuning.batches == 20
    assert found.change == (
        "20 parts by carrier instead of 1; it reads about 60,000,000 rows (5,120 MiB), mostly HASH_JOIN"
    )
    most = planned(size=WorkSize(60_000_000, 500 * GIBIBYTE))
    assert isinstance(most, Plan)
    assert most.tuning.batches == 64


def test_few_rows_are_not_slow_by_their_size_so_they_are_tried_again_as_they_are() -> None:
    found = planned(size=WorkSize(16, 4_000))
    assert isinstance(found, Plan)
    assert (found.remedy, found.tuning) == ("plain", Tuning())
    assert isinstance(planned(size=WorkSize(16, 4_000), attempts=1), MayNotAct)


def test_few_rows_are_split_if_they_are_crossed() -> None:
    found = planned(size=WorkSize(9_999, 90_000, "CROSS_PRODUCT", has_cross_product=True))
    assert isinstance(found, Plan)
    assert found.remedy == NAME
    assert found.change.endswith("(less than 1 MiB), mostly CROSS_PRODUCT, with a cross product")


def test_without_a_split_key_there_is_one_plain_retry() -> None:
    first = planned(metadata={})
    assert isinstance(first, Plan)
    assert first.remedy == "plain"
    assert isinstance(planned(metadata={}, attempts=1), MayNotAct)


def test_what_was_too_slow_in_the_smallest_parts_is_handed_on() -> None:
    found = planned(tuning=Tuning(batches=64))
    assert isinstance(found, MayNotAct)
    assert found.reason == "it ran out of time in 64 parts"
