"""Wrong values: the source is read anew if it changed or was cut short, else what may be set aside is; each once."""

from typing import Any

import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.remedies.data_quality import EXTRACT_AGAIN, QUARANTINE, plan
from escalation_sensors.level1.situation import MayNotAct
from escalation_sensors.level1.tuning import PLAIN, Tuning
from escalation_sensors.level1.tuning_memory import Worked
from tests.escalation_sensors.level1.remedies.situations import situation

READ, SET_ASIDE = Tuning(reextract=True), Tuning(quarantine=True)


def planned(**known: Any) -> Plan:
    found = plan(situation(Category.DATA_QUALITY, **known))
    assert isinstance(found, Plan)
    return found


def worked(remedy: str) -> Worked:
    return Worked(remedy, PLAIN, "as the last time")


@pytest.mark.parametrize(
    ("known", "remedy", "tuning"),
    [
        ({"source_changed": True}, EXTRACT_AGAIN, READ),
        ({"source_changed": False}, QUARANTINE, SET_ASIDE),
        ({"said": "the file is truncated", "source_changed": False}, EXTRACT_AGAIN, READ),
        ({}, EXTRACT_AGAIN, READ),
        ({"worked": worked(QUARANTINE)}, QUARANTINE, SET_ASIDE),
        ({"worked": worked(EXTRACT_AGAIN)}, EXTRACT_AGAIN, READ),
        ({"worked": worked(QUARANTINE), "source_changed": True}, EXTRACT_AGAIN, READ),
    ],
    ids=[
        "the source changed",
        "the source is as it was",
        "cut short",
        "nobody can tell",
        "setting aside worked before",
        "reading again worked before",
        "what is seen counts before what worked",
    ],
)
def test_the_one_or_the_other_is_done_by_what_is_known(known: dict[str, Any], remedy: str, tuning: Tuning) -> None:
    found = planned(**known)
    assert (found.remedy, found.tuning) == (remedy, tuning)


def test_where_reading_again_did_not_help_rows_are_set_aside_and_all_other_tuning_stays() -> None:
    first = planned(tuning=Tuning(batches=4))
    assert first.tuning == Tuning(batches=4, reextract=True)
    second = planned(tuning=first.tuning, attempts=1)
    assert (second.remedy, second.tuning) == (QUARANTINE, Tuning(batches=4, quarantine=True))
    assert isinstance(plan(situation(Category.DATA_QUALITY, tuning=second.tuning, attempts=2)), MayNotAct)


def test_rows_that_were_set_aside_in_vain_of_a_source_that_is_as_it_was_are_handed_on_at_once() -> None:
    found = plan(situation(Category.DATA_QUALITY, tuning=SET_ASIDE, attempts=1, source_changed=False))
    assert isinstance(found, MayNotAct)
    assert found.reason == "it failed again, with the rows set aside that the contract allows"


def test_what_worked_before_and_then_failed_gives_way_to_the_other() -> None:
    second = planned(tuning=SET_ASIDE, attempts=1)
    assert (second.remedy, second.tuning) == (EXTRACT_AGAIN, Tuning(quarantine=True, reextract=True))
