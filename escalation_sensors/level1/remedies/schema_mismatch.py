"""Columns that differ from the contract: take in what is new, cast what lost nothing, map what was plainly renamed.

A column that is gone, a type that narrows and a rename that could mean two things are a person's to decide.
"""

import re
from collections.abc import Mapping, Sequence

from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.proposed import UNDO_BY_HAND, Proposed
from escalation_sensors.level1.remedies.lossless_cast import is_lossless
from escalation_sensors.level1.situation import Columns, MayNotAct, Situation

NAME = "evolve_schema"
ALIASES = "escalation/aliases"
"""Metadata of an asset: by a column of its contract, other names that its source may give it."""
IN_THE_CONTRACT = f"{UNDO_BY_HAND}: the contract"
TEXT = "VARCHAR"
_SHOWN_COLUMNS, _SHOWN_CHARACTERS = 5, 60
_NAME = r"[\"'`]?([\w.]+)[\"'`]?"
_TABLE = re.compile(
    rf"table with name {_NAME} does not exist|no such table: {_NAME}|"
    rf"(?:table|view|relation) {_NAME} (?:does not|doesn't) exist",
    re.IGNORECASE,
)
_COLUMN = re.compile(
    rf"no such column: {_NAME}|column named {_NAME}|column {_NAME} (?:not found|does not exist)", re.IGNORECASE
)
"""How engines name a table or a column that is not there."""


def plan(situation: Situation) -> Plan | MayNotAct:
    """What explains every difference without a doubt is applied; else all of it is proposed."""
    columns = situation.columns
    if columns is None:
        return MayNotAct(
            "the failure does not say which columns differ, so there is nothing to compare", _thing(situation)
        )
    added = {name: kind for name, kind in columns.found.items() if name not in columns.expected}
    missing = [name for name in columns.expected if name not in columns.found]
    mapped, doubts = _renames(missing, added, _aliases(situation.metadata))
    casts, narrowed = _types(columns)
    doubts += narrowed
    for name in mapped.values():
        added.pop(name, None)
    if doubts:
        return MayNotAct("; ".join(doubts), _to_decide(columns, mapped, casts, added, _aliases(situation.metadata)))
    tuning = situation.tuning.changed(
        columns={**situation.tuning.columns, **mapped},
        casts={**_still_needed(situation.tuning.casts, columns), **casts},
        added_columns={**situation.tuning.added_columns, **{name: kind or TEXT for name, kind in added.items()}},
        reextract=True,
    )
    told = _change(mapped, casts, added)
    is_known = (tuning.columns, tuning.casts, tuning.added_columns) == (
        situation.tuning.columns,
        situation.tuning.casts,
        situation.tuning.added_columns,
    )
    # Before an attempt it is known from another run, which repaired it while this one failed.
    if not told or (is_known and situation.attempts):
        return MayNotAct("the columns differ in nothing that can be evolved, cast or mapped")
    effect = f"write into the contract what level 1 does each time: {told}"
    lasting = Proposed(NAME, effect, f"{IN_THE_CONTRACT}; what level 1 does, `escalation undo` of its receipt", tuning)
    return Plan(NAME, tuning, told, expected_seconds=situation.failed_after_seconds, proposed=lasting)


def _to_decide(
    columns: Columns,
    mapped: Mapping[str, str],
    casts: Mapping[str, str],
    added: Mapping[str, str],
    aliases: Mapping[str, Sequence[str]],
) -> Proposed:
    """What is to be changed in the contract for each column in doubt, or what is to be delivered; the rest with it."""
    steps = []
    for name, kind in columns.expected.items():
        found = columns.found.get(name, "")
        if name in columns.found:
            if found and kind and found.upper() != kind.upper() and name not in casts:
                steps.append(f"column {name}: {found} instead of {kind} in the contract, or have {kind} delivered")
        elif name not in mapped:
            like = candidates(name, added, aliases)
            read = f"name one of {_some(sorted(like))} as its alias" if like else "take it out of the contract"
            if added and not like:
                read += f", name one of {_some(sorted(added))} as its alias if it is that"
            steps.append(f"column {name} ({kind or 'type not known'}): {read}, or have it delivered again")
    shared = [name for name in mapped if list(mapped.values()).count(mapped[name]) > 1]
    steps += [f"column {name}: say whether {mapped[name]} is it" for name in shared]
    clear = {name: delivered for name, delivered in mapped.items() if name not in shared}
    more = f"; and {len(steps) - _SHOWN_COLUMNS} columns more" if len(steps) > _SHOWN_COLUMNS else ""
    # A new column may be what a column that is gone is called now: then it is not taken in as a new one.
    is_gone = any(name not in columns.found and name not in mapped for name in columns.expected)
    besides = _change(clear, casts, {} if is_gone else added)
    effect = "; ".join(steps[:_SHOWN_COLUMNS]) + more + (f"; then level 1 {besides}" if besides else "")
    return Proposed(NAME, effect, IN_THE_CONTRACT)


def _thing(situation: Situation) -> Proposed | None:
    """What the failure says is gone, where it names that: a table, or a column of a query."""
    for kind, pattern in (("table", _TABLE), ("column", _COLUMN)):
        gone = pattern.search(situation.said)
        if gone is not None:
            name = next(filter(None, gone.groups()))[:_SHOWN_CHARACTERS]
            effect = f"bring {kind} {name} back, or change what reads it: {situation.said}"
            return Proposed(NAME, effect, f"{UNDO_BY_HAND}: the query, or the {kind}")
    if "no such table" in situation.said.lower():
        effect = f"bring the table back, or change what reads it: {situation.said}"
        return Proposed(NAME, effect, f"{UNDO_BY_HAND}: the query, or the table")
    return None


def _still_needed(remembered: Mapping[str, str], columns: Columns) -> dict[str, str]:
    """The remembered casts without those of columns that are delivered in another type now than then.

    Read in the type of then, a wider value would not fit, or lose something.
    """
    found = {name: columns.found.get(name, "").upper() for name in remembered}
    return {name: kind for name, kind in remembered.items() if found[name] in {"", kind.upper()}}


def _renames(
    missing: Sequence[str], added: Mapping[str, str], aliases: Mapping[str, Sequence[str]]
) -> tuple[dict[str, str], list[str]]:
    """Which delivered column each missing one plainly is, and what is in doubt."""
    mapped: dict[str, str] = {}
    doubts: list[str] = []
    gone: list[str] = []
    for name in missing:
        found = candidates(name, added, aliases)
        if len(found) == 1:
            mapped[name] = found[0]
        elif found:
            doubts.append(f"column {name} could be any of {', '.join(sorted(found))}")
        else:
            gone.append(name)
    if gone:
        doubts.append(_gone(gone, sorted(added)))
    for delivered in sorted(set(mapped.values())):
        names = sorted(name for name, found in mapped.items() if found == delivered)
        if len(names) > 1:
            doubts.append(f"column {delivered} could be any of {', '.join(names)}")
    return mapped, doubts


def candidates(name: str, added: Mapping[str, str], aliases: Mapping[str, Sequence[str]]) -> list[str]:
    """Which delivered columns a missing one could be: those of its aliases, else those of the same plain name."""
    by_alias = [each for each in aliases.get(name, ()) if each in added]
    return by_alias or [each for each in added if normalised(each) == normalised(name)]


def _gone(gone: Sequence[str], added: Sequence[str]) -> str:
    """What is doubtful about missing columns, in one part: of a file with another header that is all of them."""
    columns, are, they, them = ("column", "is", "it", "it") if len(gone) == 1 else ("columns", "are", "they", "them")
    left = f"which of these {they} {are} now is not known: {_some(added)}" if added else f"nothing replaces {them}"
    return f"{columns} {_some(gone)} {are} gone, and {left}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN_COLUMNS} more" if len(names) > _SHOWN_COLUMNS else ""
    return ", ".join(name[:_SHOWN_CHARACTERS] for name in names[:_SHOWN_COLUMNS]) + more


def _types(columns: Columns) -> tuple[dict[str, str], list[str]]:
    """The columns whose delivered type casts without loss, and those that narrow."""
    casts: dict[str, str] = {}
    doubts: list[str] = []
    for name, expected in columns.expected.items():
        found = columns.found.get(name, "")
        if not found or not expected or found.upper() == expected.upper():
            continue
        if is_lossless(found, expected):
            casts[name] = found
        else:
            doubts.append(f"column {name} is {found}, and {expected} would lose some of it")
    return casts, doubts


def normalised(name: str) -> str:
    """A name without case, blanks and punctuation: `Dep Time` and `dep_time` are one."""
    return re.sub(r"[\W_]+", "", name).casefold()


def _aliases(metadata: Mapping[str, object]) -> Mapping[str, Sequence[str]]:
    given = metadata.get(ALIASES)
    given = getattr(given, "value", given)
    if not isinstance(given, Mapping):
        return {}
    return {str(name): [each] if isinstance(each, str) else list(each) for name, each in given.items()}


def _change(mapped: Mapping[str, str], casts: Mapping[str, str], added: Mapping[str, str]) -> str:
    parts = [f"reads {delivered} as {name}" for name, delivered in mapped.items()]
    parts += [f"casts {name} from {kind}" for name, kind in casts.items()]
    parts += [f"takes in the new column {name}" for name in added]
    return ", ".join(parts)
