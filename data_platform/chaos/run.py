"""Runs experiments one after the other in a scratch home, with progress, and reports."""

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from data_platform.chaos.experiment import Experiment
from data_platform.chaos.judging import Verdict, failed_to_run, judge
from data_platform.chaos.report import category_table, exit_code, figures_of, write
from data_platform.chaos.scratch import Scratch, scratch_home
from data_platform.chaos.told import told_of
from data_platform.figures import figure_table


def run_chaos(experiments: Sequence[Experiment], reports: Path, console: Console, *, is_whole: bool) -> int:
    """Run them, print and write the report; 0 if every goal was reached."""
    began = time.monotonic()
    verdicts: list[Verdict] = []
    progress = Progress(
        SpinnerColumn(),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=console,
    )
    with scratch_home() as scratch, progress:
        task = progress.add_task("", total=len(experiments))
        for each in experiments:
            progress.update(task, description=each.name)
            verdict = judged(scratch, each)
            verdicts.append(verdict)
            if verdict.unexpected or not each.is_trial:
                progress.console.print(line_of(verdict))
            progress.advance(task)
    figures = figures_of(verdicts, time.monotonic() - began, is_whole=is_whole)
    console.print(category_table(verdicts))
    console.print(figure_table(figures))
    console.print(f"written to {write(reports, verdicts, figures)}")
    return exit_code(verdicts, figures)


def judged(scratch: Scratch, experiment: Experiment) -> Verdict:
    """Run one experiment and judge it."""
    try:
        shown = experiment.act(scratch)
    except Exception as error:  # noqa: BLE001 - one that breaks is reported as such, and the others go on
        return failed_to_run(experiment, error)
    return judge(experiment, shown, told_of(scratch.store, shown.subjects))


def line_of(verdict: Verdict) -> str:
    """One line for people."""
    mark = "[red]✗[/]" if verdict.unexpected else "[green]✓[/]"
    how = verdict.unexpected or ("repaired" if verdict.repaired else "passed on" if verdict.passed_on else "left alone")
    seconds = f" in {verdict.seconds:.1f} s" if verdict.repaired and verdict.seconds is not None else ""
    return f"{mark} {verdict.experiment.group}: {verdict.experiment.name}: {how}{seconds}"
