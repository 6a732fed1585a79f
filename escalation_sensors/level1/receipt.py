"""A receipt: what a repair leaves behind, enough to undo it; and the hash that chains it to the one before. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

FIRST = "0" * 64
"""What the first receipt is chained to."""


@dataclass(frozen=True)
class Proof:
    """What shows that a repair is one.

    Attributes:
        checks_passed, checks_warned: names of the checks of the contract that passed, or failed as warnings.
        checks_failed: those that failed as errors; with one of them nothing is proved.
        not_yielded: checks and assets that were declared and did not come; with one of them nothing is proved.
        is_verified: whether there was any check at all; without one a materialization is all the proof there is.
        rows_before, rows_after: what readers saw before and see now, where known.
        version_before, version_after: of the data; empty where there were none, None where nobody could tell.
        partitions: that were written: their keys, or the first and last of a range as `a...b`. Empty without any.
        runs: that wrote them, where it was more than the one that is proved.
    """

    checks_passed: tuple[str, ...] = ()
    checks_warned: tuple[str, ...] = ()
    checks_failed: tuple[str, ...] = ()
    rows_before: int | None = None
    rows_after: int | None = None
    not_yielded: tuple[str, ...] = ()
    version_before: str | None = None
    version_after: str | None = None
    partitions: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()

    @property
    def is_verified(self) -> bool:
        """Whether a contract was checked."""
        return bool(self.checks_passed or self.checks_warned)

    @property
    def holds(self) -> bool:
        """Whether no check failed, and none is missing."""
        return not self.checks_failed and not self.not_yielded

    @property
    def what_is_wrong(self) -> str:
        """Why it does not hold, for a line."""
        failed = [f"{', '.join(self.checks_failed)} failed"] if self.checks_failed else []
        missing = [f"{', '.join(self.not_yielded)} did not come"] if self.not_yielded else []
        return " and ".join([*failed, *missing])

    def as_json(self) -> dict[str, Any]:
        """The proof as it is kept."""
        return {
            "contract": {
                "passed": list(self.checks_passed),
                "warned": list(self.checks_warned),
                "failed": list(self.checks_failed),
                "verified": self.is_verified,
            },
            "rows": {"before": self.rows_before, "after": self.rows_after},
            "version": {"before": self.version_before, "after": self.version_after},
            "partitions": list(self.partitions),
        }


def receipt_hash(previous: str, body: Mapping[str, Any]) -> str:
    """The hash of a receipt: of the one before it and its body, as canonical JSON."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{text}".encode("ascii")).hexdigest()


def first_break(chain: Iterable[tuple[int, Mapping[str, Any], str, str]]) -> int | None:
    """The id of the first receipt (id, body, previous hash, hash) that does not fit its chain; None if all do."""
    previous = FIRST
    for identity, body, said_previous, said in chain:
        if said_previous != previous or said != receipt_hash(previous, body):
            return identity
        previous = said
    return None
