"""The judge believes what readers see: a wrong repair and a lost row are found, whatever the ladder says of itself."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from data_platform.chaos.experiment import Experiment, Shown, Told, passed_on, repairable, trial
from data_platform.chaos.judging import Verdict, judge
from data_platform.chaos.report import exit_code, figures_of, table_rows
from data_platform.chaos.scratch import Scratch
from escalation_sensors.diagnosis.category import Category

BEGAN = datetime(2013, 1, 1, tzinfo=UTC)
TWO = Counter({("1",): 1, ("2",): 1})
ONE = Counter({("1",): 1})


def never(_: Scratch) -> Shown:
    raise AssertionError("judging runs nothing")


FAULT = repairable("a fault", Category.DATA_QUALITY, never, "it can be")
OTHER = passed_on("another", Category.DATA_QUALITY, never, "it cannot be")
TRIAL = trial("a trial", "healthy run", never, "nothing is wrong")
REPAIRED = Told(
    failures=("data_quality",),
    remedies=("extract_again",),
    outcomes=("repaired",),
    states=("repaired",),
    verified=(True,),
    began_at=BEGAN,
    ended_at=BEGAN + timedelta(seconds=3),
    budget_seconds=300,
)
PASSED_ON = Told(failures=("data_quality",), states=("passed_on",), began_at=BEGAN, budget_seconds=300)
WHOLE = Shown(("asset:a",), succeeded=True, truth=TWO, after=TWO)


def code(*verdicts: Verdict) -> int:
    return exit_code(verdicts, figures_of(verdicts, 1.0, is_whole=False))


def test_a_repair_that_readers_see_is_one() -> None:
    verdict = judge(FAULT, WHOLE, REPAIRED)
    assert verdict.repaired
    assert verdict.verified
    assert not verdict.unexpected
    assert verdict.seconds == 3
    assert code(verdict) == 0


@pytest.mark.parametrize(
    ("shown", "told", "experiment"),
    [
        (replace(WHOLE, after=TWO + Counter({("3",): 1})), REPAIRED, FAULT),
        (replace(WHOLE, after=TWO + ONE), REPAIRED, FAULT),
        (WHOLE, replace(REPAIRED, undone=1), FAULT),
        (WHOLE, REPAIRED, OTHER),
        (WHOLE, REPAIRED, TRIAL),
        (replace(WHOLE, succeeded=False), PASSED_ON, OTHER),
    ],
    ids=["a foreign row", "a row twice", "undone", "it may not act", "a trial", "published by a run that failed"],
)
def test_a_wrong_repair_is_told_and_makes_the_command_fail(shown: Shown, told: Told, experiment: Experiment) -> None:
    verdict = judge(experiment, shown, told)
    assert verdict.wrongly_repaired
    assert not verdict.repaired
    assert verdict.unexpected
    assert code(verdict) == 1
    assert table_rows([verdict])[0]["wrong"] == 1


def test_a_row_that_is_missing_is_lost_though_the_ladder_calls_it_repaired() -> None:
    verdict = judge(FAULT, replace(WHOLE, after=ONE), REPAIRED)
    assert verdict.rows_lost == 1
    assert not verdict.repaired
    assert code(verdict) == 1


def test_a_row_that_was_there_before_a_failed_run_is_lost() -> None:
    shown = Shown(("asset:a",), succeeded=False, truth=TWO, before=TWO, after=ONE)
    assert judge(OTHER, shown, PASSED_ON).rows_lost == 1


def test_a_row_in_quarantine_is_not_lost_if_the_contract_allows_it() -> None:
    aside = Counter({("2",): 1})
    shown = replace(WHOLE, after=ONE, set_aside=aside)
    assert judge(FAULT, shown, REPAIRED).rows_lost == 1
    allowed = judge(FAULT, replace(shown, truth=ONE, may_be_set_aside=aside), REPAIRED)
    assert allowed.rows_lost == 0
    assert allowed.repaired


def test_a_bad_row_that_is_neither_published_nor_in_quarantine_is_lost() -> None:
    gone = replace(WHOLE, truth=ONE, after=ONE, may_be_set_aside=Counter({("2",): 1}))
    verdict = judge(FAULT, gone, REPAIRED)
    assert verdict.rows_lost == 1
    assert not verdict.repaired


def test_a_fault_is_passed_on_only_with_the_right_diagnosis() -> None:
    failed = Shown(("asset:a",), succeeded=False, truth=TWO, before=TWO, after=TWO)
    assert judge(OTHER, failed, PASSED_ON).passed_on
    wrong = judge(OTHER, failed, replace(PASSED_ON, failures=("unknown",)))
    assert not wrong.passed_on
    assert wrong.unexpected == "diagnosed as unknown"


def test_a_repair_after_its_budget_is_counted() -> None:
    late = replace(REPAIRED, ended_at=BEGAN + timedelta(seconds=301))
    verdict = judge(FAULT, WHOLE, late)
    assert verdict.over_budget
    assert code(verdict) == 1


def test_too_few_repairs_make_the_command_fail() -> None:
    failed = Shown(("asset:a",), succeeded=False, truth=TWO, before=TWO, after=TWO)
    assert code(judge(FAULT, WHOLE, REPAIRED), judge(FAULT, failed, PASSED_ON)) == 1


def test_a_repair_for_which_a_plain_retry_would_have_done_is_not_counted_as_the_remedys() -> None:
    by_itself = replace(FAULT, plain_would_do=True)
    verdicts = [judge(FAULT, WHOLE, REPAIRED), judge(by_itself, WHOLE, REPAIRED)]
    figures = {each.name: each.value for each in figures_of(verdicts, 1.0, is_whole=False)}
    assert figures["repairs that a plain retry would not have been"] == 50
    assert table_rows(verdicts)[0]["by remedy"] == 1
