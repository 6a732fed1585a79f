"""Runs experiments one after the other in a scratch home, with progress, and reports."""

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from data_platform.chaos import plain_retries
from data_platform.chaos.experiment import Experiment
from data_platform.chaos.judging import Verdict, failed_to_run, judge
from data_platform.chaos.report import category_table, exit_code, figures_of, write
from data_platform.chaos.scratch import Scratch, scratch_home
from data_platform.chaos.told import told_of
from data_platform.figures import figure_table
from escalation_sensors.diagnosis.category import Category

TIMED = frozenset({Category.PIPELINE_TIMEOUT, Category.SLOW_PERFORMANCE})
"""What is measured by its time: nothing is begun beside it."""


def run_chaos(experiments: Sequence[Experiment], reports: Path, console: Console, *, is_whole: bool) -> int:
    """Run them, print and write the report; 0 if every goal was reached.

    Where the environment asks for plain retries only, what they repair is measured: figures of another name.
    """
    began = time.monotonic()
    verdicts: list[Verdict] = []
    only_plain = plain_retries.are_wanted()
    if only_plain:
        experiments = [plain_retries.as_expected(each) for each in experiments]
    progress = Progress(
        SpinnerColumn(),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=console,
    )
    with scratch_home() as scratch, plain_retries.plain_if_wanted(), progress:
        task = progress.add_task("", total=len(experiments))
        for number, each in enumerate(experiments):
            progress.update(task, description=each.name)
            if not any(later.category in TIMED and not later.is_trial for later in experiments[number:]):
                begin_ahead(scratch, experiments[number:])
            verdict = judged(scratch, each)
            if only_plain:
                verdict = plain_retries.as_measured(verdict)
            verdicts.append(verdict)
            if verdict.unexpected or not each.is_trial:
                progress.console.print(line_of(verdict))
            progress.advance(task)
    figures = figures_of(verdicts, time.monotonic() - began, is_whole=is_whole)
    console.print(category_table(verdicts))
    console.print(figure_table(figures))
    console.print(f"written to {write(reports, verdicts, figures, 'chaos-plain' if only_plain else 'chaos')}")
    return exit_code(verdicts, figures)


def begin_ahead(scratch: Scratch, experiments: Sequence[Experiment]) -> None:
    """Begin what takes long by itself of the experiments that are to come."""
    for each in experiments:
        if each.ahead is not None:
            each.ahead(scratch)


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
