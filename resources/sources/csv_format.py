"""How landed CSV files are read by DuckDB, and where in a file a fault is. Which files, is the source's business.

Every option is given: nothing is guessed from the data, so that a file is read the same way whatever it holds.
"""

import csv
import gzip
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from resources.lakehouse.names import quote_identifier, quote_literal

PATH_COLUMN = "_landed_path"
"""The column of a relation here that holds the landed path of each row."""

_COMMON_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class CsvFormat:
    """RFC 4180 with a header line, in UTF-8. A quoted null value is a text, an unquoted one is NULL."""

    row_word: ClassVar[str] = "line"
    has_header: ClassVar[bool] = True

    delimiter: str = ","
    null_values: tuple[str, ...] = ("NA", "")

    def header(self, beginning: str) -> tuple[str, ...]:
        """The column names in the first line of a file."""
        return tuple(next(csv.reader(io.StringIO(beginning.removeprefix("\ufeff")), delimiter=self.delimiter), ()))

    def likely_delimiter(self, columns: Sequence[str]) -> str | None:
        """Another delimiter that a header of one column was probably written with."""
        if len(columns) != 1:
            return None
        return next((mark for mark in _COMMON_DELIMITERS if mark != self.delimiter and mark in columns[0]), None)

    def relation(self, paths: Sequence[Path], delivered: Sequence[str], types: Mapping[str, str]) -> str:
        """A SELECT of the columns of `types` from files that all have the header `delivered`.

        A delivered column that `types` does not name is read as text and dropped.
        """
        columns = ", ".join(f"{quote_literal(name)}: {quote_literal(types.get(name, 'VARCHAR'))}" for name in delivered)
        files = ", ".join(quote_literal(str(path)) for path in paths)
        nulls = ", ".join(quote_literal(value) for value in self.null_values)
        names = ", ".join(quote_identifier(name) for name in types)
        return (
            f"SELECT {names}, {PATH_COLUMN} FROM read_csv([{files}], columns = {{{columns}}}, header = true, "
            f"auto_detect = false, strict_mode = true, delim = {quote_literal(self.delimiter)}, quote = '\"', "
            f"escape = '\"', nullstr = [{nulls}], allow_quoted_nulls = false, filename = {quote_literal(PATH_COLUMN)})"
        )

    def text_relation(self, paths: Sequence[Path], delivered: Sequence[str], names: Sequence[str]) -> str:
        """The same with every value as it is written."""
        return self.relation(paths, delivered, dict.fromkeys(names, "VARCHAR"))

    def line_of(self, path: Path, delivered: Sequence[str], column: str, value: str) -> int | None:
        """The first line of `path` whose `column` is written as `value`."""
        position = list(delivered).index(column)
        try:
            return next((line for line, row in self._rows(path) if row[position : position + 1] == [value]), None)
        except csv.Error:
            return None

    def unreadable_line(self, path: Path, delivered: Sequence[str]) -> tuple[int, str] | None:
        """The first line that has too few or too many values, or that cannot be split, with what is wrong with it."""
        line = 1
        try:
            for line, row in self._rows(path):
                if row and len(row) != len(delivered):
                    return line, f"{len(row)} values where the header names {len(delivered)}"
        except csv.Error as error:
            return line + 1, str(error)
        return None

    def _rows(self, path: Path) -> Iterator[tuple[int, list[str]]]:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=self.delimiter, strict=True)
            next(reader, None)
            for row in reader:
                yield reader.line_num, row
