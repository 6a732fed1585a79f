"""The sensor that repairs failed runs: silent runs, then failed ones, then how attempts ended, then launches."""

from collections.abc import Callable
from typing import Any

import dagster as dg

from escalation_sensors.dagster_internals import location_of_sensor
from escalation_sensors.level1.process_ledger import leave_alone, ledger_of_process
from escalation_sensors.level1.recoverable import is_disabled
from escalation_sensors.level1.repair_runs.capture import capture
from escalation_sensors.level1.repair_runs.carry_over import carry_over
from escalation_sensors.level1.repair_runs.endings import end_what_a_run_proved, end_what_finished
from escalation_sensors.level1.repair_runs.launch import JOB_NAME, LAUNCHES_A_TICK, SENSOR_NAME, requests_due
from escalation_sensors.level1.repair_runs.silent_runs import WATCH, report_silent_runs
from escalation_sensors.level1.repair_runs.tick import MORE_SECONDS, Tick
from escalation_sensors.level1.repair_runs.under_way import to_be_proved, under_way
from escalation_sensors.level1.setup import Setup, trouble
from escalation_sensors.level1.slow_steps.improve_layout_job import improve_layout_job, improve_layout_sensor
from escalation_sensors.redaction import redact
from escalation_sensors.store import StoreError

INTERVAL_SECONDS = 5
_MADE: list[tuple[Setup, dg.Definitions]] = []


def with_repair_runs(defs: dg.Definitions, setup: Setup) -> dg.Definitions:
    """The definitions, with the sensor and the job that its requests name; as they are, if they have it already."""
    if any(sensor.name == SENSOR_NAME for sensor in defs.sensors or ()):
        return defs
    return dg.Definitions.merge(defs, _own_definitions(setup))


def _own_definitions(setup: Setup) -> dg.Definitions:
    """The same objects for the same setup: two parts of one project that are covered apart may be merged."""
    for known, definitions in _MADE:
        if known == setup:
            return definitions
    improve = improve_layout_job(setup)
    definitions = dg.Definitions(
        jobs=[_repair_job(), improve], sensors=[_repair_sensor(setup), improve_layout_sensor(improve)]
    )
    _MADE.append((setup, definitions))
    return definitions


def _repair_job() -> dg.JobDefinition:
    @dg.op(name="escalation_nothing")
    def nothing() -> None:
        """Nothing: the sensor's requests name this job, and mean repair runs that exist already."""

    @dg.job(name=JOB_NAME, description="Named by requests for repair runs, which are runs of other jobs. Does nothing.")
    def repair_job() -> None:
        nothing()

    return repair_job


def _repair_sensor(setup: Setup) -> dg.SensorDefinition:
    @dg.sensor(
        name=SENSOR_NAME,
        job_name=JOB_NAME,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Repairs failed runs that level 1 could not repair inside a step: killed workers, lost machines.",
    )
    def repair_failed_runs(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        return evaluate(context, setup)

    return repair_failed_runs


def evaluate(context: dg.SensorEvaluationContext, setup: Setup) -> dg.SensorResult | dg.SkipReason:
    """One tick. Raises nothing: what goes wrong is told, and the rest goes on."""
    if is_disabled():
        return dg.SkipReason("the ladder is switched off")
    try:
        ledger = ledger_of_process()
    except StoreError as error:
        WATCH.interrupt()
        trouble(f"failed runs are not repaired, because the ledger cannot be reached: {error}")
        return dg.SkipReason(redact(f"the ledger cannot be reached: {error}"))
    repository = context.repository_def
    if repository is None:
        return dg.SkipReason("it runs outside of a code location")
    location = location_of_sensor(context)
    tick = Tick(context.instance, repository, location, ledger, setup, context.log.info)
    parts: list[Callable[[Tick], Any]] = [report_silent_runs, capture, _endings]
    for part in parts:
        if part is _endings:
            tick.go_on_for(MORE_SECONDS)
        _guarded(tick, part)
    tick.go_on_for(MORE_SECONDS)
    wanted = [*(_guarded(tick, _due) or []), *(_guarded(tick, carry_over) or [])]
    requests = list({request.run_key: request for request in wanted}.values())[:LAUNCHES_A_TICK]
    return dg.SensorResult(run_requests=requests) if requests else dg.SkipReason("there is no repair run to launch")


def _endings(tick: Tick) -> None:
    attempts = under_way(tick.ledger, tick.location)
    runs = tick.runs(each.attempt.run_id for each in attempts if each.attempt.run_id)
    for each in attempts:
        if not tick.has_time:
            return
        _guarded(tick, end_what_finished, each, runs.get(each.attempt.run_id or ""))
    for each in to_be_proved(tick.ledger, tick.location):
        if tick.has_time:
            _guarded(tick, end_what_a_run_proved, each)


def _due(tick: Tick) -> list[dg.RunRequest]:
    return requests_due(tick, under_way(tick.ledger, tick.location))


def _guarded(tick: Tick, part: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return part(tick, *arguments)
    except StoreError as error:
        leave_alone(error)
        WATCH.interrupt()
        tick.trouble(f"failed runs are not repaired, because the ledger cannot be reached: {error}")
    except Exception as error:  # noqa: BLE001 - a fault of one part must not keep the others from being done
        tick.trouble(f"{part.__name__.strip('_')} failed: {type(error).__name__}: {error}")
    return None
