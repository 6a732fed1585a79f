"""The progress of one run as values: which steps run, are done, have failed, and how long each took.

Pure: it is fed events and asked for its state. Reading Dagster's event log is `follow.py`'s, drawing too.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class StepEvent:
    """What the event log says of a step: `kind` is Dagster's (STEP_START, …), `at` a Unix time in seconds."""

    kind: str
    step: str
    at: float


@dataclass(frozen=True)
class EndedStep:
    """A step that came to an end."""

    step: str
    seconds: float
    state: str
    """done, failed or skipped"""


_ENDS = {"STEP_SUCCESS": "done", "STEP_FAILURE": "failed", "STEP_SKIPPED": "skipped"}


@dataclass
class Progress:
    """What is known of a run so far."""

    total: int = 0
    started_at: dict[str, float] = field(default_factory=dict)
    ended: list[EndedStep] = field(default_factory=list)

    def take(self, event: StepEvent) -> EndedStep | None:
        """Take the next event; returns the step that it ended, if it ended one."""
        if event.kind in {"STEP_START", "STEP_RESTARTED"}:
            self.started_at[event.step] = event.at
        elif event.kind == "STEP_UP_FOR_RETRY":
            self.started_at.pop(event.step, None)
        elif event.kind in _ENDS:
            start = self.started_at.pop(event.step, event.at)
            self.ended.append(EndedStep(event.step, event.at - start, _ENDS[event.kind]))
            return self.ended[-1]
        return None

    def running(self, now: float) -> list[tuple[str, float]]:
        """The steps under way, longest first, each with its seconds so far."""
        return sorted(((step, now - at) for step, at in self.started_at.items()), key=lambda pair: -pair[1])


def shown_step(step: str) -> str:
    """A step's name as people know it: an asset's step is named after its key."""
    return step.replace("__", ".")
