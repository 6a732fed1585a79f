"""What an examination of the installation found: values, and how they are shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """ok; warn: works, but not as it should; fail: does not work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One thing examined; `way_out` says what to do about it."""

    state: State
    subject: str
    told: str
    way_out: str = ""


def show(findings: Iterable[Finding]) -> int:
    """Print a line for each; returns the exit code, 1 if anything fails."""
    from data_platform.cli.terminal import output

    colours = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}
    code = 0
    for finding in findings:
        way_out = f" → {finding.way_out}" if finding.way_out else ""
        output().print(
            f"{finding.state.value:<4}  {finding.subject:<12}  {finding.told}{way_out}",
            style=colours[finding.state],
            markup=False,
            soft_wrap=True,
        )
        code = 1 if finding.state is State.FAIL else code
    return code
