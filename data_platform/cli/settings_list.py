"""`data-platform settings`: every setting with its variable, value and whether it was set. Secrets stay hidden."""

import os
import re

from data_platform.cli.terminal import output
from data_platform.settings import Settings, load_settings, variable_of


def list_settings() -> None:
    """List the settings.

    Raises:
        SettingsError: one of them is unknown or wrong; then no value of the others is known either.
    """
    from rich.table import Table
    from rich.text import Text

    loaded = load_settings()
    shown = Table("variable", "value", "")
    for field in Settings.model_fields:
        value = shown_value(field, str(getattr(loaded, field)))
        shown.add_row(variable_of(field), Text(value), "set" if os.environ.get(variable_of(field)) else "default")
    output().print(shown)


def shown_value(field: str, value: str) -> str:
    """A value without the secret that it is or holds."""
    if field.startswith("s3_") and field.endswith(("_key", "_key_id")):
        return "(hidden)" if value else ""
    return re.sub(r"(?<=://)([^:/@]*):.*@", r"\1:(hidden)@", value)
