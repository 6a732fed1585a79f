"""One repair run for one attempt: created at once, launched when its wait is over, whatever restarts in between.

The daemon launches it: a sensor's request whose key a run carries that exists, and was not started, means that run. So
any run coordinator and launcher does, and asking twice launches once.
"""

from datetime import datetime

import dagster as dg

from escalation_sensors.dagster_internals import create_run_from_failure, tags_of_request
from escalation_sensors.level1.decide import Again
from escalation_sensors.level1.ledger import Attempt
from escalation_sensors.level1.repair_runs.tick import Tick
from escalation_sensors.level1.repair_runs.under_way import UnderWay
from escalation_sensors.level1.subjects import ATTEMPT_TAG

SENSOR_NAME = "escalation_repair_failed_runs"
JOB_NAME = "escalation_repair"
NOT_BEFORE_TAG, REMEDY_TAG, CHANGE_TAG = "escalation/not_before", "escalation/remedy", "escalation/change"


def key_of(attempt_id: int, run_id: str) -> str:
    """The key by which the daemon finds a repair run."""
    return f"escalation-attempt-{attempt_id}-{run_id[:8]}"


def create_repair_run(tick: Tick, failed_run: dg.DagsterRun, again: Again) -> dg.DagsterRun:
    """The run that is the attempt; the one that exists already, if it does.

    Raises:
        StoreError: the store cannot be reached.
        DagsterError: the code does not know the run's job any more.
    """
    attempt = again.attempt
    run = run_of_attempt(tick, attempt.id)
    if run is None:
        tags = tags_of_attempt(attempt, failed_run, attempt.not_before or tick.now)
        run = create_run_from_failure(tick.instance, tick.repository, failed_run, tags)
    tick.ledger.set_run(attempt.id, run.run_id)
    return run


def tags_of_attempt(attempt: Attempt, failed_run: dg.DagsterRun, not_before: datetime) -> dict[str, str]:
    """What a repair run's tags tell the steps, the daemon and people."""
    return {
        ATTEMPT_TAG: str(attempt.id),
        REMEDY_TAG: attempt.remedy,
        CHANGE_TAG: attempt.change[:200],
        NOT_BEFORE_TAG: not_before.isoformat(),
        "dagster/max_retries": "0",
        **tags_of_request(SENSOR_NAME, key_of(attempt.id, failed_run.run_id)),
    }


def run_of_attempt(tick: Tick, attempt_id: int) -> dg.DagsterRun | None:
    """The repair run of an attempt, if one was created."""
    found = tick.instance.get_runs(filters=dg.RunsFilter(tags={ATTEMPT_TAG: str(attempt_id)}), limit=1)
    return found[0] if found else None


LAUNCHES_A_TICK = 50
"""The daemon's loop, and with it every other sensor and schedule, waits while it launches: 0.1 to 0.5 s each."""


def requests_due(tick: Tick, waiting: list[UnderWay]) -> list[dg.RunRequest]:
    """What the daemon is to launch now, of the attempts under way: the oldest first."""
    requests: list[dg.RunRequest] = []
    runs = tick.runs(each.attempt.run_id for each in waiting if each.attempt.run_id)
    for each in waiting:
        if len(requests) == LAUNCHES_A_TICK:
            break
        run = runs.get(each.attempt.run_id or "")
        if run is None or run.status is not dg.DagsterRunStatus.NOT_STARTED:
            continue
        not_before = run.tags.get(NOT_BEFORE_TAG)
        if not_before is not None and datetime.fromisoformat(not_before) <= tick.now:
            requests.append(dg.RunRequest(run_key=run.tags["dagster/run_key"], job_name=JOB_NAME))
    return requests
