"""The platform's Dagster definitions, as the commands load them: without news that is not for who runs a command."""

import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from data_platform.cli.errors import CommandError, expected_line
from data_platform.settings import CHECKOUT

if TYPE_CHECKING:
    import dagster as dg


def platform_definitions() -> "dg.Definitions":
    """Load them; takes a few seconds the first time.

    Raises:
        CommandError: a file of the platform has an error; one line that names file and line.
        ContractError, ModelError, SettingsError: told in one line by what raised it.
    """
    import dagster as dg

    warnings.simplefilter("ignore", dg.BetaWarning)  # using a beta feature is the code's choice
    try:
        from data_platform.definitions import defs
    except Exception as error:
        if expected_line(error) is not None:
            raise
        raise CommandError(
            f"the definitions do not load: {_where(error)}{_what(error)}; mend what the line names"
        ) from error
    return defs


def _where(error: Exception) -> str:
    """File and line of the platform's that the error comes from."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}: "
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_ours(frame.filename)]
    return f"{frames[-1].filename}:{frames[-1].lineno}: " if frames else ""


def _is_ours(file: str) -> bool:
    path = Path(file)
    return path.is_relative_to(CHECKOUT) and "site-packages" not in path.parts


def _what(error: Exception) -> str:
    told = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {' '.join(told.split())[:300]}"
