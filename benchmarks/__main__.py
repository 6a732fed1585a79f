"""`make bench`: runs every benchmark, prints its figures against their goals, and writes them to bench.json.

Figures are ratios within one run, medians of five; a missed goal makes it exit with 1. `--only NAME` runs one module,
`--repeats N` changes the five.
"""

import argparse
import importlib
import os
import sys
import tempfile

from rich.console import Console

from data_platform.figures import Figure, figure_table, write_figures
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
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        # A ladder without a store fails open and costs nothing: every figure is measured with one that works.
        os.environ["ESCALATION_STORE_URL"] = f"sqlite:///{folder}/escalation.db"
        for name in arguments.only or BENCHMARKS:
            console.print(f"[dim]{name}: measuring, {arguments.repeats} times …[/]")
            found = importlib.import_module(f"benchmarks.{name}").run(arguments.repeats)
            figures += found
            console.print(figure_table(found))
            write_figures(report, figures)
    console.print(f"written to {report}")
    return 0 if all(each.holds for each in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
