"""What only the pipeline can do for a remedy, as small protocols. A pipeline gives those that it can, as a `Pipeline`.

A subject is named as in the ledger (`asset:core/flight`). What a step can do for itself it reads from
`current_tuning()` instead. A method may raise anything: the remedy is then the plain retry, or a proposal.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


class Sources(Protocol):
    """Asks a source whether it answers, without extracting."""

    def answers(self, subject: str, timeout_seconds: float) -> bool | None:
        """Whether what the subject reads from answers; None if it reads from nothing that can be asked."""


@dataclass(frozen=True)
class Written:
    """What a repair wrote of a subject's data.

    Attributes:
        before, after: the versions that readers saw before it and after it. Where `before` is empty there were no data.
        runs: that wrote it.
        partitions: that were written: their keys, or the first and last of a range as `a...b`. Empty without any.
    """

    before: str
    after: str = ""
    runs: tuple[str, ...] = ()
    partitions: tuple[str, ...] = ()


class ChangedSince(Exception):
    """Somebody else published since what a repair wrote, and would lose it with it. One line that names who."""


class Versions(Protocol):
    """Knows the version of a subject's data, and takes back what a repair wrote."""

    def version(self, subject: str) -> str | None:
        """The version that readers see now; None if there is none."""

    def rows(self, subject: str) -> int | None:
        """How many rows readers see now."""

    def bring_back(self, subject: str, written: Written, *, with_later_changes: bool) -> str:
        """Have readers see again what they saw before, of the partitions that were written; what was done, in one line.

        What others published of the same since is taken back only if `with_later_changes`, and told then.

        Raises:
            ChangedSince: it would be, and nobody asked for it.
        """


@dataclass(frozen=True)
class WorkSize:
    """How much work a subject's build is, by the engine's plan: nothing is run for it.

    Attributes:
        rows: that it reads, all its tables together; estimated.
        size_bytes: of the tables it reads, as stored.
        heaviest_operator: the one that takes in most rows by the plan (`HASH_JOIN`); empty where none does.
        has_cross_product: whether rows are joined without a condition.
        split_keys: columns that the work could be split by, each of them alone; empty where none is known.
    """

    rows: int
    size_bytes: int
    heaviest_operator: str = ""
    has_cross_product: bool = False
    split_keys: tuple[str, ...] = ()


SizeOf = Callable[[str, str], WorkSize | None]
"""The size of the work on a subject and a partition (empty without one); None where it is not known."""


class Sizes(Protocol):
    """Tells how much work a subject's build is, without running it."""

    def size(self, subject: str, partition: str) -> WorkSize | None:
        """The size of building a partition, a range of them as `a...b`, or all where that is empty; None if unknown."""


HasChanged = Callable[[str, str], bool | None]
"""Whether the source of a subject's partition changed since it was read; None where nobody can tell."""


class Changes(Protocol):
    """Knows whether a source is still what was read of it, without extracting it."""

    def has_changed(self, subject: str, partition: str, timeout_seconds: float) -> bool | None:
        """Whether what the subject's partition reads from differs from what was last read of it.

        By what the source says of itself (size, time, ETag) or by its content. False also where the subject reads from
        nothing outside, so that there is nothing to read again; None where that cannot be told.
        """


@dataclass(frozen=True)
class Profile:
    """Where the time of a subject's build goes.

    Attributes:
        dominating_operator: its name and share (`HASH_JOIN, 71 % of 12.3 s`).
        has_cross_product: whether rows are joined without a condition; no layout helps that.
        keys: by table that is read, the columns that it is joined or filtered on.
        scattered: by table that is read, the number of its files, where that is far more than its size needs.
        seconds: how long the query took by itself; None where that is not known.
    """

    dominating_operator: str
    has_cross_product: bool = False
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scattered: Mapping[str, int] = field(default_factory=dict)
    seconds: float | None = None


@dataclass(frozen=True)
class Improved:
    """What was done to the layout of what a subject reads, in one line; `before` and `after` are versions of the data.

    They are the same, or not given, where nothing was rewritten.
    """

    told: str
    before: str = ""
    after: str = ""


class Layouts(Protocol):
    """Profiles a subject's build, and improves the layout of what it reads."""

    def profile(self, subject: str) -> Profile | None:
        """Where the time goes; None if it cannot be profiled. Publishes nothing."""

    def improve(self, subject: str, profile: Profile) -> Improved:
        """Sort what is read on the profile's keys, merge what is scattered, change no row."""

    def bring_back(self, subject: str, written: Written) -> str:
        """Have what was rewritten lie as it did before, and change no row, nor any that came since; in one line."""


@dataclass(frozen=True)
class Pipeline:
    """All that a pipeline can do for remedies; what it cannot is None."""

    sources: Sources | None = None
    versions: Versions | None = None
    layouts: Layouts | None = None
    sizes: Sizes | None = None
    changes: Changes | None = None
