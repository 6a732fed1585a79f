"""Which errors are a person's to mend, and are therefore shown as one line instead of a traceback.

Everything else is a defect and keeps its traceback.
"""

import sys

# By name: importing the lakehouse to see whether an error is one of its own would cost two seconds.
_EXPECTED = (
    ("data_platform.settings", "SettingsError"),
    ("data_platform.supervision.errors", "SupervisionError"),
    ("data_platform.modeling.model", "ModelError"),
    ("data_platform.auditing.policy", "ContractError"),
    ("resources.lakehouse.errors", "LakehouseError"),
    ("resources.lakehouse.names", "InvalidName"),
    ("resources.sources.errors", "SourceError"),
)


class CommandError(Exception):
    """A command cannot do what it was asked; the message is one line with the way out."""


def expected_line(error: Exception) -> str | None:
    """The error as one line for people, or None when it is a defect."""
    known = [getattr(sys.modules[module], name, None) for module, name in _EXPECTED if module in sys.modules]
    classes = tuple(one for one in (CommandError, *known) if isinstance(one, type))
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}; see DATA_PLATFORM_HOME, or `data-platform doctor`"
    return " ".join(str(error).split()) if isinstance(error, classes) else None
