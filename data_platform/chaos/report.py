"""The figures of a run of chaos against their goals, and the table by category; both as files and for people."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from rich.table import Table

from data_platform.chaos.judging import Verdict
from data_platform.figures import Figure, at_least, at_most, without_goal, write_figures, write_whole

LEAST_FAULTS, LEAST_A_CATEGORY, LEAST_TRIALS = 56, 5, 300
LEAST_REPAIRED_PERCENT, MOST_MEDIAN_SECONDS, MOST_MINUTES = 80.0, 30.0, 25.0
COLUMNS = ("seen", "repaired", "by remedy", "verified", "passed on", "wrong", "rows lost", "seconds")


def figures_of(verdicts: Sequence[Verdict], seconds: float, *, is_whole: bool) -> list[Figure]:
    """The figures; the numbers of faults and trials have goals only where all were run."""
    faults = [each for each in verdicts if not each.experiment.is_trial]
    trials = [each for each in verdicts if each.experiment.is_trial]
    reachable = [each for each in faults if each.experiment.can_be_repaired]
    others = [each for each in faults if not each.experiment.can_be_repaired]
    repaired = [each for each in reachable if each.repaired]
    times = [each.seconds for each in repaired if each.seconds is not None]
    found = []
    if is_whole:
        fewest = min(_by_group(faults).values(), key=len, default=[])
        found += [
            at_least("faults", len(faults), LEAST_FAULTS),
            at_least("faults of the category that has fewest", len(fewest), LEAST_A_CATEGORY),
            at_least("trials that must not be repaired", len(trials), LEAST_TRIALS),
        ]
    if reachable:
        share = 100 * len(repaired) / len(reachable)
        found.append(at_least("faults repaired, of those that can be", share, LEAST_REPAIRED_PERCENT, "%"))
    if repaired:
        verified = 100 * sum(each.verified for each in repaired) / len(repaired)
        found.append(without_goal("repairs verified by a contract", verified, "%"))
        by_remedy = 100 * sum(not each.experiment.plain_would_do for each in repaired) / len(repaired)
        found.append(without_goal("repairs that a plain retry would not have been", by_remedy, "%"))
    if others:
        right = 100 * sum(each.passed_on for each in others) / len(others)
        found.append(without_goal("other faults passed on with the right diagnosis", right, "%"))
    found += [
        at_most("wrong repairs", sum(bool(each.wrongly_repaired) for each in verdicts), 0),
        at_most("rows lost", sum(each.rows_lost for each in verdicts), 0),
        at_most("repairs over their budget", sum(each.over_budget for each in verdicts), 0),
        at_most("experiments that broke", sum(_is_broken(each) for each in verdicts), 0),
        at_most("median repair", median(times) if times else 0.0, MOST_MEDIAN_SECONDS, "s"),
        at_most("all of it", seconds / 60, MOST_MINUTES, "min"),
    ]
    return found


def exit_code(verdicts: Sequence[Verdict], figures: Iterable[Figure]) -> int:
    """0 if every goal was reached, and nothing was repaired wrongly or lost."""
    return 0 if all(each.holds for each in figures) and not any(each.is_harmful for each in verdicts) else 1


def table_rows(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """A row for each category of faults, then for each kind of trials."""
    faults = [each for each in verdicts if not each.experiment.is_trial]
    trials = [each for each in verdicts if each.experiment.is_trial]
    groups = [("fault", _by_group(faults)), ("trial", _by_group(trials))]
    return [_row(kind, group, found) for kind, by_group in groups for group, found in by_group.items()]


def write(folder: Path, verdicts: Sequence[Verdict], figures: Sequence[Figure], name: str = "chaos") -> Path:
    """Write `chaos.json` and `chaos-table.json`, or what else they are to be called; returns the first."""
    told = {"table": table_rows(verdicts), "experiments": [_experiment(each) for each in verdicts]}
    write_whole(folder / f"{name}-table.json", told)
    write_figures(folder / f"{name}.json", figures)
    return folder / f"{name}.json"


def category_table(verdicts: Sequence[Verdict]) -> Table:
    """The table by category, for people."""
    table = Table("", "tried", "can be repaired", *COLUMNS)
    for row in table_rows(verdicts):
        seconds = row["seconds"]
        table.add_row(
            row["group"] if row["kind"] == "fault" else f"[dim]trial:[/] {row['group']}",
            str(row["tried"]),
            str(row["can be repaired"]) if row["kind"] == "fault" else "",
            *(str(row[name]) for name in COLUMNS[:-1]),
            "" if seconds is None else f"{seconds:.1f}",
        )
    return table


def _row(kind: str, group: str, found: Sequence[Verdict]) -> dict[str, Any]:
    times = [each.seconds for each in found if each.repaired and each.seconds is not None]
    return {
        "kind": kind,
        "group": group,
        "tried": len(found),
        "can be repaired": sum(each.experiment.can_be_repaired for each in found),
        "seen": sum(each.seen for each in found),
        "repaired": sum(each.repaired for each in found),
        "by remedy": sum(each.repaired and not each.experiment.plain_would_do for each in found),
        "verified": sum(each.verified for each in found),
        "passed on": sum(each.passed_on for each in found),
        "wrong": sum(bool(each.wrongly_repaired) for each in found),
        "rows lost": sum(each.rows_lost for each in found),
        "seconds": median(times) if times else None,
    }


def _experiment(verdict: Verdict) -> dict[str, Any]:
    experiment, told = verdict.experiment, verdict.told
    return {
        "name": experiment.name,
        "kind": "trial" if experiment.is_trial else "fault",
        "group": experiment.group,
        "can be repaired": experiment.can_be_repaired,
        "plain retry would do": experiment.plain_would_do,
        "reason": experiment.reason,
        "seen": verdict.seen,
        "diagnosed": list(told.failures),
        "attempts": [" ".join(pair) for pair in zip(told.remedies, told.outcomes, strict=True)],
        "changes": list(told.changes),
        "repaired": verdict.repaired,
        "verified": verdict.verified,
        "passed on": verdict.passed_on,
        "proposals": told.proposals,
        "wrong": verdict.wrongly_repaired,
        "rows lost": verdict.rows_lost,
        "seconds": verdict.seconds,
        "unexpected": verdict.unexpected,
        "note": verdict.note,
    }


def _by_group(verdicts: Iterable[Verdict]) -> dict[str, list[Verdict]]:
    groups: dict[str, list[Verdict]] = {}
    for each in verdicts:
        groups.setdefault(each.experiment.group, []).append(each)
    return groups


def _is_broken(verdict: Verdict) -> bool:
    return verdict.unexpected.startswith("the experiment itself failed")
