"""Code that must be there and is not: install the allow-list's pinned, hashed wheel, or load the installed extension.

Only a module that Python itself could not find, or an extension whose wheel is installed, is acted on; a name out of an
error's text alone is never installed. Installing is done by `packages.py` before the attempt runs.
"""

import re
from importlib.util import find_spec

from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.proposed import Proposed
from escalation_sensors.level1.situation import MayNotAct, Situation

NAME = "install_dependency"
EXTENSION = "load_extension"
UNDO = "`escalation undo` takes the package away again"
_EXTENSION = re.compile(
    r"exists in the ([a-z][a-z0-9_]{1,40}) extension\b|"
    r"extension \"?([a-z][a-z0-9_]{1,40})\b|([a-z][a-z0-9_]{1,40})\.duckdb_extension\b",
    re.IGNORECASE,
)


def plan(situation: Situation) -> Plan | MayNotAct:
    """The package of the allow-list that has the module, once; else the extension, if it is installed."""
    module, tuning = situation.missing_module, situation.tuning
    if not module:
        return _extension(situation)
    package = situation.allowed.package_of(module)
    if package is None:
        effect = f"add the package that has the module {module} to the project's requirements, or to its allow-list"
        return MayNotAct(f"module {module} is not on the allow-list", Proposed(NAME, effect, "take the line out again"))
    line = situation.allowed.requirements[package]
    pinned = line.partition(" ")[0]
    if package in tuning.packages:
        return MayNotAct(f"{pinned} was installed, and module {module} still cannot be imported")
    proposed = Proposed(NAME, f"add to the project's requirements: {line}", UNDO)
    changed = tuning.changed(packages=(*tuning.packages, package))
    return Plan(NAME, changed, f"installs {pinned} from the allow-list", proposed=proposed)


def _extension(situation: Situation) -> Plan | MayNotAct:
    for match in _EXTENSION.finditer(situation.said):
        name = next(filter(None, match.groups())).lower()
        if name in situation.tuning.extensions:
            return MayNotAct(f"extension {name} was loaded, and is still missed")
        if find_spec(f"duckdb_extension_{name}") is not None:
            extensions = (*situation.tuning.extensions, name)
            return Plan(
                EXTENSION, situation.tuning.changed(extensions=extensions), f"loads the installed extension {name}"
            )
    return MayNotAct("what is missing is neither a module that Python looked for nor an extension that is installed")
