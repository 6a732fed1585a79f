"""What one check's query said, before any policy; and the guard that tells "could not check" from "bad data"."""

from collections.abc import Callable
from dataclasses import dataclass

MAX_ERROR_CHARACTERS = 300


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        row_numbers: of the failing rows, from 1 in the relation's order; only where pandera judged.
        as_a_whole: the check failed without naming rows.
        error: why it could not be made.
        detail: what is wrong, where rows cannot say it.
    """

    failing_rows: int = 0
    row_numbers: tuple[int, ...] = ()
    as_a_whole: bool = False
    error: str | None = None
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Whether the check was made and found nothing."""
        return not (self.failing_rows or self.as_a_whole or self.error)


def attempt(check: Callable[[], Finding]) -> Finding:
    """What `check` finds, or the finding that it could not be made."""
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - a check may run anybody's code; the finding carries what it raised
        text = " ".join(str(error).split())
        return Finding(error=f"could not be checked: {type(error).__name__}: {text}"[:MAX_ERROR_CHARACTERS])
