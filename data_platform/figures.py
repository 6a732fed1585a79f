"""Figures against their goals, as `make bench` and `make chaos` report them: their form, their table, their file.

What is measured, and which goals there are, is theirs.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One figure against its goal, for example `audit against SQL by hand`, 1.08, `x`, `<= 1.15`, True."""

    name: str
    value: float
    unit: str
    goal: str
    holds: bool


def at_most(name: str, value: float, goal: float, unit: str = "") -> Figure:
    """A figure that must not exceed its goal."""
    return Figure(name, value, unit, f"<= {goal:g}", value <= goal)


def at_least(name: str, value: float, goal: float, unit: str = "") -> Figure:
    """A figure that must not fall below its goal."""
    return Figure(name, value, unit, f">= {goal:g}", value >= goal)


def without_goal(name: str, value: float, unit: str = "") -> Figure:
    """A figure that is only told."""
    return Figure(name, value, unit, "no goal", holds=True)


def figure_table(figures: Iterable[Figure]) -> Table:
    """The figures against their goals, for people."""
    table = Table("figure", "value", "goal", "holds")
    for each in figures:
        holds = "[green]yes[/]" if each.holds else "[red]no[/]"
        table.add_row(each.name, f"{each.value:.4g} {each.unit}".strip(), each.goal, holds)
    return table


def write_figures(file: Path, figures: Iterable[Figure]) -> None:
    """Write the figures as JSON, as `write_whole` does."""
    write_whole(file, [asdict(each) for each in figures])


def write_whole(file: Path, told: object) -> None:
    """Write a JSON document, whole or not at all; its folder is made if need be.

    Raises:
        OSError: it cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    partial.replace(file)
