"""The commands of `escalation` and their options. What each does stands in a file of its own."""

import sys
from pathlib import Path

import click

from escalation_sensors.cli.errors import CommandError
from escalation_sensors.redaction import redact


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


@escalation.command()
@click.argument("identity", metavar="[ID]", type=int, required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object a line.")
def receipt(*, identity: int | None, as_json: bool) -> None:
    """Show the receipt of a repair in full, or list the newest ones, and how many of all repairs were wrong."""
    from escalation_sensors.cli.receipts import show_receipts

    show_receipts(sys.stdout, identity, as_json=as_json)


@escalation.command()
def verify() -> None:
    """Check that no receipt and no undo was altered, taken away or put in."""
    from escalation_sensors.cli.receipts import verify as verify_receipts

    verify_receipts(sys.stdout)


@escalation.command()
@click.argument("identity", metavar="ID", type=int)
@click.option("--policy", type=click.Path(path_type=Path), help="The policy file; else the one in this folder.")
@click.option("--who", help="Who undoes it; else the user of this machine.")
@click.option(
    "--with-later-changes",
    is_flag=True,
    help="Take back, too, what others published since of the same partitions, or of a table without any.",
)
def undo(*, identity: int, policy: Path | None, who: str | None, with_later_changes: bool) -> None:
    """Take a repair back: its data, tuning, mapping of columns and package. It then counts as a wrong repair.

    Of its data only the partitions that it wrote; what others published of them since would be lost, and is refused.
    """
    from escalation_sensors.cli.receipts import undo_receipt

    undo_receipt(sys.stdout, identity, policy, who, with_later_changes=with_later_changes)


@escalation.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object a line.")
def proposals(*, as_json: bool) -> None:
    """List what level 1 would do and may not do by itself."""
    from escalation_sensors.cli.proposals import show_proposals

    show_proposals(sys.stdout, as_json=as_json)


def main() -> None:
    """Run the command line; what a person can mend is one line and exit code 1."""
    try:
        escalation(prog_name="escalation")
    except CommandError as error:
        print(f"error: {redact(str(error))}", file=sys.stderr)  # noqa: T201 - the command line's own voice
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read has enough; the interpreter would complain of it while it ends
        sys.exit(141)


if __name__ == "__main__":
    main()
