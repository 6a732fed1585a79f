"""What can go wrong with the lakehouse. Every message is one line that names what to change; none shows a secret."""


class LakehouseError(Exception):
    """Base of all errors of the lakehouse."""


class InvalidName(LakehouseError, ValueError):
    """A schema, table or column name that is not allowed."""


class InvalidConfiguration(LakehouseError, ValueError):
    """A setting of the lakehouse that cannot work; the message names it."""


class LakehouseUnavailable(LakehouseError):
    """The catalog or the storage cannot be reached, or refuses the credentials."""


class PublishLockTimeout(LakehouseError):
    """Another process held the publish lock for longer than this one may wait."""


class InvalidBuild(LakehouseError, ValueError):
    """A build that cannot be published as it is: a table twice, a file twice, a file that is missing or registered."""


class SchemaConflict(LakehouseError):
    """The build's columns do not fit the table's, or its files do not hold the columns they are said to hold."""


class RowCountMismatch(LakehouseError):
    """The table did not hold the rows the build said it made; nothing was published."""


class PublishConflict(LakehouseError):
    """Somebody else published the same rows since this build read its input: build and audit again."""


class SnapshotNotFound(LakehouseError):
    """A snapshot that never was or has expired, or one in which the table did not exist."""


class RetentionTooShort(LakehouseError, ValueError):
    """A retention below the floor: a build or read in flight could lose its files."""


def one_line(error: BaseException) -> str:
    """The first two lines of an error's text as one line, without the vendor's `IO Error: ` before it."""
    lines = [line.strip(" *\t") for line in str(error).splitlines() if line.strip(" *\t")]
    text = " ".join(lines[:2])
    head, separator, rest = text.partition(" Error: ")
    return rest if separator and len(head.split()) <= 3 else text  # noqa: PLR2004 - `Invalid Input Error: `
