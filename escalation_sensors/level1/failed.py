"""One failed execution as level 1 decides on it: plain values, from an exception in flight or a sensor."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from escalation_sensors.diagnosis.exceptions import links_of
from escalation_sensors.diagnosis.failure import Failure, FailureKind
from escalation_sensors.level1.budget import BUDGET_SECONDS
from escalation_sensors.level1.ledger import Origin, Subject
from escalation_sensors.level1.retry_after import retry_after_seconds
from escalation_sensors.level1.situation import Columns
from escalation_sensors.redaction import redact

SIDE_EFFECTS, BUDGET, DEADLINE = "escalation/side_effects", "escalation/budget_seconds", "escalation/deadline_seconds"
MOST_CHARACTERS = 300


@dataclass(frozen=True)
class Settings:
    """What an asset's tags and metadata say to level 1.

    Attributes:
        metadata: `escalation/split_key` and the like.
        has_side_effects: whether it must never be run again by the ladder.
        deadline_seconds: of every execution; 0 is never.
    """

    metadata: Mapping[str, Any] = field(default_factory=dict)
    has_side_effects: bool = False
    budget_seconds: float = BUDGET_SECONDS
    deadline_seconds: float = 0.0

    @classmethod
    def of(cls, tags: Mapping[str, str], metadata: Mapping[str, Any]) -> "Settings":
        """The settings in an asset's tags and metadata.

        Raises:
            ValueError: a number of seconds is none; the message names the tag.
        """
        return cls(
            metadata, has_side_effects(tags), _seconds(tags, BUDGET, BUDGET_SECONDS), _seconds(tags, DEADLINE, 0.0)
        )


@dataclass(frozen=True)
class Failed:
    """One failed execution.

    Attributes:
        event_key: of what was observed; seen twice, it is one failure.
        step_key: the step that failed; empty if it is not known.
        attempt_id: the attempt that its run was created for; None if it is no repair run.
        failure: as the classifier takes it.
        said: what it said, in one line, redacted.
        partition: its partition, or the range of them; empty without one.
        seconds: how long it ran.
        failing_rows: how many rows failed the contract; None where that is not known.
        failing_checks: the checks that they failed.
        was_killed: whether its process was ended from outside.
        reads_tuning: whether the failed execution asked for its tuning; None where that is not known.
        has_succeeded: whether it is told only as slow.
        has_begun: whether its function had begun; else it still waited, or was prepared.
        is_in_flight: whether an exception is being handled in the step's process; else the next attempt is a new run.
    """

    event_key: str
    subject: Subject
    origin: Origin
    run_id: str
    failure: Failure
    said: str
    at: datetime
    settings: Settings = Settings()
    partition: str = ""
    seconds: float | None = None
    retry_after_seconds: float | None = None
    columns: Columns | None = None
    missing_module: str = ""
    failing_rows: int | None = None
    failing_checks: tuple[str, ...] = ()
    was_killed: bool = False
    reads_tuning: bool | None = None
    has_succeeded: bool = False
    has_begun: bool = True
    is_in_flight: bool = True
    step_key: str = ""
    attempt_id: int | None = None


def has_side_effects(tags: Mapping[str, str]) -> bool:
    """Whether tags say that what has them must never be run again by the ladder."""
    return tags.get(SIDE_EFFECTS, "").lower() in {"true", "1", "yes"}


def failed_by(error: BaseException, now: datetime, subject: Subject) -> dict[str, Any]:
    """What an exception in flight says, as fields of `Failed`."""
    failure = Failure(links=links_of(error), code_location=subject.code_location, subject=subject.name)
    return {
        "failure": failure,
        "said": one_line(f"{type(error).__name__}: {error}"),
        "at": now,
        "retry_after_seconds": retry_after_seconds(error, now),
        "columns": _columns(error),
        "missing_module": _missing_module(error),
        "failing_rows": _failing_rows(error),
        "failing_checks": _failing_checks(error),
    }


def lost_step(exit_code: int | None, now: datetime, subject: Subject) -> dict[str, Any]:
    """What is known of a step whose process is gone, as fields of `Failed`; below zero it ended by a signal."""
    code = None if exit_code is None else f"signal:{-exit_code}" if exit_code < 0 else f"exit:{exit_code}"
    by = "" if exit_code is None else f" by signal {-exit_code}" if exit_code < 0 else f" with exit code {exit_code}"
    said = f"the process of the step was ended{by}"
    codes = frozenset([code]) if code else frozenset[str]()
    failure = Failure(
        FailureKind.WORKER_DIED, codes=codes, text=said, code_location=subject.code_location, subject=subject.name
    )
    return {"failure": failure, "said": said, "at": now, "was_killed": True}


def _seconds(tags: Mapping[str, str], name: str, default: float) -> float:
    written = tags.get(name)
    try:
        return default if written is None else float(written)
    except ValueError:
        raise ValueError(f"tag {name}: {written!r} is no number of seconds; write it as 300") from None


def one_line(text: str) -> str:
    """The text in one line, redacted and shortened."""
    # Cut first: a message may be megabytes long. What is cut in two there is not shown.
    line = redact(" ".join(text[: 20 * MOST_CHARACTERS].split()))
    return line if len(line) <= MOST_CHARACTERS else f"{line[: MOST_CHARACTERS - 1]}…"


def _columns(error: BaseException) -> Columns | None:
    """The columns that an exception knows by the attributes `expected_columns` and `found_columns`."""
    for each in _chain(error):
        expected, found = getattr(each, "expected_columns", None), getattr(each, "found_columns", None)
        if isinstance(expected, Mapping) and isinstance(found, Mapping) and expected and found:
            return Columns({str(k): str(v) for k, v in expected.items()}, {str(k): str(v) for k, v in found.items()})
    return None


def _failing_rows(error: BaseException) -> int | None:
    """What an exception says by its attribute `failing_rows`."""
    told = (getattr(each, "failing_rows", None) for each in _chain(error))
    return next((rows for rows in told if isinstance(rows, int) and not isinstance(rows, bool)), None)


def _failing_checks(error: BaseException) -> tuple[str, ...]:
    """What an exception says by its attribute `failing_checks`: names."""
    told = (getattr(each, "failing_checks", None) for each in _chain(error))
    return next((tuple(map(str, names)) for names in told if isinstance(names, tuple | list) and names), ())


def _missing_module(error: BaseException) -> str:
    """The module that an import did not find. Never out of a text: that could name anything."""
    found = next((each for each in _chain(error) if isinstance(each, ModuleNotFoundError)), None)
    return found.name or "" if found else ""


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__ or at.__context__
