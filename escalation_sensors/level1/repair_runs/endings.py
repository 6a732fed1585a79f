"""How attempts end whose run has finished, or never came to be: proved here if the step itself could not.

A step proves its own attempt; what is left are checks that are steps of their own, whole runs, and what was lost.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dagster as dg

from escalation_sensors.dagster_internals import PlannedStep, as_planned, checks_of_run, partition_in, story_of
from escalation_sensors.level1.execution import version_and_rows
from escalation_sensors.level1.pending_proof import proves_tag, write_pending
from escalation_sensors.level1.receipt import Proof
from escalation_sensors.level1.receipt_book import write_repair
from escalation_sensors.level1.repair_runs.launch import NOT_BEFORE_TAG, run_of_attempt
from escalation_sensors.level1.repair_runs.tick import Tick
from escalation_sensors.level1.repair_runs.under_way import UnderWay
from escalation_sensors.level1.subjects import VERSION_BEFORE_TAG

PATIENCE_SECONDS = 60.0
"""How long a run may have failed, or an attempt have no run, before nobody is expected to take care of it."""


def end_what_finished(tick: Tick, each: UnderWay, run: dg.DagsterRun | None) -> None:
    """End an attempt if there is nothing more to wait for; `run` is the one that it is known to be, if there is such.

    Raises:
        StoreError: the store cannot be reached.
    """
    attempt = each.attempt
    run = run if attempt.run_id else run_of_attempt(tick, attempt.id)
    begun = attempt.begun_at or tick.now
    if run is None:
        if tick.now > begun + timedelta(seconds=PATIENCE_SECONDS):
            _give_up(tick, each, "lost", "its run was never launched")
    elif attempt.run_id is None:
        tick.ledger.set_run(attempt.id, run.run_id)
    elif run.status is dg.DagsterRunStatus.SUCCESS:
        _prove(tick, each, run)
    elif run.status is dg.DagsterRunStatus.CANCELED:
        tick.ledger.cancel(run.run_id, tick.now)
        tick.tell(f"{each.subject.name}: attempt {attempt.number} of 2 was terminated by a person, who has it now")
    elif run.status is dg.DagsterRunStatus.FAILURE:
        if tick.now > _ended_at(tick, run.run_id, begun) + timedelta(seconds=PATIENCE_SECONDS):
            _give_up(tick, each, "failed", "its run failed")
    elif _is_too_late(tick, each, run):
        tick.instance.report_run_canceled(run, "The budget of its case was used up before it could be launched.")
        _give_up(tick, each, "lost", "the budget was used up before its run was launched")


def end_what_a_run_proved(tick: Tick, each: UnderWay) -> None:
    """End an attempt whose proof was the subject's next execution, if the run of that has ended with all its checks.

    Of a run that a person ended nothing is known: the next one is waited for.

    Raises:
        StoreError: the store cannot be reached.
    """
    attempt = each.attempt
    for run in reversed(tick.runs_with_tag(proves_tag(attempt), [str(attempt.id)])):  # the oldest first
        if run.status is dg.DagsterRunStatus.FAILURE:
            _give_up(tick, each, "failed", f"run {run.run_id}, which was to prove it, failed")
        elif run.status is dg.DagsterRunStatus.SUCCESS:
            proof = proof_by_checks(tick, each, run)
            if not proof.holds:
                _give_up(tick, each, "failed", _did_not_pass(proof))
                continue
            written = write_pending(tick.ledger, attempt, proof, run_id=run.run_id, now=tick.now)
            if written is not None:
                tick.tell(f"{each.subject.name}: {attempt.remedy} is proved by run {run.run_id}; {written.id}")


def _is_too_late(tick: Tick, each: UnderWay, run: dg.DagsterRun) -> bool:
    never_launched = run.status is dg.DagsterRunStatus.NOT_STARTED and NOT_BEFORE_TAG in run.tags
    return never_launched and tick.now > each.attempt.deadline_at


def _ended_at(tick: Tick, run_id: str, otherwise: datetime) -> datetime:
    record = tick.instance.get_run_record_by_id(run_id)
    return record.update_timestamp.astimezone(UTC) if record is not None else otherwise


def _prove(tick: Tick, each: UnderWay, run: dg.DagsterRun) -> None:
    attempt = each.attempt
    proof = proof_of(tick, each, run)
    if not proof.holds:
        _give_up(tick, each, "failed", _did_not_pass(proof))
        return
    if over := attempt.over_budget(_ended_in(tick, each, run)):
        _give_up(tick, each, "failed", over)
        return
    written = write_repair(tick.ledger, attempt, proof, run_id=run.run_id, now=tick.now)
    if written is not None:
        tick.tell(f"{each.subject.name}: attempt {attempt.number} of 2 repaired it in run {run.run_id}; {written.id}")


def _ended_in(tick: Tick, each: UnderWay, run: dg.DagsterRun) -> datetime:
    """When the last of a run's steps ended that make or check the attempt's subject; long ago if they are not known."""
    planned = tick.steps_of(run)
    ends = [datetime.min.replace(tzinfo=UTC)]
    for step in story_of(tick.instance, run.run_id).steps:
        of = planned.get(as_planned(step.step_key))
        if step.ended_at is not None and of is not None and _is_step_of(each, run, of):
            ends.append(step.ended_at)
    return max(ends)


def _is_step_of(each: UnderWay, run: dg.DagsterRun, step: PlannedStep) -> bool:
    kind, _, name = each.subject.name.partition(":")
    assets = {key.to_user_string() for key in [*step.assets, *(check.asset_key for check in step.checks)]}
    checks = {f"{check.asset_key.to_user_string()}:{check.name}" for check in step.checks}
    return {
        "asset": name in assets,
        "assets": name == step.op,
        "check": name in checks,
        "op": name == f"{run.job_name}.{step.node}",
    }.get(kind, True)  # of a whole run all steps are its own


def _did_not_pass(proof: Proof) -> str:
    return f"{', '.join(proof.checks_failed)} did not pass after the attempt"


def proof_of(tick: Tick, each: UnderWay, run: dg.DagsterRun) -> Proof:
    """What the checks of a run that succeeded say of the attempt's subject; one that did not run has failed."""
    version, rows = version_and_rows(tick.setup, each.subject)
    return replace(proof_by_checks(tick, each, run), rows_after=rows, version_after=version)


def proof_by_checks(tick: Tick, each: UnderWay, run: dg.DagsterRun) -> Proof:
    """The same without what readers see now."""
    evaluated: dict[dg.AssetCheckKey, tuple[bool, bool]] = {}
    try:
        wanted: frozenset[dg.AssetCheckKey] | None = checks_of_run(tick.repository, run)
    except dg.DagsterError as error:
        tick.trouble(f"run {run.run_id}: its checks are not known any more, those that ran count: {error}")
        wanted = None
    if wanted is None or wanted:
        evaluated = {key: (passed, warns) for key, passed, warns in story_of(tick.instance, run.run_id).checks}
    of_subject = {key for key in (evaluated if wanted is None else wanted) if _concerns(tick, each, run, key)}
    missing = [key for key in of_subject if key not in evaluated]
    failed = [key for key in of_subject if key in evaluated and evaluated[key] == (False, False)]
    return Proof(
        checks_passed=tuple(sorted(key.name for key in of_subject if evaluated.get(key, (False,))[0])),
        checks_warned=tuple(sorted(key.name for key in of_subject if evaluated.get(key) == (False, True))),
        checks_failed=tuple(sorted(key.name for key in [*failed, *missing])),
        version_before=run.tags.get(VERSION_BEFORE_TAG),
        partitions=(partition,) if (partition := partition_in(run.tags)) else (),
    )


def _concerns(tick: Tick, each: UnderWay, run: dg.DagsterRun, key: dg.AssetCheckKey) -> bool:
    """Whether a check belongs to the assets of the attempt's subject; all do that are in the run of a job."""
    kind, _, name = each.subject.name.partition(":")
    if kind in {"job", "op"}:
        return True
    if kind == "asset":
        return key.asset_key.to_user_string() == name
    if kind == "check":
        return f"{key.asset_key.to_user_string()}:{key.name}" == name
    return any(step.op == name and key.asset_key in step.assets for step in tick.steps_of(run).values())


def _give_up(tick: Tick, each: UnderWay, outcome: str, why: str) -> None:
    tick.ledger.end_attempt(each.attempt.id, "lost" if outcome == "lost" else "failed", tick.now)
    tick.ledger.end_case(each.attempt.case_id, f"attempt {each.attempt.number} of 2: {why}", tick.now)
    tick.tell(f"{each.subject.name}: attempt {each.attempt.number} of 2 did not help: {why}; handed on to level 2")
