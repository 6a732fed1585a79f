"""The whole real year, built and audited once a process in one DuckDB: the platform without Dagster and the lake."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from data_platform.auditing import Audit, Contract, audit, good_rows_sql
from data_platform.contracts import contracts_in, core, marts, raw
from data_platform.demo.nycflights import data_folder
from data_platform.modeling import Model
from resources.lakehouse import TableName
from tests.data_platform.models.model_case import COLUMNS, MODELS, create_schema, create_table

CONTRACTS: Mapping[TableName, type[Contract]] = contracts_in(raw, core, marts)
YEAR = (date(2013, 1, 1), date(2014, 1, 1))


@dataclass(frozen=True)
class RealYear:
    """All tables as published, and the audit of each. Tests only read it."""

    connection: duckdb.DuckDBPyConnection
    audits: Mapping[TableName, Audit]

    def value(self, expression: str, table: str = "core.flight") -> object:
        """The value of one aggregate over one table."""
        row = self.connection.cursor().execute(f"SELECT {expression} FROM {table}").fetchone()
        assert row is not None
        return row[0]


@cache
def real_year() -> RealYear:
    """The year, as untouched sources give it."""
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    with TemporaryDirectory() as folder:
        for table in (table for table in COLUMNS if table.schema == "raw"):
            land(connection, table, csv_of(table.table, Path(folder)))
    audits = {
        table: audit(connection, table.sql, CONTRACTS[table], profile=False)
        for table in CONTRACTS
        if table.schema == "raw"
    }
    for model in in_order():
        audits[model.name] = build(connection, model)
    return RealYear(connection, audits)


def in_order() -> list[Model]:
    """The models, each after those that it reads or refers to."""
    return sorted(MODELS.values(), key=lambda model: (model.name.schema, bool(model.partition_column), str(model.name)))


def csv_of(name: str, folder: Path) -> Path:
    """The package's CSV file of one table, unpacked where need be."""
    if name != "flights":
        return data_folder() / f"{name}.csv"
    with zipfile.ZipFile(data_folder() / "flights.csv.zip") as archive:
        return Path(archive.extract("flights.csv", folder))


def land(connection: duckdb.DuckDBPyConnection, table: TableName, csv: Path) -> None:
    """One raw table, in the types of its contract."""
    create_table(connection, table)
    added = "'file' AS _source_file, TIMESTAMPTZ '2013-12-31 12:00:00Z' AS _loaded_at"
    if table.table == "flights":
        added += ", make_date(year, month, day) AS flight_date"
    read = {name: kind for name, kind in COLUMNS[table].items() if name not in added}
    connection.execute(
        f"INSERT INTO {table.sql} BY NAME SELECT *, {added} FROM read_csv(?, nullstr = ['NA', ''], types = {read})",
        [str(csv)],
    )


def build(connection: duckdb.DuckDBPyConnection, model: Model) -> Audit:
    """Builds and audits one model, and publishes its good rows."""
    create_schema(connection, model.name)
    connection.execute(f"CREATE OR REPLACE TABLE built AS {model.select(*YEAR if model.partition_column else ())}")
    audited = audit(connection, "built", CONTRACTS[model.name], profile=False)
    connection.execute(f"CREATE TABLE {model.name.sql} AS {good_rows_sql(audited)}")
    return audited
