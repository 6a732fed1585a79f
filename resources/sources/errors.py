"""What can go wrong with a source, one class for each kind of cause. Every error is one line that names the source.

The classes say what would help, so that a reader (or the ladder) need not parse the text; `code` carries the HTTP
status, SQLSTATE or errno where there is one.
"""


class SourceError(Exception):
    """Something is wrong with a source; its text is one line: source, file, line, column, problem, way out."""

    def __init__(  # noqa: PLR0913 - the place of a fault has this many parts
        self,
        problem: str,
        *,
        source: str = "",
        file: str | None = None,
        row: int | None = None,
        row_word: str = "line",
        column: str | None = None,
        code: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        self.source = source
        self.file = file
        self.row = row
        self.column = column
        self.code = code
        self.retry_after_seconds = retry_after_seconds
        place = [f"{file}" if file else "", f"{row_word} {row}" if row else "", f"column {column}" if column else ""]
        prefix = [source, ", ".join(part for part in place if part)]
        super().__init__(" ".join(": ".join(part for part in [*prefix, problem] if part).split()))


class SourceUnavailable(SourceError):
    """The other side cannot be reached, is throttling, or the thing asked for is not there now."""


class SourceTimeout(SourceError):
    """The other side began to work and did not end within its time."""


class SourceRefused(SourceError):
    """The other side understood and refused: credentials, permission, or a request it calls wrong."""


class SourceBusy(SourceError):
    """Another process is extracting this source at the same time."""


class SourceFormatError(SourceError):
    """What arrived is not whole, or not in the declared format: cut, not CSV, not JSON, not UTF-8."""


class SourceSchemaError(SourceError):
    """The columns, or the table, are not those that the contract names."""


class SourceValueError(SourceError):
    """A value does not fit its declared type: not parsable, or out of range."""


class LandingError(SourceError):
    """The landing area cannot be written or does not hold what it should: a full disk, no permission, a lost file."""
