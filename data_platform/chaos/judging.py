"""What came of an experiment, judged by what readers see against what a run without the fault would show. Pure."""

from dataclasses import dataclass, replace

from data_platform.chaos.experiment import Experiment, Shown, Told

ENDING_SECONDS = 2.0
"""What an attempt may take to be ended once its budget is over; a repair may take nothing beyond it."""


@dataclass(frozen=True)
class Verdict:
    """The judgement on one experiment.

    Attributes:
        seen: whether the ladder knows of a failure.
        diagnosed: whether its first diagnosis is the right one.
        repaired: whether an attempt made it whole, by its receipt, its run and what readers see.
        verified: whether the receipt says that a contract passed.
        passed_on: whether it was handed on, with the right diagnosis.
        wrongly_repaired: why the repair is a wrong one; empty if it is none.
        rows_lost: rows that readers should see, or find in quarantine, and do not.
        over_budget: whether the last attempt ended after the budget.
        unexpected: what is not as declared, for people; empty if all is.
    """

    experiment: Experiment
    seen: bool
    diagnosed: bool
    repaired: bool
    verified: bool
    passed_on: bool
    wrongly_repaired: str
    rows_lost: int
    over_budget: bool
    seconds: float | None
    unexpected: str
    told: Told
    note: str = ""

    @property
    def is_harmful(self) -> bool:
        """Whether something was repaired wrongly or a row was lost."""
        return bool(self.wrongly_repaired) or self.rows_lost > 0


def judge(experiment: Experiment, shown: Shown, told: Told) -> Verdict:
    """Judge one experiment."""
    # Where no run ended well, readers must see what they saw before.
    expected = shown.truth if shown.succeeded else shown.before
    foreign = shown.after - expected
    lost = expected - shown.after
    if shown.succeeded:
        lost += shown.may_be_set_aside - shown.set_aside
    wrong = _wrongly_repaired(experiment, told, foreign.total())
    made_whole = shown.succeeded and not foreign and not lost
    repaired = "repaired" in told.outcomes and made_whole and not wrong
    category = experiment.category.value if experiment.category else ""
    diagnosed = bool(told.failures) and told.failures[0] == category
    passed_on = not repaired and diagnosed and "passed_on" in told.states
    budget, tolerated = told.budget_seconds, 0.0 if repaired else ENDING_SECONDS
    verdict = Verdict(
        experiment=experiment,
        seen=bool(told.failures),
        diagnosed=diagnosed,
        repaired=repaired,
        verified=repaired and all(told.verified),
        passed_on=passed_on,
        wrongly_repaired=wrong,
        rows_lost=lost.total(),
        over_budget=told.seconds is not None and budget is not None and told.seconds > budget + tolerated,
        seconds=told.seconds,
        unexpected="",
        told=told,
        note=shown.note,
    )
    return _with_unexpected(verdict, shown)


def failed_to_run(experiment: Experiment, error: Exception) -> Verdict:
    """The verdict on an experiment that itself broke: nothing is known of it, and that is told."""
    told = f"the experiment itself failed: {type(error).__name__}: {' '.join(str(error).split())[:200]}"
    return replace(judge(experiment, Shown((), succeeded=False), Told()), unexpected=told)


def _wrongly_repaired(experiment: Experiment, told: Told, foreign_rows: int) -> str:
    if told.remedies and not experiment.may_act:
        return f"it acted where it may not: {', '.join(told.remedies)}"
    if foreign_rows:
        return f"{foreign_rows} rows are there that a run without the fault would not have published"
    if told.undone:
        return f"{told.undone} repairs were undone"
    return ""


def _with_unexpected(verdict: Verdict, shown: Shown) -> Verdict:
    return replace(verdict, unexpected=_unexpected(verdict, shown))


def _unexpected(verdict: Verdict, shown: Shown) -> str:
    if verdict.wrongly_repaired:
        return verdict.wrongly_repaired
    if verdict.rows_lost:
        return f"{verdict.rows_lost} rows were lost"
    if verdict.experiment.category is None:
        if verdict.seen:
            return f"nothing was to fail, and {', '.join(verdict.told.failures)} was seen"
        return "" if shown.succeeded != verdict.experiment.is_ended else "nothing was to fail, and no run ended well"
    return _unlike_declared(verdict)


def _unlike_declared(verdict: Verdict) -> str:
    experiment = verdict.experiment
    if not verdict.seen:
        return "nothing was seen"
    if not verdict.diagnosed:
        return f"diagnosed as {verdict.told.failures[0]}"
    if experiment.can_be_repaired:
        return "" if verdict.repaired else "not repaired"
    if not verdict.passed_on:
        return "repaired all the same" if verdict.repaired else "not passed on"
    return ""
