"""What a failure that is handed on leaves to propose, with the facts of its plan: rows, time, assets downstream.

A fact that nobody knows is left open. What is proposed for a cause by its remedy stands in the remedy's own file.
"""

from dataclasses import replace
from datetime import datetime

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.duration_history import remedy_duration, usual_duration
from escalation_sensors.level1.failed import Failed
from escalation_sensors.level1.ledger import Attempt, Ledger, Plan, Subject
from escalation_sensors.level1.lookups import Lookups
from escalation_sensors.level1.proposals import propose
from escalation_sensors.level1.proposed import UNDO_BY_HAND, Proposed
from escalation_sensors.level1.remedies import plain
from escalation_sensors.level1.remedies.pipeline_timeout import MORE_TIME

SIZED = frozenset({Category.PIPELINE_TIMEOUT, Category.OUT_OF_MEMORY})
"""Of these the rows are those that the work reads."""
RENEW, RUN_AGAIN = "renew_credentials", "run_again"


def credentials(failed: Failed, diagnosis: Diagnosis) -> Proposed | None:
    """New credentials, where the source refused those that were good once; None for any other cause."""
    if diagnosis.category is not Category.SOURCE_UNAVAILABLE:
        return None
    effect = f"renew the credentials with which {failed.subject.name} reads its source, then run it again"
    return Proposed(RENEW, effect, f"{UNDO_BY_HAND}: the credentials")


def despite_effects(plan: Plan) -> Proposed:
    """The attempt that would be made if it had no effects outside."""
    effect = f"run it again, once somebody has seen which of its effects took place: {plan.change}"
    undo = "nothing is run before it is approved; what it does outside of the data cannot be taken back"
    return Proposed(RUN_AGAIN, effect, undo, plan.tuning)


def by_policy(plan: Plan) -> Proposed:
    """The attempt that the policy lets nobody but a person begin."""
    return Proposed(plan.remedy, plan.change, tuning=plan.tuning)


def beyond_the_budget(plan: Plan, failed: Failed, diagnosis: Diagnosis) -> Proposed | None:
    """The attempt that there is no budget for any more; None where nothing would be different, not even the time."""
    if plan.remedy == plain.NAME and diagnosis.category is Category.PIPELINE_TIMEOUT:
        budget = f"{failed.settings.budget_seconds:g} s that level 1 has (tag escalation/budget_seconds)"
        return Proposed(MORE_TIME, f"give it more time than the {budget}", f"{UNDO_BY_HAND}: the tag")
    if plan.remedy == plain.NAME:
        return None
    return Proposed(plan.remedy, f"run it once more, outside of the budget: {plan.change}", tuning=plan.tuning)


def when_that_is_over(attempt: Attempt) -> Proposed:
    """To run it when what an attempt waited for in vain is over, or was ended."""
    process = attempt.tuning.behind_process
    what = f"process {process}" if process else "what it waits for"
    effect = f"run it once more, when {what} has ended or was ended by hand: {attempt.change}"
    return Proposed(attempt.remedy, effect, tuning=attempt.tuning)


def keep_proposal(
    ledger: Ledger,
    failed: Failed,
    diagnosis: Diagnosis,
    proposed: Proposed,
    lookups: Lookups,
    *,
    now: datetime,
) -> int:
    """Keep a proposal with what is known of its rows and time, and of the assets downstream. Returns its id.

    Raises:
        StoreError: the store cannot be reached.
    """
    if proposed.rows is None and lookups.size_of is not None and diagnosis.category in SIZED:
        size = lookups.size_of(failed.subject.name, failed.partition)
        proposed = replace(proposed, rows=size.rows if size is not None else None)
    if proposed.seconds is None:
        proposed = replace(proposed, seconds=_seconds(ledger, failed.subject, proposed))
    downstream = lookups.downstream_of(failed.subject) if lookups.downstream_of is not None else ()
    return propose(ledger, failed, proposed, now, downstream=downstream)


def _seconds(ledger: Ledger, subject: Subject, proposed: Proposed) -> float | None:
    """How long it is likely to take, by the history of the remedy, else of the step; not by the failure's own time."""
    if proposed.undo.startswith(UNDO_BY_HAND):
        return None  # what a person does has no history
    by_remedy = remedy_duration(ledger.store, subject, proposed.remedy)
    if by_remedy is not None:
        return by_remedy
    usual = usual_duration(ledger.store, subject)
    return None if usual is None else usual.seconds
