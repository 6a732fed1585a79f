"""The platform's Dagster definitions, as the commands load them: without news that is not for who runs a command."""

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dagster as dg


def platform_definitions() -> "dg.Definitions":
    """Load them; takes a few seconds the first time."""
    import dagster as dg

    warnings.simplefilter("ignore", dg.BetaWarning)  # using a beta feature is the code's choice
    from data_platform.definitions import defs

    return defs
