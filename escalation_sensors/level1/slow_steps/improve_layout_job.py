"""The job that improves the layout of what a slow step reads, and the sensor that launches it, once an attempt."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg
from sqlalchemy import select

from escalation_sensors.dagster_internals import location_of_sensor
from escalation_sensors.level1.duration_history import usual_duration
from escalation_sensors.level1.failed import one_line
from escalation_sensors.level1.failure_log import said_in_case
from escalation_sensors.level1.ledger import Attempt, Ledger, Subject
from escalation_sensors.level1.pipeline import Improved, Layouts
from escalation_sensors.level1.process_ledger import ledger_of_process
from escalation_sensors.level1.proposals import propose_for_case
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
        try:
            done = improve_layout(ledger, attempt, setup.pipeline.layouts, context.run.run_id)
        except Exception as error:  # noqa: BLE001 - the run keeps the texts of all that an exception came from as they are
            raise dg.Failure(one_line(f"{type(error).__name__}: {error}"), allow_retries=False) from None
        context.log.info(f"Result: {done}")

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
            why = "it runs no query that could be profiled"
            return _hand_on(ledger, attempt, subject, slow_performance.MEASURE, why)
        usual = usual_duration(ledger.store, subject)
        done = slow_performance.not_the_query(profile, usual.seconds if usual else None)
        if not done and (beyond := slow_performance.beyond_layouts(profile)) is not None:
            return _hand_on(ledger, attempt, subject, *beyond)
        improved = Improved(done) if done else layouts.improve(subject.name, profile)
    except Exception as error:
        _end(ledger, attempt, f"the layout could not be improved: {one_line(f'{type(error).__name__}: {error}')}")
        raise
    done = done or f"{slow_performance.where(profile)}; {one_line(improved.told)}"
    ledger.improved(attempt, done, run_id, before=improved.before, after=improved.after)
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


def _hand_on(ledger: Ledger, attempt: Attempt, subject: Subject, plan: str, why: str) -> str:
    proposed = slow_performance.proposed(plan, why, said_in_case(ledger.store, attempt.case_id))
    propose_for_case(ledger.store, attempt.case_id, subject, proposed, datetime.now(UTC))
    _end(ledger, attempt, why)
    return f"{why}; proposed: {plan}"


def _end(ledger: Ledger, attempt: Attempt, why: str) -> None:
    now = datetime.now(UTC)
    ledger.end_attempt(attempt.id, "failed", now)
    ledger.end_case(attempt.case_id, why, now)
