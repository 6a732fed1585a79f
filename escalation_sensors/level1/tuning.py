"""Tuning: the settings that an attempt runs with. Plain values that pass through the ledger as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any


@dataclass(frozen=True)
class Tuning:
    """How a step is to run this time. A default changes nothing.

    Attributes:
        batches: into how many parts the work is split by the model's split key.
        threads: how many threads the engine may use; 0 leaves it as it is.
        memory_limit_bytes: what the engine may use; 0 leaves it as it is.
        preserve_order: whether rows keep the order in which they were inserted.
        spill: whether the engine may spill to disk.
        deadline_seconds: when the attempt is ended; 0 is never.
        quarantine: whether rows that the contract allows to be set aside are.
        reextract: whether the source is read anew.
        columns: for a renamed column, the name it has in the source by the name in the contract.
        casts: for a column that is delivered in another type, the type that it is read as before it is cast to the
            contract's, which loses nothing. A value that is not of that type has to fail, and is never rounded or cut.
        added_columns: columns of the source that the table takes in, name to type.
        packages: what level 1 installed for it, by their names in the allow-list; they are on the path before it runs.
        extensions: extensions of the engine that are installed, and are loaded before it runs.
        behind_process: the process of this machine that must end first, or let go of `behind_file`; 0 is none.
        behind_file: the file that it must let go of; empty where only its end is waited for.
        behind_slots: the slots of Dagster's pools that others must give back first, as `held.Slot` writes them.
        queue_behind: whether it waits until other executions of the same subject and partition have ended.
    """

    batches: int = 1
    threads: int = 0
    memory_limit_bytes: int = 0
    preserve_order: bool = True
    spill: bool = False
    deadline_seconds: float = 0.0
    quarantine: bool = False
    reextract: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    casts: Mapping[str, str] = field(default_factory=dict)
    added_columns: Mapping[str, str] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    behind_process: int = 0
    behind_file: str = ""
    behind_slots: tuple[str, ...] = ()
    queue_behind: bool = False

    def as_json(self) -> dict[str, Any]:
        """What differs from the defaults."""
        default = asdict(Tuning())
        changed = {name: value for name, value in asdict(self).items() if value != default[name]}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in changed.items()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Tuning":
        """The tuning; names that this version does not know are left out."""
        known = {each.name for each in fields(cls)}
        given: dict[str, Any] = {name: value for name, value in document.items() if name in known}
        for name in {"packages", "extensions", "behind_slots"} & given.keys():
            given[name] = tuple(given[name])
        return cls(**given)

    def changed(self, **settings: Any) -> "Tuning":  # noqa: ANN401 - the settings' own types differ
        """A copy with some settings changed."""
        return replace(self, **settings)

    def only_waits(self, before: "Tuning") -> bool:
        """Whether it differs from another in nothing that could be taken back: at most it waits, or reads anew."""
        mine, others = (replace(each.behind_nobody(), reextract=False) for each in (self, before))
        return mine == others

    def behind_nobody(self) -> "Tuning":
        """A copy that waits for no holder."""
        return replace(self, behind_process=0, behind_file="", behind_slots=())


PLAIN = Tuning()
"""As the step would run by itself."""
