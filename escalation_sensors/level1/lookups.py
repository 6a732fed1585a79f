"""What a decision looks up, and only when it needs it: the work's size and source, what is made of it, who holds it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from escalation_sensors.level1.failed import Failed
from escalation_sensors.level1.held import Held
from escalation_sensors.level1.ledger import Subject
from escalation_sensors.level1.pipeline import HasChanged, SizeOf

DownstreamOf = Callable[[Subject], Sequence[str]]
"""The subjects of all assets that are made of a subject's, nearest first; none where the graph is not known."""


@dataclass(frozen=True)
class Lookups:
    """Whom to ask; what is None cannot be asked."""

    size_of: SizeOf | None = None
    has_changed: HasChanged | None = None
    downstream_of: DownstreamOf | None = None
    who_holds: Callable[[Failed], Held] | None = None
