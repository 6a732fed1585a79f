"""A thing near what is the matter with it says which repair would help, in any words."""

import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.things_and_troubles import troubles_of_things


def heaviest(text: str) -> Category | None:
    found = sorted(troubles_of_things(text), key=lambda each: -each[1])
    return found[0][0] if found else None


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("no such column", Category.SCHEMA_MISMATCH),
        ("the daily file has not landed", Category.SOURCE_UNAVAILABLE),
        ("the peer hung up", Category.SOURCE_UNAVAILABLE),
        ("the jar could not be downloaded", Category.MISSING_DEPENDENCY),
        ("the heap is exhausted", Category.OUT_OF_MEMORY),
        ("it did not return in 60000 ms", Category.PIPELINE_TIMEOUT),
        ("the row is held by someone else", Category.SCHEDULING_CONFLICT),
        ("the value is not one of the codes", Category.DATA_QUALITY),
        ("the variable is not declared", Category.CODE_DEFECT),
        ("the job is slower every day", Category.SLOW_PERFORMANCE),
    ],
)
def test_a_thing_and_its_trouble_mean_a_category(text: str, category: Category) -> None:
    assert heaviest(text) is category


def test_what_stands_nearer_weighs_more() -> None:
    (_, near, _), *_ = troubles_of_things("column missing")
    (_, far, _), *_ = troubles_of_things("column of the great and old house missing")
    assert near > far > 0


@pytest.mark.parametrize(
    "text", ["all is well", "the column\nis missing", "missing one two three four five six seven eight nine ten column"]
)
def test_what_is_far_apart_says_nothing(text: str) -> None:
    assert list(troubles_of_things(text)) == []
