"""The commands of `escalation` and their options. What each does stands in a file of its own."""

import sys
from pathlib import Path

import click

from escalation_sensors.cli.errors import CommandError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def escalation() -> None:
    """Diagnoses failures of data pipelines, and shows what the escalation ladder did about them."""


@escalation.command()
@click.option("--jsonl", is_flag=True, help='Read lines {"id", "exception", "message"} and write one diagnosis a line.')
@click.option("--rules", "rules", type=click.Path(path_type=Path), help="A file of rules that count before all others.")
def diagnose(*, jsonl: bool, rules: Path | None) -> None:
    """Diagnose the traceback or log on standard input, in three lines: what, why, next."""
    from escalation_sensors.cli.diagnose import diagnose_lines, diagnose_text

    run = diagnose_lines if jsonl else diagnose_text
    run(sys.stdin.buffer, sys.stdout, rules)


def main() -> None:
    """Run the command line; what a person can mend is one line and exit code 1."""
    try:
        escalation(prog_name="escalation")
    except CommandError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - the command line's own voice
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read has enough; the interpreter would complain of it while it ends
        sys.exit(141)


if __name__ == "__main__":
    main()
