"""The ledger: never a third attempt, none after the budget, whatever fails, restarts and waits in between."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.budget import MayNotStart
from escalation_sensors.level1.ledger import Attempt, Ledger, Origin, Outcome, Plan, Subject
from escalation_sensors.level1.tuning import PLAIN, Tuning
from escalation_sensors.store import Store

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
FLIGHT = Subject("platform", "asset:core/flight")
RUN = Origin("run-1")
OUT_OF_MEMORY = Diagnosis(Category.OUT_OF_MEMORY, 0.97, "duckdb.out_of_memory", "", "f1", recoverable=True)
SMALLER = Plan("smaller_batches", Tuning(batches=4), "4 batches instead of 1")


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'escalation.db'}")
    store.upgrade()
    yield store
    store.close()


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store)


def begin(
    ledger: Ledger, *, now: float, origin: Origin = RUN, failed: float = 0.0, plan: Plan = SMALLER
) -> Attempt | MayNotStart:
    return ledger.begin_attempt(FLIGHT, origin, OUT_OF_MEMORY, plan, failed_at=at(failed), now=at(now))


def begun(ledger: Ledger, **how: float) -> Attempt:
    attempt = begin(ledger, **how)  # type: ignore[arg-type]
    assert isinstance(attempt, Attempt)
    return attempt


def refused(found: Attempt | MayNotStart) -> str:
    assert isinstance(found, MayNotStart)
    return found.reason


def test_an_attempt_carries_its_tuning_to_whoever_begins_the_step(ledger: Ledger) -> None:
    attempt = begun(ledger, now=1)
    assert (attempt.number, attempt.deadline_at) == (1, at(300))
    assert ledger.running_attempts(FLIGHT, RUN) == [attempt]
    assert attempt.tuning == Tuning(batches=4)
    assert ledger.running_attempts(Subject("platform", "asset:core/airport"), RUN) == []


def test_a_third_attempt_is_refused(ledger: Ledger) -> None:
    for number in (1, 2):
        ledger.end_attempt(begun(ledger, now=10 * number).id, "failed", at(10 * number + 5))
    assert refused(begin(ledger, now=30)) == "2 attempts were made"
    assert len(ledger.attempts_of(FLIGHT)) == 2


def test_while_one_attempt_runs_no_other_begins(ledger: Ledger) -> None:
    begun(ledger, now=1)
    assert refused(begin(ledger, now=2)) == "another attempt is running"


def test_no_attempt_begins_after_the_budget_counted_from_the_first_failure(ledger: Ledger) -> None:
    ledger.end_attempt(begun(ledger, now=1).id, "failed", at(200))
    assert refused(begin(ledger, now=301, failed=200)) == "the budget of 300 s is used up"


@pytest.mark.parametrize(
    ("plan", "now", "reason"),
    [
        (Plan("plain", PLAIN, "", expected_seconds=250), 60, "does not fit: 250 s are expected, 240 s of the budget"),
        (Plan("wait", PLAIN, "", wait_seconds=299), 2, "does not fit: a wait of 299 s, 298 s of the budget are left"),
        (Plan("smaller", PLAIN, "", makes_work_smaller=True), 241, "does not fit: 60 s are expected, 59 s of"),
    ],
)
def test_an_attempt_that_does_not_fit_is_refused_with_the_reason(
    ledger: Ledger, plan: Plan, now: float, reason: str
) -> None:
    assert refused(begin(ledger, now=now, plan=plan)).startswith(reason)


def test_less_work_may_begin_while_a_minute_is_left_whatever_the_whole_took(ledger: Ledger) -> None:
    begun(ledger, now=240, plan=Plan("smaller", PLAIN, "", makes_work_smaller=True))


def test_runs_of_one_backfill_are_one_case(ledger: Ledger) -> None:
    backfill = [Origin(f"run-{n}", backfill_id="backfill-1") for n in range(500)]
    ledger.end_attempt(begun(ledger, now=1, origin=backfill[0]).id, "failed", at(5))  # type: ignore[arg-type]
    ledger.end_attempt(begun(ledger, now=6, origin=backfill[1]).id, "failed", at(9))  # type: ignore[arg-type]
    for n, origin in enumerate(backfill[2:]):
        # Long after the budget, too: otherwise the next partition would open the next case.
        assert isinstance(begin(ledger, now=10 * n, failed=10 * n, origin=origin), MayNotStart)


def test_another_run_of_the_asset_is_the_same_case_within_the_budget_and_a_new_one_after_it(ledger: Ledger) -> None:
    first = begun(ledger, now=1)
    ledger.end_attempt(first.id, "failed", at(5))
    second = begin(ledger, now=100, failed=100, origin=Origin("run-2"))
    assert isinstance(second, Attempt)
    assert (second.case_id, second.number) == (first.case_id, 2)
    ledger.end_attempt(second.id, "failed", at(110))
    third = begin(ledger, now=401, failed=400, origin=Origin("run-3"))
    assert isinstance(third, Attempt)
    assert (third.case_id != first.case_id, third.number) == (True, 1)


def test_a_repair_ends_the_case_and_the_next_failure_of_another_run_opens_a_new_one(ledger: Ledger) -> None:
    ledger.end_attempt(begun(ledger, now=1).id, "repaired", at(5))
    assert refused(begin(ledger, now=6)) == "the case was ended: repaired"
    assert isinstance(begin(ledger, now=20, failed=20, origin=Origin("run-2")), Attempt)


def test_what_was_passed_on_is_not_tried_again_by_its_own_runs(ledger: Ledger) -> None:
    ledger.pass_on(FLIGHT, RUN, "a person approves schema changes", failed_at=at(0), now=at(1))
    assert refused(begin(ledger, now=2)) == "the case was ended: a person approves schema changes"


def test_what_a_person_terminated_is_over_and_a_later_failure_of_these_runs_is_a_new_case(ledger: Ledger) -> None:
    first = of_step(ledger, "flight", now=1)
    assert isinstance(first, Attempt)
    ledger.cancel("run-1", at(5))
    assert ledger.running_attempts(FLIGHT, RUN) == []
    assert [(row["outcome"], row["ended_at"]) for row in ledger.attempts_of(FLIGHT)] == [("canceled", at(5))]
    again = begin(ledger, now=60, failed=60)
    assert isinstance(again, Attempt)
    assert (again.number, again.case_id != first.case_id, again.deadline_at) == (1, True, at(360))


def test_how_an_attempt_ended_is_written_once(ledger: Ledger) -> None:
    attempt = begun(ledger, now=1)
    ledger.end_attempt(attempt.id, "lost", at(5))
    ledger.end_attempt(attempt.id, "repaired", at(6))
    (row,) = ledger.attempts_of(FLIGHT)
    assert (row["outcome"], row["ended_at"]) == ("lost", at(5))


def test_of_many_that_begin_at_once_one_begins(store: Store) -> None:
    barrier = threading.Barrier(8)
    found: list[Attempt | MayNotStart] = []

    def compete() -> None:
        barrier.wait()
        found.append(begin(Ledger(store), now=1))

    threads = [threading.Thread(target=compete) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(each, Attempt) for each in found) == 1
    assert len(found) == 8


def of_step(ledger: Ledger, step: str, *, now: float, tuning: Tuning | None = None) -> Attempt | MayNotStart:
    plan = Plan("smaller_batches", tuning or Tuning(batches=4), "more batches")
    return ledger.begin_attempt(
        FLIGHT, RUN, OUT_OF_MEMORY, plan, failed_at=at(0), now=at(now), run_id="run-1", step_key=step
    )


def test_a_step_joins_the_attempt_that_does_the_same_for_another_step_of_its_run(ledger: Ledger) -> None:
    first, second = of_step(ledger, "work[0]", now=1), of_step(ledger, "work[1]", now=2)
    assert isinstance(first, Attempt)
    assert isinstance(second, Attempt)
    assert (second.id, dict(second.steps)) == (first.id, {"work[0]": False, "work[1]": False})
    assert not ledger.end_step(first, "work[0]")
    assert ledger.end_step(first, "work[1]")
    assert len(ledger.attempts_of(FLIGHT)) == 1


def test_a_step_that_needs_another_tuning_has_an_attempt_of_its_own_while_one_is_left(ledger: Ledger) -> None:
    numbers = [
        found.number
        if isinstance(found := of_step(ledger, f"work[{n}]", now=n, tuning=Tuning(batches=n)), Attempt)
        else 0
        for n in (2, 3, 4)
    ]
    assert numbers == [1, 2, 0]
    assert refused(of_step(ledger, "work[4]", now=5, tuning=Tuning(batches=4))) == "2 attempts were made"


def test_a_step_that_fails_after_others_of_its_run_were_repaired_has_what_is_left_of_the_budget(ledger: Ledger) -> None:
    first = of_step(ledger, "work[0]", now=1)
    assert isinstance(first, Attempt)
    ledger.end_attempt(first.id, "repaired", at(5))
    assert ledger.state_of_case(FLIGHT, RUN) == "repaired"
    assert refused(of_step(ledger, "work[0]", now=6)) == "the case was ended: repaired"
    assert refused(of_step(ledger, "work[1]", now=301)) == "the budget of 300 s is used up"
    second = of_step(ledger, "work[1]", now=7)
    assert isinstance(second, Attempt)
    assert (second.case_id, second.number) == (first.case_id, 2)
    assert ledger.state_of_case(FLIGHT, RUN) == "open"


def test_a_case_is_repaired_when_the_last_of_its_steps_is(ledger: Ledger) -> None:
    first, second = of_step(ledger, "a", now=1), of_step(ledger, "b", now=2, tuning=Tuning(batches=16))
    assert isinstance(first, Attempt)
    assert isinstance(second, Attempt)
    ledger.end_attempt(second.id, "repaired", at(3))
    assert ledger.state_of_case(FLIGHT, RUN) == "open"
    ledger.end_attempt(first.id, "repaired", at(4))
    assert ledger.state_of_case(FLIGHT, RUN) == "repaired"


STEPS = st.lists(
    st.tuples(
        st.floats(0, 200),  # seconds that pass
        st.sampled_from(["begin", "failed", "lost", "restart"]),
        st.sampled_from([RUN, Origin("run-2"), Origin("run-3", backfill_id="backfill-1")]),
        st.sampled_from([None, 10.0, 280.0]),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_no_sequence_of_failures_restarts_and_waits_starts_a_third_attempt_or_one_after_the_budget(
    steps: list[tuple[float, str, Origin, float | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'escalation.db'}"
    store = Store(url)
    store.upgrade()
    ledger, now, running = Ledger(store), 0.0, None
    for passes, what, origin, expected in steps:
        now += passes
        if what == "restart":
            store.close()
            ledger = Ledger(Store(url))
        elif what == "begin":
            plan = Plan("plain", PLAIN, "", expected_seconds=expected)
            found = begin(ledger, now=now, failed=now, origin=origin, plan=plan)
            running = found.id if isinstance(found, Attempt) else running
        elif running is not None:
            ending: Outcome = "failed" if what == "failed" else "lost"
            ledger.end_attempt(running, ending, at(now))
    rows = ledger.attempts_of(FLIGHT)
    for case_id in {row["case_id"] for row in rows}:
        of_case = [row for row in rows if row["case_id"] == case_id]
        assert len(of_case) <= 2
        assert all(row["begun_at"] < row["deadline_at"] for row in of_case)
        assert len({row["deadline_at"] for row in of_case}) == 1
    store.close()
