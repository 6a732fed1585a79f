"""What can go wrong with a source, one class for each kind of cause. Every error is one line that names the source.

The classes say what would help, so that a reader (or the ladder) need not parse the text; `code` carries the HTTP
status, SQLSTATE or errno where there is one. `escalation_category` is the same in the words of the ladder, which
believes it; here it is a plain text.
"""

import errno
from collections.abc import Mapping
from typing import Self


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

    escalation_category = "source_unavailable"


class SourceTimeout(SourceError):
    """The other side began to work and did not end within its time."""

    escalation_category = "pipeline_timeout"


class SourceRefused(SourceError):
    """The other side understood and refused: credentials, permission, or a request it calls wrong.

    What is wrong is on this side, in the configuration.
    """

    escalation_category = "code_defect"


class SourceCredentialsExpired(SourceError):
    """The other side refused credentials that were good once: expired or revoked. No retry helps, new ones do."""

    escalation_category = "source_unavailable"
    escalation_recoverable = False


class SourceBusy(SourceError):
    """Another process is extracting this source at the same time."""

    escalation_category = "scheduling_conflict"


class SourceFormatError(SourceError):
    """What arrived is not whole, or not in the declared format: cut, not CSV, not JSON, not UTF-8."""

    escalation_category = "data_quality"


class SourceSchemaError(SourceError):
    """The columns, or the table, are not those that the contract names.

    `expected_columns` and `found_columns` map names to types, which are empty where they are not known.
    """

    escalation_category = "schema_mismatch"
    expected_columns: Mapping[str, str] = {}
    found_columns: Mapping[str, str] = {}

    def with_columns(self, expected: Mapping[str, str], found: Mapping[str, str]) -> Self:
        """The same error, knowing the columns."""
        self.expected_columns, self.found_columns = dict(expected), dict(found)
        return self


class SourceValueError(SourceError):
    """A value does not fit its declared type: not parsable, or out of range."""

    escalation_category = "data_quality"


class LandingError(SourceError):
    """The landing area cannot be written or does not hold what it should: a full disk, no permission, a lost file."""

    @property
    def escalation_category(self) -> str:
        """What would help: room, a permission, or landing the file again."""
        if self.code in _NO_ROOM:
            return "out_of_memory"
        return "code_defect" if self.code in _NOT_PERMITTED else "source_unavailable"


_NO_ROOM = frozenset(str(code) for code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
_NOT_PERMITTED = frozenset(str(code) for code in (errno.EACCES, errno.EPERM, errno.EROFS))
