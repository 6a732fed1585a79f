"""The job that improves the layout of what a slow step reads, and the sensor that launches it, once an attempt."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg
from sqlalchemy import select

from escalation_sensors.dagster_internals import location_of_sensor
from escalation_sensors.level1.failed import one_line
from escalation_sensors.level1.ledger import Attempt, Ledger, Subject
from escalation_sensors.level1.pipeline import Layouts
from escalation_sensors.level1.process_ledger import ledger_of_process
from escalation_sensors.level1.proposals import propose_for_case
from escalation_sensors.level1.proposed import Proposed
from escalation_sensors.level1.recoverable import is_disabled
from escalation_sensors.level1.remedies import slow_performance
from escalation_sensors.level1.setup import Setup, trouble
from escalation_sensors.level1.subjects import ATTEMPT_TAG
from escalation_sensors.store import StoreError
from escalation_sensors.store.tables import attempts, cases

JOB, SENSOR = "escalation_improve_layout", "escalation_improve_layouts"
EVERY_SECONDS = 30


def improve_layout_job(setup: Setup) -> dg.JobDefinition:
    """The job, for one project. Which attempt it is, is said by the run's tag."""

    @dg.op(name="escalation_improve_layout_of_attempt", description="Profiles a slow step and improves what it reads.")
    def improve(context: dg.OpExecutionContext) -> None:
        ledger = ledger_of_process()
        attempt = ledger.attempt(int(context.run.tags[ATTEMPT_TAG]))
        if attempt is None or attempt.has_ended or setup.pipeline.layouts is None:
            context.log.info("there is nothing to improve any more")
            return
        context.log.info(f"Result: {improve_layout(ledger, attempt, setup.pipeline.layouts, context.run.run_id)}")

    @dg.job(name=JOB, description="Improves the layout of what a slow step reads. Launched by the ladder.")
    def job() -> None:
        improve()

    return job


def improve_layout(ledger: Ledger, attempt: Attempt, layouts: Layouts, run_id: str) -> str:
    """Profile, then improve; what no layout helps is proposed. What was done, in one line.

    Raises:
        StoreError: the store cannot be reached.
        Exception: the pipeline's own; the attempt has then failed.
    """
    subject = ledger.subject_of(attempt)
    try:
        profile = layouts.profile(subject.name)
        if profile is None:
            return _hand_on(ledger, attempt, subject, "the step cannot be profiled")
        if profile.has_cross_product or not profile.keys:
            why = "it joins without a condition" if profile.has_cross_product else "no key to sort by is known"
            return _hand_on(ledger, attempt, subject, f"{profile.dominating_operator} dominates, and {why}")
        done = f"{profile.dominating_operator} dominates; {one_line(layouts.improve(subject.name, profile))}"
    except Exception as error:
        _end(ledger, attempt, f"the layout could not be improved: {one_line(f'{type(error).__name__}: {error}')}")
        raise
    ledger.improved(attempt, done, run_id)
    return done


def improve_layout_sensor(job: dg.JobDefinition) -> dg.SensorDefinition:
    """Launches the job for each attempt that is due."""

    @dg.sensor(
        name=SENSOR,
        job=job,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Launches the improvement of layouts that level 1 decided on.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        query = (
            select(attempts.c.id)
            .join(cases, cases.c.id == attempts.c.case_id)
            .where(
                attempts.c.outcome == "running",
                attempts.c.remedy == slow_performance.NAME,
                attempts.c.run_id.is_(None),
                cases.c.code_location == location_of_sensor(context),
            )
        )
        if is_disabled():
            yield dg.SkipReason("the ladder is switched off")
            return
        try:
            with ledger_of_process().store.reading() as connection:
                due = [row.id for row in connection.execute(query)]
        except StoreError as error:
            trouble(f"no layout is improved: {error}")
            due = []
        for identity in due:
            # The key makes it once: a second tick before the run has ended launches nothing.
            yield dg.RunRequest(run_key=f"escalation-attempt-{identity}", tags={ATTEMPT_TAG: str(identity)})
        if not due:
            yield dg.SkipReason("no layout is to be improved")

    return sensor


def _hand_on(ledger: Ledger, attempt: Attempt, subject: Subject, why: str) -> str:
    effect = f"rewrite the join or the query: {why}"
    proposed = Proposed(slow_performance.NAME, effect, slow_performance.REWRITE)
    propose_for_case(ledger.store, attempt.case_id, subject, proposed, datetime.now(UTC))
    _end(ledger, attempt, why)
    return f"{why}; it is proposed to rewrite it"


def _end(ledger: Ledger, attempt: Attempt, why: str) -> None:
    now = datetime.now(UTC)
    ledger.end_attempt(attempt.id, "failed", now)
    ledger.end_case(attempt.case_id, why, now)
