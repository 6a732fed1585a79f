"""Columns that differ from the contract: take in what is new, cast what lost nothing, map what was plainly renamed.

A column that is gone, a type that narrows and a rename that could mean two things are a person's to decide.
"""

import re
from collections.abc import Mapping, Sequence

from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.proposed import Proposed
from escalation_sensors.level1.remedies.lossless_cast import is_lossless
from escalation_sensors.level1.situation import Columns, MayNotAct, Situation

NAME = "evolve_schema"
ALIASES = "escalation/aliases"
"""Metadata of an asset: by a column of its contract, other names that its source may give it."""
UNDO = "`escalation undo` brings the data back and forgets the mapping"
TEXT = "VARCHAR"


def plan(situation: Situation) -> Plan | MayNotAct:
    """What explains every difference without a doubt is applied; else all of it is proposed."""
    columns = situation.columns
    if columns is None:
        return MayNotAct("the failure does not say which columns differ, so there is nothing to compare")
    added = {name: kind for name, kind in columns.found.items() if name not in columns.expected}
    missing = [name for name in columns.expected if name not in columns.found]
    mapped, doubts = _renames(missing, added, _aliases(situation.metadata))
    casts, narrowed = _types(columns)
    doubts += narrowed
    for name in mapped.values():
        added.pop(name, None)
    if doubts:
        told = "; ".join(doubts)
        return MayNotAct(told, Proposed(NAME, f"change the contract, or what is delivered: {told}", UNDO))
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
    lasting = Proposed(NAME, f"write into the contract what level 1 does each time: {told}", UNDO, tuning)
    return Plan(NAME, tuning, told, expected_seconds=situation.failed_after_seconds, proposed=lasting)


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
    for name in missing:
        by_alias = [each for each in aliases.get(name, ()) if each in added]
        by_name = [each for each in added if normalised(each) == normalised(name)]
        candidates = by_alias or by_name
        if len(candidates) == 1:
            mapped[name] = candidates[0]
        elif candidates:
            doubts.append(f"column {name} could be any of {', '.join(sorted(candidates))}")
        else:
            left = (
                f"which of these it is now is not known: {', '.join(sorted(added))}" if added else "nothing replaces it"
            )
            doubts.append(f"column {name} is gone, and {left}")
    for delivered in sorted(set(mapped.values())):
        names = sorted(name for name, found in mapped.items() if found == delivered)
        if len(names) > 1:
            doubts.append(f"column {delivered} could be any of {', '.join(names)}")
    return mapped, doubts


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
