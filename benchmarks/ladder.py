"""What the ladder costs: diagnoses a second, reading the ledger, and a covered step in which nothing fails."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import dagster as dg

from data_platform.figures import Figure, at_least, at_most
from escalation_sensors import recoverable
from escalation_sensors.diagnosis.observed import failure_from
from escalation_sensors.diagnosis.own_rules import own_classifier
from escalation_sensors.level1.ledger import Subject
from escalation_sensors.level1.process_ledger import ledger_of_process
from escalation_sensors.level1.tuning_memory import tuning_in_force

MESSAGES = Path(__file__).parent.parent / "tests" / "escalation_sensors" / "diagnosis" / "messages"
LEAST_DIAGNOSES_A_SECOND, MOST_READING_MS, MOST_STEP_MS = 1_000, 2.0, 5.0
STEPS = 40


def run(repeats: int) -> list[Figure]:
    """Each figure as the median of `repeats`."""
    ledger_of_process()  # opened once, before anything is timed
    steps = [_step_seconds(covered=True) - _step_seconds(covered=False) for _ in range(repeats)]
    return [
        at_least("diagnoses of real messages", median(_rates(repeats)), LEAST_DIAGNOSES_A_SECOND, "/s"),
        at_most("reading the ledger", 1_000 * _seconds(_read, repeats), MOST_READING_MS, "ms"),
        at_most("a covered step in which nothing fails", 1_000 * median(steps), MOST_STEP_MS, "ms"),
    ]


def _rates(repeats: int) -> list[float]:
    lines = [line for path in MESSAGES.rglob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()]
    messages = [(entry["exception"], entry["message"]) for entry in map(json.loads, lines)]
    classifier = own_classifier()

    def diagnose_all() -> None:
        for exception, message in messages:
            classifier.diagnose(failure_from(exception, message))

    diagnose_all()  # compiles the patterns
    return [len(messages) / _seconds(diagnose_all, 1) for _ in range(repeats)]


def _read() -> None:
    tuning_in_force(ledger_of_process().store, Subject("bench", "asset:nothing"))


def _seconds(act: Callable[[], None], repeats: int) -> float:
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return median(taken)


def _step_seconds(*, covered: bool) -> float:
    """The seconds of one step out of many in a run, in this warm process."""

    def asset(number: int) -> dg.AssetsDefinition:
        @dg.asset(name=f"asset_{number}")
        def healthy() -> None: ...

        return recoverable(healthy) if covered else healthy

    assets = [asset(number) for number in range(STEPS)]
    with dg.DagsterInstance.ephemeral() as instance:
        began = time.perf_counter()
        result = dg.materialize(
            assets, instance=instance, run_config={"loggers": {"console": {"config": {"log_level": "ERROR"}}}}
        )
        seconds = time.perf_counter() - began
    if not result.success:
        raise RuntimeError("the benchmark's run failed")
    return seconds / STEPS
