"""The budget over whole decisions: step retries, run retries and repair runs of one subject, in any order."""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from escalation_sensors.diagnosis.own_rules import own_classifier
from escalation_sensors.level1.decide import Again, Decision, HandOn, LevelOne
from escalation_sensors.level1.failed import Failed, failed_by, lost_step
from escalation_sensors.level1.ledger import Ledger, Origin, Subject
from escalation_sensors.store import Store
from escalation_sensors.store.tables import cases

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
Event = tuple[float, str, str, int, str]
EVENTS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1.0, 10.0, 97.0, 200.0]),  # seconds that pass; 97 and 200 leave less than a wait takes
        st.sampled_from(
            [
                *3 * ["fails in its step"],
                *("is killed", "is found failed", "ends its case", "restarts", "succeeds", "loses its attempt"),
            ]
        ),
        st.sampled_from(sorted(RUNS)),
        st.integers(0, len(ERRORS) - 1),
        st.sampled_from(["work[0]", "work[1]"]),
    ),
    min_size=4,
    max_size=20,
)


def failure(event_key: str, run: str, what: str, error: BaseException, now: datetime) -> Failed:
    """What failed of a run, or of the step that the key names behind it."""
    said: dict[str, Any] = lost_step(-9, now, FLIGHT) if what == "is killed" else failed_by(error, now, FLIGHT)
    return Failed(
        event_key=event_key,
        subject=FLIGHT,
        origin=RUNS[run],
        run_id=run,
        step_key=event_key.split(":")[1],
        is_in_flight=what != "is found failed",
        **said,
    )


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "escalation.db"
    store = Store(f"sqlite:///{path}")
    store.upgrade()
    store.close()
    return path


AWAY, FAILS = 1, "fails in its step"
AFTER_THE_BUDGET: list[Event] = [(0.0, FAILS, "run-1", 0, "work[0]"), (301.0, FAILS, "run-1", 0, "work[0]")]
NO_TIME_FOR_ITS_WAIT: list[Event] = [(0.0, FAILS, "run-1", AWAY, "work[0]"), (297.0, FAILS, "run-1", AWAY, "work[0]")]
JOINED_ANOTHER_RUNS_CASE: list[Event] = [
    (0.0, FAILS, "run-1", 0, "work[0]"),
    (1.0, "loses its attempt", "run-1", 0, "work[0]"),  # and before its next one is counted, the other run's is
    (1.0, FAILS, "run-2", 0, "work[0]"),
    (1.0, "ends its case", "run-1", 0, "work[0]"),
    *3 * [(1.0, FAILS, "run-2", 0, "work[0]")],
]
TWO_STEPS_OF_ONE_RUN: list[Event] = [
    (1.0, FAILS, "run-1", error, step) for step in ("work[0]", "work[1]") for error in (0, 0, AWAY, 0)
]


HANDED_ON_BESIDE_ANOTHER_RUN: list[Event] = [
    (1.0, FAILS, "run-2", 0, "work[0]"),
    *((1.0, FAILS, "run-1", error, "work[0]") for error in (0, len(ERRORS) - 1, 0)),
    (1.0, FAILS, "run-2", 0, "work[0]"),
]


def open_within_their_budget(ledger: Ledger, now: datetime) -> int:
    with ledger.store.reading() as connection:
        found = connection.execute(select(cases).where(cases.c.state == "open")).all()
    return sum(now <= case.first_failure_at + timedelta(seconds=case.budget_seconds) for case in found)


def assert_the_budget_was_kept(rows: list[Mapping[str, Any]]) -> None:
    for case_id in {row["case_id"] for row in rows}:
        of_case = [row for row in rows if row["case_id"] == case_id]
        assert len(of_case) <= 2
        assert all(row["begun_at"] < row["deadline_at"] for row in of_case)
        # Two at once only for two steps of one run.
        assert len({row["run_id"] for row in of_case if row["outcome"] == "running"}) <= 1
    for root in {row["root_run_id"] for row in rows}:
        assert sum(row["root_run_id"] == root for row in rows) <= 2


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS)
@example(events=AFTER_THE_BUDGET)
@example(events=NO_TIME_FOR_ITS_WAIT)
@example(events=JOINED_ANOTHER_RUNS_CASE)
@example(events=TWO_STEPS_OF_ONE_RUN)
@example(events=HANDED_ON_BESIDE_ANOTHER_RUN)
def test_no_sequence_starts_a_third_attempt_or_one_after_the_budget_or_after_the_case_was_ended(
    events: list[Event], empty_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("ledger") / "escalation.db"
    shutil.copy(empty_store, path)
    url = f"sqlite:///{path}"
    store = Store(url)
    level_one, now = LevelOne(Ledger(store), own_classifier()), NOON
    handed_on: set[str] = set()
    for number, (passes, what, run, which, step) in enumerate(events):
        now += timedelta(seconds=passes)
        running = next(iter(level_one.ledger.running_attempts(FLIGHT, RUNS[run])), None)
        if what == "restarts":
            store.close()
            level_one = LevelOne(Ledger(Store(url)), own_classifier())
        elif what == "succeeds" and running is not None:
            level_one.ledger.end_attempt(running.id, "repaired", now)
        elif what == "loses its attempt" and running is not None:
            level_one.ledger.end_attempt(running.id, "failed", now)
        elif what == "ends its case" and running is not None:
            level_one.ledger.end_attempt(running.id, "failed", now)
            level_one.ledger.end_case(running.case_id, "its checks failed after the attempt", now)
        elif what in {"fails in its step", "is killed", "is found failed"}:
            failed = failure(f"{run}:{step}:{number}", run, what, ERRORS[which], now)
            found: Decision = level_one.decide(failed, now, lambda _line: None)
            assert open_within_their_budget(level_one.ledger, now) <= 1
            if isinstance(found, Again):
                assert RUNS[run].root_run_id not in handed_on
                assert now + timedelta(seconds=found.wait_seconds) < found.attempt.deadline_at
            elif isinstance(found, HandOn):
                handed_on.add(RUNS[run].root_run_id)
    assert_the_budget_was_kept(level_one.ledger.attempts_of(FLIGHT))
    store.close()
