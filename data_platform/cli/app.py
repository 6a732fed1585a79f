"""The commands and their options. What each does stands in a file of its own, imported when it is called."""

import logging
import sys
from typing import Annotated

import typer

from data_platform.cli.errors import CommandError, expected_line
from data_platform.cli.output_format import Format

app = typer.Typer(
    name="data-platform",
    help="Runs, serves and queries the data platform of this checkout.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
quarantine_commands = typer.Typer(no_args_is_help=True, help="Rows kept from publication: list, show, release.")
app.add_typer(quarantine_commands, name="quarantine")
demo_commands = typer.Typer(no_args_is_help=True, help="Make the demo's sources misbehave, or serve them.")
app.add_typer(demo_commands, name="demo")

Table = Annotated[str, typer.Argument(metavar="TABLE", help="as in core.flight")]
Day = Annotated[str, typer.Argument(metavar="DAY", help="a day of 2013, as in 2013-12-31")]
Limit = Annotated[int | None, typer.Option(min=1, help="at most so many rows")]


def main() -> None:
    """Run the command line; an error that is a person's to mend is one line and exit code 1, Ctrl-C one and 130."""
    try:
        app(prog_name="data-platform")
    except KeyboardInterrupt:
        print("stopped; what was published stays, and nothing else is left", file=sys.stderr)  # noqa: T201 - as below
        sys.exit(130)
    except Exception as error:
        line = expected_line(error)
        if line is None:
            raise
        print(f"error: {line}", file=sys.stderr)  # noqa: T201 - the command line's own voice
        sys.exit(1)


@app.command()
def run() -> None:
    """Materialize the whole platform, with progress, and summarize."""
    from data_platform.cli.run import run_everything

    sys.exit(run_everything())


@app.command()
def up() -> None:
    """Serve the Dagster UI, daemon, code server and demo API until Ctrl-C."""
    from data_platform.cli.up import serve

    serve()


@app.command()
def doctor(
    *,
    repair: Annotated[bool, typer.Option("--repair", help="write the dagster.yaml the platform needs")] = False,
) -> None:
    """Check the installation and say what to do."""
    from data_platform.cli.doctor import examine

    sys.exit(examine(repair=repair))


@app.command()
def settings() -> None:
    """List the settings, their values and their variables."""
    from data_platform.cli.settings_list import list_settings

    list_settings()


@app.command()
def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="one select")],
    *,
    csv: Annotated[bool, typer.Option("--csv", help="write CSV")] = False,
    json: Annotated[bool, typer.Option("--json", help="write a JSON object a line")] = False,
    limit: Limit = None,
) -> None:
    """Query the lakehouse, read only."""
    from data_platform.cli.query import run_query

    if csv and json:
        raise CommandError("choose one of --csv and --json")
    run_query(sql, Format.CSV if csv else Format.JSON if json else Format.TABLE, limit)


@app.command()
def attach() -> None:
    """Print how DuckDB, Python and BI tools read the lakehouse."""
    from data_platform.cli.attach import print_recipe

    print_recipe()


@app.command()
def snapshots(
    table: Annotated[str | None, typer.Argument(metavar="[TABLE]", help="only those that changed this table")] = None,
    limit: Annotated[int, typer.Option(min=1, help="the newest so many")] = 20,
) -> None:
    """List the lakehouse's versions, newest first."""
    from data_platform.cli.snapshots import print_snapshots

    print_snapshots(table, limit)


@app.command()
def restore(
    table: Table,
    to: Annotated[str, typer.Option(metavar="SNAPSHOT|TIME", help="a snapshot's number, or a time: 2026-01-31T12:00")],
) -> None:
    """Bring a table back to an earlier version, as a Dagster run."""
    from data_platform.cli.snapshots import restore_to

    sys.exit(restore_to(table, to))


@app.command()
def maintain() -> None:
    """Merge small files, expire old versions, remove orphan files, as a Dagster run."""
    from data_platform.cli.job_run import run_job

    sys.exit(run_job("maintain_lakehouse", show_level=logging.INFO).exit_code)


@app.command()
def chaos(
    only: Annotated[list[str] | None, typer.Option(metavar="NAME", help="only this fault or trial; repeatable")] = None,
    *,
    names: Annotated[bool, typer.Option("--list", help="name all faults and trials")] = False,
) -> None:
    """Provoke real faults in a scratch home and judge what level 1 makes of them."""
    from data_platform.cli.chaos import list_experiments, run_experiments

    if names:
        list_experiments()
        return
    sys.exit(run_experiments(only or ()))


@quarantine_commands.command("list")
def quarantine_list() -> None:
    """Which tables have quarantined rows, how many, since when and why."""
    from data_platform.cli.quarantine import list_quarantined

    list_quarantined()


@quarantine_commands.command("show")
def quarantine_show(table: Table, limit: Limit = 20) -> None:
    """Show a table's quarantined rows with their reasons."""
    from data_platform.cli.quarantine import show_quarantined

    show_quarantined(table, limit or 20)


@quarantine_commands.command("release")
def quarantine_release(table: Table) -> None:
    """Audit a table's quarantined rows anew and publish those that pass, as a Dagster run."""
    from data_platform.cli.job_run import run_job

    config = {"ops": {"release": {"config": {"table": table}}}}
    sys.exit(run_job("release_quarantined", run_config=config, show_level=logging.INFO).exit_code)


@demo_commands.command("seed")
def demo_seed() -> None:
    """Fill the drop folder and the operational database that the settings name."""
    from data_platform.cli.demo_sources import seed_everything

    seed_everything()


@demo_commands.command("late")
def demo_late(day: Day) -> None:
    """Deliver a day's flights late, or as they were before a correction."""
    from data_platform.cli.demo_sources import deliver

    deliver(day, corrected=False)


@demo_commands.command("correct")
def demo_correct(day: Day) -> None:
    """Deliver a corrected file for a day that was loaded."""
    from data_platform.cli.demo_sources import deliver

    deliver(day, corrected=True)


@demo_commands.command("serve")
def demo_serve() -> None:
    """Serve the weather API alone, until Ctrl-C."""
    from data_platform.cli.demo_sources import serve

    serve()
