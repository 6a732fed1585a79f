"""What only the pipeline can do for a remedy, as small protocols. A pipeline gives those that it can, as a `Pipeline`.

A subject is named as in the ledger (`asset:core/flight`). What a step can do for itself it reads from
`current_tuning()` instead. A method may raise anything: the remedy is then the plain retry, or a proposal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class Sources(Protocol):
    """Asks a source whether it answers, without extracting."""

    def answers(self, subject: str, timeout_seconds: float) -> bool | None:
        """Whether what the subject reads from answers; None if it reads from nothing that can be asked."""


class Versions(Protocol):
    """Knows the version of a subject's data, and brings one back."""

    def version(self, subject: str) -> str | None:
        """The version that readers see now; None if there is none."""

    def rows(self, subject: str) -> int | None:
        """How many rows readers see now."""

    def bring_back(self, subject: str, version: str) -> str:
        """Publish the data of a version again; what was done, in one line.

        `version` may be empty: then there was no data before.
        """


@dataclass(frozen=True)
class Profile:
    """Where the time of a subject's build goes.

    Attributes:
        dominating_operator: its name and share (`HASH_JOIN, 71 % of 12.3 s`).
        has_cross_product: whether rows are joined without a condition; no layout helps that.
        keys: by table that is read, the columns that it is joined or filtered on.
    """

    dominating_operator: str
    has_cross_product: bool = False
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Layouts(Protocol):
    """Profiles a subject's build, and improves the layout of what it reads."""

    def profile(self, subject: str) -> Profile | None:
        """Where the time goes; None if it cannot be profiled. Publishes nothing."""

    def improve(self, subject: str, profile: Profile) -> str:
        """Compact what is read and sort it on the profile's keys, contents unchanged; what was done, in one line."""


@dataclass(frozen=True)
class Pipeline:
    """All that a pipeline can do for remedies; what it cannot is None."""

    sources: Sources | None = None
    versions: Versions | None = None
    layouts: Layouts | None = None
