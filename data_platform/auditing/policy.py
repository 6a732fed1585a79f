"""What a contract says beside its rules: what happens when a rule fails, up to which ceiling, and why.

Policies stand in pandera's own `metadata`; a rule without one blocks. How failing rows are found is not said here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Action = Literal["block", "warn", "quarantine"]
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class ContractError(ValueError):
    """A contract says something that cannot be; the message names the contract and the column or rule."""

    escalation_category = "code_defect"


@dataclass(frozen=True)
class Policy:
    """What failing rows lead to. Above `max_rows` or `max_rate` (a fraction of all rows) they block in any case.

    `repair_rate` is the fraction that a repair by level 1 may set aside where a normal run would block.
    """

    action: Action
    max_rows: int | None = None
    max_rate: float | None = None
    reason: str = ""
    repair_rate: float | None = None

    def tolerates(self, failing_rows: int, rows: int) -> bool:
        """Whether so many failing rows of `rows` may be there without blocking."""
        if self.action == "block":
            return failing_rows == 0
        within_rows = self.max_rows is None or failing_rows <= self.max_rows
        return within_rows and (self.max_rate is None or failing_rows <= self.max_rate * rows)

    def in_repair(self) -> "Policy":
        """The policy that counts in an attempt of level 1 that may set rows aside."""
        if self.repair_rate is None:
            return self
        return Policy("quarantine", max_rate=self.repair_rate, reason=self.reason)

    @property
    def can_block(self) -> bool:
        """Whether any number of failing rows would keep the table from being published."""
        return self.action == "block" or self.max_rows is not None or self.max_rate is not None

    @property
    def ceiling(self) -> str:
        """The ceiling in words, empty without one."""
        parts = [f"{self.max_rows:,} rows"] if self.max_rows is not None else []
        parts += [f"{100 * self.max_rate:.4g} % of the rows"] if self.max_rate is not None else []
        return " and ".join(parts)


def block(reason: str = "", *, quarantine_on_repair: float | None = None) -> Policy:
    """One failing row, and nothing is published.

    With `quarantine_on_repair`, level 1 may in an attempt of its own set the failing rows aside, up to that fraction of
    all rows; above it nothing is published then either.

    Raises:
        ContractError: it is no fraction, or there is no reason why the rows may be missing.
    """
    if quarantine_on_repair is not None:
        if not 0 < quarantine_on_repair < 1:
            raise ContractError(f"block(quarantine_on_repair={quarantine_on_repair}): a fraction of all rows, as 0.001")
        if not reason:
            raise ContractError("block(quarantine_on_repair=…) needs a reason: why may these rows be missing?")
    return Policy("block", reason=reason, repair_rate=quarantine_on_repair)


def warn(*, max_rows: int | None = None, max_rate: float | None = None, reason: str = "") -> Policy:
    """Failing rows are published and told, up to a ceiling."""
    return Policy("warn", max_rows, max_rate, reason)


def quarantine(*, max_rows: int | None = None, max_rate: float | None = None, reason: str = "") -> Policy:
    """Failing rows are set aside with their reasons, up to a tolerance.

    Raises:
        ContractError: neither a number nor a rate is given; a quarantine without tolerance would hide a broken load.
    """
    if max_rows is None and max_rate is None:
        raise ContractError("quarantine() needs max_rows or max_rate: how much may be set aside before it blocks?")
    return Policy("quarantine", max_rows, max_rate, reason)


@dataclass(frozen=True)
class Rule:
    """A condition over the columns of one row, as SQL; a row for which it is NULL passes."""

    name: str
    sql: str
    policy: Policy


def rule(name: str, sql: str, policy: Policy | None = None) -> Rule:
    """A rule over several columns of a row, for a contract's `Config.metadata`.

    Raises:
        ContractError: the name is none that an asset check can have.
    """
    if not NAME.fullmatch(name):
        raise ContractError(f"rule {name[:80]!r}: use letters, digits and underscores")
    return Rule(name, sql, policy or block())


def policies(*, rules: Sequence[Rule] = (), **by_check: Policy) -> dict[str, Any]:
    """Metadata for a `Field` or a contract's `Config`: the policy of each check, by the check's name as in `Field`.

    `not_null` is the name of the check that `nullable=False` makes, `unique` that of a key.

    Raises:
        ContractError: two rules have one name, or something is not a policy.
    """
    for name, policy in by_check.items():
        if not isinstance(policy, Policy):
            raise ContractError(f"the policy of {name} must be block(), warn(…) or quarantine(…)")
    names = [each.name for each in rules]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ContractError(f"rule {twice[0]!r} is there twice")
    return {"policies": dict(by_check), "rules": tuple(rules)}


def policy_of(metadata: Mapping[str, Any] | None, *names: str) -> Policy | None:
    """The policy that `metadata` gives to a check under one of its names."""
    given: Mapping[str, Policy] = (metadata or {}).get("policies", {})
    return next((given[name] for name in names if name in given), None)
