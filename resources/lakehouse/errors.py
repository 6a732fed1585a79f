"""What can go wrong with the lakehouse. Every message is one line that names what to change; none shows a secret.

`escalation_category` says in the ladder's words what would help; it is believed there, and a plain text here.
"""

import re
from collections.abc import Mapping


class LakehouseError(Exception):
    """Base of all errors of the lakehouse."""


class InvalidName(LakehouseError, ValueError):
    """A schema, table or column name that is not allowed."""

    escalation_category = "code_defect"


class InvalidConfiguration(LakehouseError, ValueError):
    """A setting of the lakehouse that cannot work; the message names it."""

    escalation_category = "code_defect"


class LakehouseUnavailable(LakehouseError):
    """The catalog or the storage cannot be reached, or refuses the credentials."""

    @property
    def escalation_category(self) -> str:
        """What would help: the service back, right credentials or permissions, or room."""
        text = str(self)
        if _NO_ROOM.search(text):
            return "out_of_memory"
        return "code_defect" if _REFUSED.search(text) else "source_unavailable"


_NO_ROOM = re.compile(r"disk is full|disk full|No space left|quota exceeded", re.IGNORECASE)
_REFUSED = re.compile(
    r"refuses the credentials|authentication failed|may not (read|write)|Permission denied|role .* does not exist",
    re.IGNORECASE,
)


class PublishLockTimeout(LakehouseError):
    """Another process held the publish lock for longer than this one may wait."""

    escalation_category = "scheduling_conflict"


class InvalidBuild(LakehouseError, ValueError):
    """A build that cannot be published as it is: a table twice, a file twice, a file that is missing or registered."""

    escalation_category = "code_defect"


class BuildIsGone(InvalidBuild):
    """A file of the build is not there any more: a sweep or somebody took it; built again, it is."""

    escalation_category = "unknown"


class SchemaConflict(LakehouseError):
    """The build's columns do not fit the table's, or its files do not hold the columns they are said to hold.

    `expected_columns` are the table's, `found_columns` the build's, name to type, where it is about these.
    """

    escalation_category = "schema_mismatch"
    expected_columns: Mapping[str, str] = {}
    found_columns: Mapping[str, str] = {}


class RowCountMismatch(LakehouseError):
    """The table did not hold the rows the build said it made; nothing was published."""

    escalation_category = "code_defect"


class PublishConflict(LakehouseError):
    """Somebody else published the same rows since this build read its input: build and audit again."""

    escalation_category = "scheduling_conflict"


class SnapshotNotFound(LakehouseError):
    """A snapshot that never was or has expired, or one in which the table did not exist."""

    escalation_category = "code_defect"  # it was asked for by number, and will not come back


class RetentionTooShort(LakehouseError, ValueError):
    """A retention below the floor: a build or read in flight could lose its files."""

    escalation_category = "code_defect"


def one_line(error: BaseException) -> str:
    """The first two lines of an error's text as one line, without the vendor's `IO Error: ` before it."""
    lines = [line.strip(" *\t") for line in str(error).splitlines() if line.strip(" *\t")]
    text = " ".join(lines[:2])
    head, separator, rest = text.partition(" Error: ")
    return rest if separator and len(head.split()) <= 3 else text  # noqa: PLR2004 - `Invalid Input Error: `
