"""A model's unit test: rows given to the tables it reads, rows expected of it. README.md says how a case is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

import data_platform
from data_platform.auditing import columns_of
from data_platform.contracts import contracts_in, core, marts, raw
from data_platform.modeling import Model, load_models
from resources.lakehouse import TableName

MODELS = {model.name: model for model in load_models(Path(data_platform.__file__).parent / "models")}
COLUMNS = {table: columns_of(contract) for table, contract in contracts_in(raw, core, marts).items()}

Row = Mapping[str, Any]


@dataclass(frozen=True)
class ModelCase:
    """One case of one model. `expect` may name some of the columns only; all rows `where` are expected."""

    model: Model
    name: str
    given: Mapping[TableName, Sequence[Row]]
    expect: Sequence[Row]
    where: str
    start_date: date | None
    end_date: date | None

    def rows(self) -> list[dict[str, Any]]:
        """What the model makes of the given rows, in the expected columns."""
        with duckdb.connect(":memory:", config={"threads": 1}) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            for table in self.model.depends_on:
                create_table(connection, table)
                insert(connection, table.sql, COLUMNS[table], self.given.get(table, ()))
            create_schema(connection, self.model.name)
            select = self.model.select(self.start_date, self.end_date)
            connection.execute(f"CREATE TABLE {self.model.name.sql} AS {select}")
            built = f"(SELECT * FROM {self.model.name.sql} WHERE {self.where})"
            return sorted_rows(connection, built, list(self.expect[0]))

    def expected(self) -> list[dict[str, Any]]:
        """The expected rows as the model's types have them, a number as near as 0.001."""
        columns = {name: COLUMNS[self.model.name][name] for name in self.expect[0]}
        with duckdb.connect(":memory:", config={"threads": 1}) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            definition = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            connection.execute(f"CREATE TABLE expected ({definition})")
            insert(connection, "expected", columns, self.expect)
            rows = sorted_rows(connection, "expected", list(columns))
        return [
            {
                name: pytest.approx(value, abs=0.001) if isinstance(value, float) else value
                for name, value in row.items()
            }
            for row in rows
        ]


def create_schema(connection: duckdb.DuckDBPyConnection, table: TableName) -> None:
    connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{table.schema}"')


def create_table(connection: duckdb.DuckDBPyConnection, table: TableName) -> None:
    create_schema(connection, table)
    columns = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS[table].items())
    connection.execute(f"CREATE TABLE {table.sql} ({columns})")


def insert(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Mapping[str, str], rows: Sequence[Row]
) -> None:
    for row in rows:
        if unknown := row.keys() - columns.keys():
            raise AssertionError(f"{relation} has no column {min(unknown)!r}")
        names = ", ".join(f'"{name}"' for name in row)
        values = ", ".join(f"CAST(? AS {columns[name]})" for name in row)
        connection.execute(f"INSERT INTO {relation} ({names}) VALUES ({values})", list(row.values()))


def sorted_rows(connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[str]) -> list[dict[str, Any]]:
    names = ", ".join(f'"{name}"' for name in columns)
    return [
        dict(zip(columns, row, strict=True))
        for row in connection.execute(f"SELECT {names} FROM {relation} ORDER BY ALL").fetchall()
    ]


def cases(folder: Path) -> Iterator[ModelCase]:
    """The cases of all `<schema>/<table>.yaml` below `folder`."""
    for path in sorted(folder.glob("*/*.yaml")):
        model = MODELS[TableName(path.parent.name, path.stem)]
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))["cases"]:
            yield ModelCase(
                model=model,
                name=case["name"],
                given={TableName.parse(table): rows for table, rows in case["given"].items()},
                expect=case["expect"],
                where=case.get("where", "TRUE"),
                start_date=case.get("start_date", date(2013, 1, 1) if model.partition_column else None),
                end_date=case.get("end_date", date(2014, 1, 1) if model.partition_column else None),
            )
