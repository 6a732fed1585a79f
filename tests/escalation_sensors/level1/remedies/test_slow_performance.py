"""What was slow is never run again: its layout is improved if that can be done, else a change is proposed."""

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.remedies.slow_performance import plan
from escalation_sensors.level1.situation import MayNotAct
from tests.escalation_sensors.level1.remedies.situations import situation

SLOW = "it took 90 s, usually 5 s"


def test_a_step_that_succeeded_has_the_layout_of_what_it_reads_improved() -> None:
    found = plan(situation(Category.SLOW_PERFORMANCE, has_succeeded=True, can_improve_layout=True))
    assert isinstance(found, Plan)
    assert (found.remedy, found.wait_seconds) == ("improve_layout", 0)


def test_a_pipeline_without_layouts_and_what_failed_as_slow_are_proposed() -> None:
    for known in ({"has_succeeded": True}, {"can_improve_layout": True}):
        found = plan(situation(Category.SLOW_PERFORMANCE, said=SLOW, **known))
        assert isinstance(found, MayNotAct)
        assert found.proposed is not None
        assert SLOW in found.proposed.effect
