import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pytest
import sqlalchemy
from pydantic import ValidationError

from resources.sources import (
    SourceError,
    SourceRefused,
    SourceSchemaError,
    SourceTimeout,
    SourceUnavailable,
    SourceValueError,
    SqlTable,
)
from resources.sources.sql_connection import parse_url, read_only_connection
from tests.resources.sources.conftest import Reader

COLUMNS = {"tailnum": "VARCHAR", "year": "BIGINT", "speed": "DOUBLE"}
ROWS = [("N1", 2004, 1.5), ("N2", None, None), ("NA", 1, 0.1), ("", 0, -2.0), ('q"u,o\nte', 5, 1e300), ("\\N", 6, 7.0)]
DDL = "CREATE TABLE planes (tailnum TEXT, year INTEGER, speed DOUBLE PRECISION, note TEXT)"
ENDLESS = (
    "CREATE VIEW planes AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT count(*) AS year FROM n"
)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'it is operational.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, sqlite_url: str) -> str:
    if request.param == "sqlite":
        return sqlite_url
    postgres_url: str = request.getfixturevalue("postgres_url")
    return postgres_url


def run(url: str, *statements: str, rows: list[tuple[object, ...]] | None = None) -> None:
    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg2://"))
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        for row in rows or []:
            connection.execute(
                sqlalchemy.text("INSERT INTO planes VALUES (:a, :b, :c, 'x')"), dict(zip("abc", row, strict=True))
            )
    engine.dispose()


@pytest.fixture
def planes(url: str) -> SqlTable:
    run(url, DDL, rows=list(ROWS))
    return SqlTable(name="planes", url=url, table="planes", statement_timeout_seconds=5)


def refused(
    reader: Reader, source: SqlTable, kind: type[SourceError], columns: dict[str, str] = COLUMNS
) -> SourceError:
    with pytest.raises(kind) as caught:
        reader.rows(reader.extract(source, columns), columns)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("planes: ")
    assert reader.left_over() == []
    return caught.value


def test_a_table_is_landed_with_its_nulls_and_every_text_as_it_is(reader: Reader, planes: SqlTable) -> None:
    landed = reader.extract(planes, COLUMNS)
    assert sorted(reader.rows(landed, COLUMNS), key=repr) == sorted(ROWS, key=repr)
    assert landed.files[0].origin == "planes"


def test_landing_an_unchanged_table_twice_changes_nothing(reader: Reader, planes: SqlTable) -> None:
    first, second = reader.extract(planes, COLUMNS), reader.extract(planes, COLUMNS)
    assert (first.changed, second.changed) == (True, False)
    assert first.checksum == second.checksum
    assert len(reader.landed_files("planes")) == 1


def test_a_changed_table_is_landed_beside_its_older_version(reader: Reader, planes: SqlTable, url: str) -> None:
    before = reader.extract(planes, COLUMNS)
    run(url, "UPDATE planes SET year = 1999 WHERE tailnum = 'N1'")
    after = reader.extract(planes, COLUMNS)
    assert after.changed
    assert len(reader.landed_files("planes")) == 2
    assert ("N1", 2004, 1.5) in reader.rows(before, COLUMNS)
    assert ("N1", 1999, 1.5) in reader.rows(after, COLUMNS)


def test_a_table_longer_than_a_chunk_is_landed_whole(reader: Reader, planes: SqlTable) -> None:
    small = planes.model_copy(update={"chunk_rows": 2, "high_water_mark": "year"})
    landed = reader.extract(small, COLUMNS)
    assert len(reader.rows(landed, COLUMNS)) == len(ROWS)
    assert landed.high_water_mark == "2004"


def test_a_read_sees_one_state_of_the_table_while_others_write(reader: Reader, postgres_url: str) -> None:
    run(postgres_url, DDL, "INSERT INTO planes SELECT 'N', 1, 1, 'x' FROM generate_series(1, 200000)")
    stop = threading.Event()

    def write_on() -> None:
        connection = psycopg2.connect(postgres_url)
        while not stop.is_set():
            connection.cursor().execute("UPDATE planes SET year = year + 1")
            connection.commit()
        connection.close()

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        source = SqlTable(name="planes", url=postgres_url, table="planes", chunk_rows=1_000)
        landed = reader.extract(source, COLUMNS)
    finally:
        stop.set()
        writer.join()
    assert len({row[1] for row in reader.rows(landed, COLUMNS)}) == 1


def test_an_empty_table_is_no_rows(reader: Reader, url: str) -> None:
    run(url, DDL)
    source = SqlTable(name="planes", url=url, table="planes", high_water_mark="year")
    landed = reader.extract(source, COLUMNS)
    assert reader.rows(landed, COLUMNS) == []
    assert landed.high_water_mark is None


def test_every_type_of_postgresql_keeps_its_value(reader: Reader, postgres_url: str) -> None:
    run(
        postgres_url,
        "CREATE TABLE planes (a NUMERIC(20, 4), b TIMESTAMPTZ, c DATE, d BOOLEAN, e BYTEA, f JSONB, g UUID, h TIME)",
        "INSERT INTO planes VALUES (1234567890123456.7891, '2013-01-01 10:00:00.123456+02', '2013-02-03', true, "
        "'\\x00ff', '{\"a\": [1]}', '12345678-1234-1234-1234-123456789012', '10:11:12')",
    )
    columns = {
        "a": "DECIMAL(20,4)",
        "b": "TIMESTAMPTZ",
        "c": "DATE",
        "d": "BOOLEAN",
        "e": "BLOB",
        "f": "VARCHAR",
        "g": "UUID",
        "h": "TIME",
    }
    source = SqlTable(name="planes", url=postgres_url, table="planes")
    (row,) = reader.rows(reader.extract(source, columns), columns)
    assert str(row[0]) == "1234567890123456.7891"
    assert row[1] == datetime(2013, 1, 1, 8, 0, 0, 123456, tzinfo=UTC)
    assert [str(value) for value in row[2:4]] == ["2013-02-03", "True"]
    assert row[4:6] == (b"\x00\xff", '{"a": [1]}')
    assert [str(value) for value in row[6:]] == ["12345678-1234-1234-1234-123456789012", "10:11:12"]


def test_a_table_in_a_schema_is_found(reader: Reader, postgres_url: str) -> None:
    run(postgres_url, "CREATE SCHEMA fleet", "CREATE TABLE fleet.planes AS SELECT 'N1' AS tailnum")
    source = SqlTable(name="planes", url=postgres_url, table="fleet.planes")
    assert reader.rows(reader.extract(source, {"tailnum": "VARCHAR"}), {"tailnum": "VARCHAR"}) == [("N1",)]


def test_a_table_that_is_gone_is_named(reader: Reader, planes: SqlTable, url: str) -> None:
    run(url, "DROP TABLE planes")
    error = refused(reader, planes, SourceSchemaError)
    assert str(error).startswith("planes: planes: the database has no such table")


def test_a_column_that_is_gone_is_named(reader: Reader, planes: SqlTable, url: str) -> None:
    run(url, "ALTER TABLE planes RENAME COLUMN speed TO velocity")
    error = refused(reader, planes, SourceSchemaError)
    assert "the table has no column 'speed'" in str(error)
    assert error.column == "speed"


def test_a_column_that_nobody_declared_is_left_alone(reader: Reader, planes: SqlTable) -> None:
    assert "note" not in reader.extract(planes, COLUMNS).files[0].columns


def test_table_and_column_names_with_sql_in_them_do_nothing(reader: Reader, planes: SqlTable, url: str) -> None:
    columns = {'tailnum"; DROP TABLE planes; --': "VARCHAR"}
    refused(reader, planes, SourceSchemaError, columns)
    injected = planes.model_copy(update={"table": "planes; DROP TABLE planes"})
    refused(reader, injected, SourceSchemaError)
    assert len(reader.rows(reader.extract(planes, COLUMNS), COLUMNS)) == len(ROWS)


def test_a_value_of_another_type_is_named_with_its_line(reader: Reader, sqlite_url: str) -> None:
    run(sqlite_url, DDL, rows=[("N1", 2004, 1.5), ("N2", "unknown", 2.5)])
    error = refused(reader, SqlTable(name="planes", url=sqlite_url, table="planes"), SourceValueError)
    assert (error.file, error.row, error.column) == ("planes", 3, "year")
    assert "'unknown' is not a BIGINT" in str(error)


def test_a_sqlite_database_that_is_not_there_is_not_created(reader: Reader, sqlite_url: str, tmp_path: Path) -> None:
    error = refused(reader, SqlTable(name="planes", url=sqlite_url, table="planes"), SourceUnavailable)
    assert "there is no database" in str(error)
    assert not (tmp_path / "it is operational.db").exists()


def test_a_file_that_is_no_database_is_named(reader: Reader, sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "it is operational.db").write_text("no database at all" * 100)
    error = refused(reader, SqlTable(name="planes", url=sqlite_url, table="planes"), SourceError)
    assert "file is not a database" in str(error)


def test_a_postgresql_that_is_down_is_unavailable_and_its_password_is_not_shown(reader: Reader) -> None:
    url = "postgresql://user:hunter2@127.0.0.1:9/operational"
    source = SqlTable(name="planes", url=url, table="planes", connect_timeout_seconds=2)
    error = refused(reader, source, SourceUnavailable)
    assert "127.0.0.1/operational" in str(error)
    assert "hunter2" not in str(error) + repr(source)


def test_a_wrong_password_is_refused(reader: Reader, postgres_url: str) -> None:
    wrong = sqlalchemy.make_url(postgres_url).set(password="hunter2").render_as_string(hide_password=False)
    error = refused(reader, SqlTable(name="planes", url=wrong, table="planes"), SourceRefused)
    assert "hunter2" not in str(error)


def test_a_statement_that_does_not_end_is_ended(reader: Reader, url: str) -> None:
    run(url, ENDLESS)
    source = SqlTable(name="planes", url=url, table="planes", statement_timeout_seconds=0.5)
    error = refused(reader, source, SourceTimeout, {"year": "BIGINT"})
    assert "did not end within 0.5 s" in str(error)


def test_a_connection_to_postgresql_carries_its_time_out(postgres_url: str) -> None:
    url = parse_url(postgres_url)
    with read_only_connection("planes", url, connect_timeout_seconds=5, statement_timeout_seconds=0.5) as connection:
        assert connection.exec_driver_sql("SHOW statement_timeout").scalar() == "500ms"


def test_a_locked_table_is_waited_for_no_longer_than_the_statement_may_take(reader: Reader, postgres_url: str) -> None:
    run(postgres_url, DDL)
    holder = psycopg2.connect(postgres_url)
    holder.cursor().execute("LOCK TABLE planes IN ACCESS EXCLUSIVE MODE")
    try:
        source = SqlTable(name="planes", url=postgres_url, table="planes", statement_timeout_seconds=0.5)
        refused(reader, source, SourceTimeout)
    finally:
        holder.close()


def test_a_source_cannot_write_to_its_database(planes: SqlTable, sqlite_url: str) -> None:
    url = parse_url(planes.url.get_secret_value())
    with (
        pytest.raises(sqlalchemy.exc.DBAPIError, match=r"read-only|readonly"),
        read_only_connection("planes", url, connect_timeout_seconds=5, statement_timeout_seconds=5) as connection,
    ):
        connection.exec_driver_sql("DELETE FROM planes")


def test_a_database_that_breaks_off_in_the_middle_leaves_nothing(reader: Reader, postgres_url: str) -> None:
    run(
        postgres_url,
        "CREATE VIEW planes AS SELECT 'N' AS tailnum, 1 / (99000 - i) AS year, 1.0 AS speed "
        "FROM generate_series(1, 100000) i",
    )
    error = refused(reader, SqlTable(name="planes", url=postgres_url, table="planes", chunk_rows=1_000), SourceError)
    assert "division by zero" in str(error)
    assert reader.landed_files("planes") == []


@pytest.mark.parametrize("url", ["mysql://host/db", "nonsense", "oracle://user:hunter2@host/db"])
def test_a_database_without_known_time_outs_cannot_be_declared(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SqlTable(name="planes", url=url, table="planes")
    assert "hunter2" not in str(caught.value)


def test_a_busy_sqlite_is_waited_for_and_then_named(reader: Reader, sqlite_url: str, tmp_path: Path) -> None:
    run(sqlite_url, DDL, rows=list(ROWS))
    holder = sqlite3.connect(tmp_path / "it is operational.db")
    holder.execute("BEGIN EXCLUSIVE")
    try:
        source = SqlTable(name="planes", url=sqlite_url, table="planes", connect_timeout_seconds=0.3)
        assert "database is locked" in str(refused(reader, source, SourceUnavailable))
    finally:
        holder.close()
