"""How landed JSON pages are read by DuckDB, and which record of a page a fault is in. Fetching is `json_api.py`'s."""

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from resources.lakehouse.names import quote_identifier, quote_literal
from resources.sources.csv_format import PATH_COLUMN


@dataclass(frozen=True)
class JsonFormat:
    """A JSON document that holds a list of flat objects at `records` (names separated by dots; empty: the document).

    `renamed` are fields with another name than the column's: column, then field.
    """

    row_word: ClassVar[str] = "record"
    # A record may leave out a field that is null, and a page may hold no record.
    has_header: ClassVar[bool] = False

    records: str = "data"
    renamed: tuple[tuple[str, str], ...] = ()

    def records_in(self, document: object) -> object:
        """What `document` holds at `records`.

        Raises:
            LookupError: it has nothing there.
        """
        for name in filter(None, self.records.split(".")):
            if not isinstance(document, dict) or name not in document:
                raise LookupError(name)
            document = document[name]
        return document

    def relation(self, paths: Sequence[Path], delivered: Sequence[str], types: Mapping[str, str]) -> str:
        """A SELECT of the columns of `types` from pages whose records have, together, the fields `delivered`."""
        texts = self.text_relation(paths, delivered, tuple(types))
        casts = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in _quoted(types).items())
        return f"SELECT {casts}, {PATH_COLUMN} FROM ({texts})"

    def text_relation(self, paths: Sequence[Path], delivered: Sequence[str], names: Sequence[str]) -> str:
        """The same with every value as text; a list or an object is its JSON text."""
        del delivered  # fields have names: their order is of no account
        files = ", ".join(quote_literal(str(path)) for path in paths)
        where = "$" + "".join(_member(name) for name in self.records.split(".") if name) + "[*]"
        largest = max(path.stat().st_size for path in paths) + 1024
        fields = ", ".join(f"{self._field(name)} AS {quote_identifier(name)}" for name in names)
        return (
            f"SELECT {fields}, {PATH_COLUMN} FROM ("
            f"SELECT unnest(json_extract(json, {quote_literal(where)})) AS record, {PATH_COLUMN} "
            f"FROM read_json_objects([{files}], format = 'unstructured', maximum_object_size = {largest}, "
            f"filename = {quote_literal(PATH_COLUMN)}))"
        )

    def line_of(self, path: Path, delivered: Sequence[str], column: str, value: str) -> int | None:
        """The number, from 1, of the first record of the page whose `column` is `value` as DuckDB writes it."""
        del delivered
        records = self.records_in(json.loads(path.read_bytes()))
        if not isinstance(records, list):
            return None
        other = dict(self.renamed).get(column, column)
        values = enumerate((record.get(column, record.get(other)) for record in records), 1)
        return next((number for number, found in values if _is_written(found, value)), None)

    def _field(self, name: str) -> str:
        """The text of a record's field; of a renamed one the contract's own name counts first."""
        other = dict(self.renamed).get(name)
        fields = [f"record ->> {quote_literal('$' + _member(each))}" for each in (name, other) if each is not None]
        return fields[0] if len(fields) == 1 else f"coalesce({', '.join(fields)})"

    def unreadable_line(self, path: Path, delivered: Sequence[str]) -> tuple[int, str] | None:
        """None: a page that cannot be parsed is never landed."""
        del path, delivered
        return None


def _member(name: str) -> str:
    return '."' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _quoted(types: Mapping[str, str]) -> dict[str, str]:
    return {quote_identifier(name): kind for name, kind in types.items()}


def _is_written(value: object, text: str) -> bool:
    """Whether DuckDB writes `value` as `text`; a number may be written in several ways."""
    if isinstance(value, str):
        return value == text
    if isinstance(value, int | float) and not isinstance(value, bool):
        with contextlib.suppress(ValueError):
            return float(text) == value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) == text
