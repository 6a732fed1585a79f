"""The names of the files in a drop folder: one a day where the pattern has `{date}`, else a shell pattern."""

import fnmatch
import re
from datetime import date, datetime

_DATE = re.compile(r"\{date(?::(?P<format>[^{}]+))?\}")


class FileNamePattern:
    """`flights_{date}.csv`, `flights_{date:%Y%m%d}.csv.gz`, `airports.csv` or `airports*.csv`."""

    def __init__(self, pattern: str) -> None:
        """Parse `pattern`.

        Raises:
            ValueError: it is not the name of a file in the folder itself, or has another placeholder.
        """
        if not pattern or "/" in pattern or "\\" in pattern or "\0" in pattern or pattern.startswith("."):
            raise ValueError(f"{pattern!r} must be the name of a file in the folder itself, like flights_{{date}}.csv")
        self._prefix, self._suffix = pattern, ""
        self._date_format = ""
        if match := _DATE.search(pattern):
            self._prefix, self._suffix = pattern[: match.start()], pattern[match.end() :]
            self._date_format = match["format"] or "%Y-%m-%d"
            if "/" in date(2013, 12, 31).strftime(self._date_format):
                raise ValueError(f"{pattern!r} would make folders of the date's parts")
        if any(brace in self._prefix + self._suffix for brace in "{}"):
            raise ValueError(f"{pattern!r}: the only placeholder is one {{date}} or {{date:%Y%m%d}}")

    @property
    def daily(self) -> bool:
        """Whether there is a file for each day."""
        return bool(self._date_format)

    def name_of(self, day: date) -> str:
        """The name of the file of `day`."""
        return f"{self._prefix}{day.strftime(self._date_format)}{self._suffix}"

    def day_of(self, name: str) -> date | None:
        """The day of the file called `name`; None if it is no such file."""
        if not (name.startswith(self._prefix) and name.endswith(self._suffix)):
            return None
        text = name[len(self._prefix) : len(name) - len(self._suffix)]
        try:
            day = datetime.strptime(text, self._date_format).date()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError:
            return None
        # strptime also takes '2013-1-1'.
        return day if self.name_of(day) == name else None

    def matches(self, name: str) -> bool:
        """Whether `name` is one of the source's files."""
        return self.day_of(name) is not None if self.daily else fnmatch.fnmatchcase(name, self._prefix)
