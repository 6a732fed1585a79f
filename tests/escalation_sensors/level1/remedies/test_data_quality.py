"""Wrong values: the source is read anew and what may be set aside is, once."""

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.remedies.data_quality import plan
from escalation_sensors.level1.situation import MayNotAct
from escalation_sensors.level1.tuning import Tuning
from tests.escalation_sensors.level1.remedies.situations import situation


def test_the_source_is_read_again_and_the_rows_that_the_contract_allows_are_set_aside() -> None:
    found = plan(situation(Category.DATA_QUALITY, tuning=Tuning(batches=4)))
    assert isinstance(found, Plan)
    assert found.tuning == Tuning(batches=4, reextract=True, quarantine=True)


def test_what_fails_its_contract_a_second_time_is_handed_on() -> None:
    assert isinstance(plan(situation(Category.DATA_QUALITY, tuning=Tuning(quarantine=True))), MayNotAct)
