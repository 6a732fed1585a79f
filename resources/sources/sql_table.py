r"""The source kind `sql_table`: a table of an operational database, read whole, in one consistent read, in chunks.

What it lands is a CSV file in which every value is quoted and NULL is an unquoted `\N`, so nothing is lost in it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy
from pydantic import Field, SecretStr, field_validator
from sqlalchemy.exc import DBAPIError, NoSuchTableError, SQLAlchemyError

from resources.sources.column_mapping import ColumnMapping
from resources.sources.csv_format import CsvFormat
from resources.sources.delivered_types import delivered_type, is_of_another_kind
from resources.sources.errors import SourceError, SourceRefused, SourceSchemaError, SourceTimeout, SourceUnavailable
from resources.sources.landed import Landed, LandedFile
from resources.sources.landing import Landing
from resources.sources.reading import source_columns
from resources.sources.request import ExtractRequest
from resources.sources.source import Source
from resources.sources.sql_connection import parse_url, read_only_connection, shown

_NULL = r"\N"
_FORMAT = CsvFormat(delimiter=",", null_values=(_NULL,))
_TIMEOUT_STATES = frozenset({"57014"})  # query_canceled
_REFUSED_STATES = frozenset({"28000", "28P01", "42501"})  # authorization, password, privilege


class SqlTable(Source):
    """One table or view; the columns read are those of the contract.

    Attributes:
        url: SQLAlchemy's, of SQLite or PostgreSQL.
        table: its name, or `schema.table`.
        high_water_mark: a column whose greatest value is recorded.
        chunk_rows: how many rows are in memory at once.
    """

    kind: Literal["sql_table"] = "sql_table"
    url: SecretStr
    table: str = Field(min_length=1)
    high_water_mark: str | None = None
    connect_timeout_seconds: float = Field(default=10.0, gt=0)
    statement_timeout_seconds: float = Field(default=60.0, gt=0)
    chunk_rows: int = Field(default=10_000, gt=0)

    @field_validator("url")
    @classmethod
    def _is_a_database_address(cls, url: SecretStr) -> SecretStr:
        parse_url(url.get_secret_value())
        return url

    @property
    def format(self) -> CsvFormat:
        """How the landed file is read."""
        return _FORMAT

    def extract(self, request: ExtractRequest) -> Landed:
        """Land the table; see `Source.extract`. A killed extraction begins anew: half a read is of no use."""
        columns = tuple(source_columns(request.columns))
        with Landing.held(request.landing, self.name, self.lock_wait_seconds) as landing:
            known = landing.index().get(self.table)
            digest = hashlib.sha256()
            size = 0
            marks: list[Any] = []
            with landing.draft() as draft:
                for data in self._chunks(columns, request.mapping, request.columns, marks):
                    digest.update(data)
                    size += len(data)
                    draft.write(data)
                checksum = digest.hexdigest()
                path = draft.keep(self.table, checksum, suffix=".csv")
            if known != checksum:
                landing.write_index({self.table: checksum})
        file = LandedFile(path, size, checksum, self.table, None, request.now, columns)
        return Landed(
            source=self.name,
            files=(file,),
            high_water_mark=_text(marks[0]) if marks else None,
            extracted_at=request.now,
            changed=known != checksum,
            partitioned=False,
            format=_FORMAT,
        )

    def ping(self, timeout_seconds: float) -> None:
        """Ask the database for a constant.

        Raises:
            SourceError, SQLAlchemyError: it cannot be reached, or does not answer in time.
        """
        url = parse_url(self.url.get_secret_value())
        with read_only_connection(
            self.name, url, connect_timeout_seconds=timeout_seconds, statement_timeout_seconds=timeout_seconds
        ) as connection:
            connection.execute(sqlalchemy.text("SELECT 1"))

    def _chunks(
        self, columns: Sequence[str], mapping: ColumnMapping, types: Mapping[str, str], marks: list[Any]
    ) -> Iterator[bytes]:
        """The landed file, piece by piece, in the contract's names; leaves the high-water mark in `marks`."""
        schema, _, table = self.table.rpartition(".")
        position = next((i for i, name in enumerate(columns) if name == self.high_water_mark), None)
        with self._connected() as connection:
            there = self._columns_there(connection, schema or None, table)
            delivered = [mapping.name_in(tuple(there), name) for name in columns]
            self._check_columns(there, dict(zip(columns, delivered, strict=True)), types, mapping)
            relation = sqlalchemy.table(table, *map(sqlalchemy.column, delivered), schema=schema or None)
            selected = [relation.c[name] if name in there else sqlalchemy.null().label(name) for name in delivered]
            yield _line(columns)
            rows = connection.execution_options(yield_per=self.chunk_rows).execute(sqlalchemy.select(*selected))
            for chunk in rows.partitions():
                yield b"".join(map(_line, chunk))
                if position is not None:
                    marks[:] = [max([*marks, *(row[position] for row in chunk if row[position] is not None)])]

    @contextmanager
    def _connected(self) -> Iterator[sqlalchemy.Connection]:
        url = parse_url(self.url.get_secret_value())
        try:
            with read_only_connection(
                self.name,
                url,
                connect_timeout_seconds=self.connect_timeout_seconds,
                statement_timeout_seconds=self.statement_timeout_seconds,
            ) as connection:
                yield connection
        except SQLAlchemyError as error:
            raise self._error(error, shown(url)) from error

    def _columns_there(self, connection: sqlalchemy.Connection, schema: str | None, table: str) -> dict[str, str]:
        """The table's columns, name to DuckDB type; a type is empty where DuckDB has none like it."""
        try:
            found = sqlalchemy.inspect(connection).get_columns(table, schema)
        except NoSuchTableError as error:
            raise SourceSchemaError(
                "the database has no such table; has it been renamed?", source=self.name, file=self.table
            ) from error
        return {str(column["name"]): delivered_type(column["type"]) for column in found}

    def _check_columns(
        self,
        there: Mapping[str, str],
        delivered: Mapping[str, str],
        types: Mapping[str, str],
        mapping: ColumnMapping,
    ) -> None:
        """Refuse columns that are not there, and those of a declared type whose values are no text of ours."""
        missing = [name for name, column in delivered.items() if column not in there and name not in mapping.added]
        if missing:
            raise SourceSchemaError(
                f"the table has no column {', '.join(map(repr, missing))}; has it been renamed? "
                "Change the contract, or give it a view",
                source=self.name,
                file=self.table,
                column=missing[0],
            ).with_columns(types, there)
        for name, column in delivered.items():
            if name not in mapping.read_as and is_of_another_kind(there.get(column, ""), types.get(name, "")):
                raise SourceSchemaError(
                    f"the table has a {there[column]} where the contract has a {types[name]}. "
                    "Change the contract, or give it a view",
                    source=self.name,
                    file=self.table,
                    column=column,
                ).with_columns(types, {**{c: there[d] for c, d in delivered.items() if d in there}})

    def _error(self, error: SQLAlchemyError, where: str) -> SourceError:
        driver_error = error.orig if isinstance(error, DBAPIError) else error
        text = str(driver_error).strip() or type(error).__name__
        state: str | None = getattr(driver_error, "pgcode", None)
        kind: type[SourceError] = SourceUnavailable
        advice = "check that it runs and can be reached"
        if state in _TIMEOUT_STATES or text == "interrupted":
            kind = SourceTimeout
            text = f"the statement did not end within {self.statement_timeout_seconds:g} s ({text})"
            advice = "try later, or raise statement_timeout_seconds"
        elif state in _REFUSED_STATES or "authentication failed" in text:
            kind, advice = SourceRefused, "check user, password and privileges"
        return kind(f"database {where}: {text}; {advice}", source=self.name, file=self.table, code=state)


def _line(values: Sequence[Any]) -> bytes:
    fields = [_NULL if value is None else f'"{_text(value).replace(chr(34), chr(34) * 2)}"' for value in values]
    return (",".join(fields) + "\n").encode()


def _text(value: Any) -> str:  # noqa: ANN401, PLR0911 - a driver may return anything; one line for each kind
    """`value` as DuckDB reads its type, without loss."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes | memoryview):
        return "".join(f"\\x{byte:02X}" for byte in bytes(value))
    if isinstance(value, Mapping | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
