"""All faults and trials, by name."""

import difflib
from collections.abc import Sequence
from functools import cache

from data_platform.chaos.experiment import Experiment


class UnknownExperiment(ValueError):
    """There is no fault or trial of that name; one line."""


@cache
def experiments() -> tuple[Experiment, ...]:
    """Every fault, then every trial.

    Raises:
        ValueError: two have one name.
    """
    from data_platform.chaos.faults import (  # noqa: PLC0415 - each of them imports what it breaks
        code_defect,
        combined,
        data_quality,
        killed_workers,
        missing_dependency,
        out_of_memory,
        own_definitions,
        pipeline_timeout,
        scheduling_conflict,
        schema_mismatch,
        slow_performance,
        source_unavailable,
        unknown,
    )
    from data_platform.chaos.trials import (  # noqa: PLC0415 - as above
        ambiguous_schemas,
        cancelled,
        code_defects,
        healthy,
        hostile_names,
        over_tolerance,
        side_effects,
    )

    # What is measured by its time comes early: what takes long by itself begins after it.
    faults = (
        source_unavailable,
        pipeline_timeout,
        slow_performance,
        data_quality,
        schema_mismatch,
        missing_dependency,
        out_of_memory,
        scheduling_conflict,
        own_definitions,
        code_defect,
        unknown,
        killed_workers,
        combined,
    )
    trials = (healthy, code_defects, ambiguous_schemas, over_tolerance, side_effects, hostile_names, cancelled)
    found = (
        *(each for module in faults for each in module.FAULTS),
        *(each for module in trials for each in module.TRIALS),
    )
    names = [each.name for each in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{twice[0]!r}: two experiments of one name")
    return found


def chosen(names: Sequence[str]) -> tuple[Experiment, ...]:
    """Those of the names, or all.

    Raises:
        UnknownExperiment: there is none of a name.
    """
    known = {each.name: each for each in experiments()}
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
            hint = f"did you mean {near[0]!r}?" if near else "`data-platform chaos --list` names them all"
            raise UnknownExperiment(f"no fault or trial is called {name!r}; {hint}")
    return tuple(known[name] for name in dict.fromkeys(names)) if names else experiments()
