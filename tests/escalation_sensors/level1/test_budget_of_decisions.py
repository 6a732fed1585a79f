"""The budget over whole decisions: step retries, run retries and repair runs of one subject, in any order."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation_sensors.diagnosis.own_rules import own_classifier
from escalation_sensors.level1.decide import Again, Decision, HandOn, LevelOne
from escalation_sensors.level1.failed import Failed, failed_by, lost_step
from escalation_sensors.level1.ledger import Ledger, Origin, Subject
from escalation_sensors.store import Store

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
FLIGHT = Subject("platform", "asset:core/flight")
BACKFILL = "backfill-1"
RUNS = {
    "run-1": Origin("run-1"),
    "retry of run-1": Origin("run-1"),
    "run-2": Origin("run-2"),
    "run-3": Origin("run-3", BACKFILL),
    "run-4": Origin("run-4", BACKFILL),
}
ERRORS = [
    MemoryError("no"),
    ConnectionResetError(104, "Connection reset by peer"),
    OSError("unclear"),
    TypeError("unsupported operand type(s) for +: 'int' and 'str'"),  # a defect: it is handed on at once
]
EVENTS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1.0, 10.0, 100.0, 200.0]),  # seconds that pass
        st.sampled_from(["fails in its step", "is killed", "is found failed", "ends its case", "restarts", "succeeds"]),
        st.sampled_from(sorted(RUNS)),
        st.integers(0, len(ERRORS) - 1),
    ),
    min_size=4,
    max_size=20,
)


def failure(number: int, run: str, what: str, error: BaseException, now: datetime) -> Failed:
    said: dict[str, Any] = lost_step(-9, now, FLIGHT) if what == "is killed" else failed_by(error, now, FLIGHT)
    return Failed(
        event_key=f"{run}:{number}",
        subject=FLIGHT,
        origin=RUNS[run],
        run_id=run,
        is_in_flight=what != "is found failed",
        **said,
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS)
def test_no_sequence_starts_a_third_attempt_or_one_after_the_budget_or_after_the_case_was_ended(
    events: list[tuple[float, str, str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'escalation.db'}"
    store = Store(url)
    store.upgrade()
    level_one, now = LevelOne(Ledger(store), own_classifier()), NOON
    handed_on: set[str] = set()
    for number, (passes, what, run, which) in enumerate(events):
        now += timedelta(seconds=passes)
        running = level_one.ledger.running_attempt(FLIGHT, RUNS[run])
        if what == "restarts":
            store.close()
            level_one = LevelOne(Ledger(Store(url)), own_classifier())
        elif what == "succeeds" and running is not None:
            level_one.ledger.end_attempt(running.id, "repaired", now)
        elif what == "ends its case" and running is not None:
            level_one.ledger.end_attempt(running.id, "failed", now)
            level_one.ledger.end_case(running.case_id, "its checks failed after the attempt", now)
        elif what in {"fails in its step", "is killed", "is found failed"}:
            found: Decision = level_one.decide(failure(number, run, what, ERRORS[which], now), now, lambda _line: None)
            if isinstance(found, Again):
                assert RUNS[run].root_run_id not in handed_on
                assert now + timedelta(seconds=found.wait_seconds) < found.attempt.deadline_at
            elif isinstance(found, HandOn):
                handed_on.add(RUNS[run].root_run_id)
    rows = level_one.ledger.attempts_of(FLIGHT)
    for case_id in {row["case_id"] for row in rows}:
        of_case = [row for row in rows if row["case_id"] == case_id]
        assert len(of_case) <= 2
        assert all(row["begun_at"] < row["deadline_at"] for row in of_case)
        assert sum(row["outcome"] == "running" for row in of_case) <= 1
    store.close()
