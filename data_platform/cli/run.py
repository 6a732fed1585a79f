"""`data-platform run`: the whole platform, from sources to marts, as one Dagster run with a summary."""

import time

from data_platform.cli.demo_sources import seed, serving_the_weather_api
from data_platform.cli.job_run import run_job
from data_platform.cli.summary import drawn, failure_lines, summarize
from data_platform.cli.terminal import notes, output
from data_platform.settings import load_settings

_JOB = "materialize_everything"
_EXAMPLE = "select * from marts.punctuality_by_airline_month limit 5"


def run_everything() -> int:
    """Materialize every table for all days up to the sources' date; returns the exit code."""
    started = time.monotonic()
    settings = load_settings()
    seed(settings, tell=_note)
    with serving_the_weather_api(settings):
        from data_platform.assets.partitions import FIRST_DAY, range_tags

        outcome = run_job(_JOB, tags=range_tags(FIRST_DAY, settings.today))
    if outcome.success:
        output().print(drawn(summarize(outcome, settings), time.monotonic() - started))
    for line in failure_lines(outcome.checks):
        output().print(line, style="red" if line.startswith("failed") else "yellow", markup=False)
    if outcome.success:
        next_steps = f'next: `make up` for the UI, or .venv/bin/data-platform query "{_EXAMPLE}"'
        output().print(next_steps, markup=False, soft_wrap=True)
    else:
        output().print("nothing bad was published; `make up` shows the run with all its logs", markup=False)
    return outcome.exit_code


def _note(line: str) -> None:
    notes().print(line, markup=False, soft_wrap=True)
