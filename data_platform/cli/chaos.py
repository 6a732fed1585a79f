"""The command `chaos`: which experiments, and where the report goes. What is tried is in `data_platform.chaos`."""

from collections.abc import Sequence

from data_platform.cli.errors import CommandError
from data_platform.cli.terminal import notes, output
from data_platform.settings import load_settings


def list_experiments() -> None:
    """Name every fault and trial, a line each."""
    from data_platform.chaos.catalog import experiments

    for each in experiments():
        kind = "trial" if each.is_trial else "fault"
        output().print(f"{kind}  {each.group:20}  {each.name}", soft_wrap=True)


def run_experiments(only: Sequence[str]) -> int:
    """Run those of the names, or all; 0 if every goal was reached.

    Raises:
        CommandError: there is none of a name.
    """
    reports = load_settings().reports_path
    notes().print("[dim]loading the platform …[/]")
    from data_platform.chaos.catalog import UnknownExperiment, chosen
    from data_platform.chaos.run import run_chaos

    try:
        experiments = chosen(only)
    except UnknownExperiment as error:
        raise CommandError(str(error)) from error
    return run_chaos(experiments, reports, output(), is_whole=not only)
