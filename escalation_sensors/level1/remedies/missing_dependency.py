"""Code that must be there and is not: install the allow-list's pinned, hashed wheel, or load the installed extension.

Only a module that Python itself could not find, or an extension whose wheel is installed, is acted on; a name out of an
error's text alone is never installed. Installing is done by `packages.py` before the attempt runs.
"""

import re
from importlib.util import find_spec

from escalation_sensors.level1.allow_list import normalised
from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.proposed import UNDO_BY_HAND, Proposed
from escalation_sensors.level1.situation import MayNotAct, Situation

NAME = "install_dependency"
EXTENSION = "load_extension"
TAKE_OUT = f"{UNDO_BY_HAND}: the line"
PIN = "name==version --hash=sha256:…"
_EXTENSION = re.compile(
    r"exists in the ([a-z][a-z0-9_]{1,40}) extension\b|"
    r"extension \"?([a-z][a-z0-9_]{1,40})\b|([a-z][a-z0-9_]{1,40})\.duckdb_extension\b",
    re.IGNORECASE,
)
KNOWN_EXTENSIONS = frozenset(
    {"autocomplete", "avro", "aws", "azure", "delta", "ducklake", "encodings", "excel", "fts", "httpfs", "iceberg"}
    | {"icu", "inet", "json", "mysql_scanner", "parquet", "postgres_scanner", "spatial", "sqlite_scanner", "tpcds"}
    | {"tpch", "ui", "vss"}
)
"""DuckDB's own, of which a wheel may be there: another name in an error's text could be anything."""


def plan(situation: Situation) -> Plan | MayNotAct:
    """The package of the allow-list that has the module, once; else the extension, if it is installed."""
    module, tuning = situation.missing_module, situation.tuning
    if not module:
        return _extension(situation)
    package = situation.allowed.package_of(module)
    if package is None:
        return MayNotAct(f"module {module} is not on the allow-list", _line_to_add(situation, module))
    line = situation.allowed.requirements[package]
    pinned = line.partition(" ")[0]
    if package in tuning.packages:
        effect = f"pin another version or another package for module {module} in the allow-list, instead of: {line}"
        return MayNotAct(
            f"{pinned} was installed, and module {module} still cannot be imported",
            Proposed(NAME, effect, f"{UNDO_BY_HAND}: write {pinned} again"),
        )
    proposed = Proposed(NAME, f"add to the project's requirements: {line}", TAKE_OUT)
    changed = tuning.changed(packages=(*tuning.packages, package))
    return Plan(NAME, changed, f"installs {pinned} from the allow-list", proposed=proposed)


def _line_to_add(situation: Situation, module: str) -> Proposed:
    """The line of the allow-list. The package is named only where the policy says which one has the module."""
    named = situation.allowed.modules.get(module) or situation.allowed.modules.get(module.partition(".")[0])
    if named is not None:
        effect = f"add to the allow-list, which module {module} needs: {normalised(named)}==version --hash=sha256:…"
    else:
        effect = (
            f"add to the allow-list the line `{PIN}` of the package that has module {module}; "
            "which one that is must be looked up: a package of the same name may be somebody else's"
        )
    return Proposed(NAME, effect, TAKE_OUT)


def _extension(situation: Situation) -> Plan | MayNotAct:
    missing = ""
    for match in _EXTENSION.finditer(situation.said):
        name = next(filter(None, match.groups())).lower()
        if name in situation.tuning.extensions:
            effect = f"install duckdb-extension-{name} in the very version of duckdb: the one that is there was loaded"
            return MayNotAct(
                f"extension {name} was loaded, and is still missed",
                Proposed(EXTENSION, effect, f"{UNDO_BY_HAND}: the package"),
            )
        if find_spec(f"duckdb_extension_{name}") is not None:
            extensions = (*situation.tuning.extensions, name)
            return Plan(
                EXTENSION, situation.tuning.changed(extensions=extensions), f"loads the installed extension {name}"
            )
        missing = missing or (name if name in KNOWN_EXTENSIONS else "")
    reason = "what is missing is neither a module that Python looked for nor an extension that is installed"
    if missing:
        effect = f"add to the project's requirements, in the version of duckdb: duckdb-extension-{missing}"
        return MayNotAct(reason, Proposed(EXTENSION, effect, TAKE_OUT, situation.tuning))
    effect = f"install by hand what the error says is missing, after looking what that is: {situation.said}"
    return MayNotAct(reason, Proposed(NAME, effect, f"{UNDO_BY_HAND}: what was installed"))
