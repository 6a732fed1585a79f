"""`make bench`: runs every benchmark, prints its figures against their goals, and writes them to bench.json.

Figures are ratios within one run, medians of five; a missed goal makes it exit with 1. `--only NAME` runs one module,
`--repeats N` changes the five.
"""

import argparse
import importlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Measure
from data_platform.settings import load_settings

BENCHMARKS = ("audit", "profile", "publish", "flights", "backfill", "ladder")
REPEATS = 5


def main() -> int:
    """Run the benchmarks; 0 if every goal is reached."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=BENCHMARKS, action="append")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    arguments = parser.parse_args()
    report = load_settings().reports_path / "bench.json"
    console = Console()
    measures: list[Measure] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        # A ladder without a store fails open and costs nothing: every figure is measured with one that works.
        os.environ["ESCALATION_STORE_URL"] = f"sqlite:///{folder}/escalation.db"
        for name in arguments.only or BENCHMARKS:
            console.print(f"[dim]{name}: measuring, {arguments.repeats} times …[/]")
            found = importlib.import_module(f"benchmarks.{name}").run(arguments.repeats)
            measures += found
            console.print(_table(found))
            _write(report, measures)
    console.print(f"written to {report}")
    return 0 if all(measure.holds for measure in measures) else 1


def _table(measures: Iterable[Measure]) -> Table:
    table = Table("figure", "value", "goal", "holds")
    for measure in measures:
        holds = "[green]yes[/]" if measure.holds else "[red]no[/]"
        table.add_row(measure.name, f"{measure.value:.3g} {measure.unit}", measure.goal, holds)
    return table


def _write(report: Path, measures: Iterable[Measure]) -> None:
    report.parent.mkdir(parents=True, exist_ok=True)
    partial = report.with_suffix(".partial")
    partial.write_text(json.dumps([asdict(measure) for measure in measures], indent=2) + "\n", encoding="utf-8")
    partial.replace(report)


if __name__ == "__main__":
    sys.exit(main())
