"""What is delivered differs from the contract, and is read all the same: renamed, of another type, or more of it."""

import json
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from resources.sources import (
    ColumnMapping,
    CsvFolder,
    JsonApi,
    Landed,
    Source,
    SourceCredentialsExpired,
    SourceRefused,
    SourceSchemaError,
    SourceUnavailable,
    SourceValueError,
    SqlTable,
    typed_select,
    verify_landed,
)
from tests.resources.sources.conftest import Reader

COLUMNS = {"name": "VARCHAR", "seats": "BIGINT"}


def extract(reader: Reader, source: Source, mapping: ColumnMapping, *, anew: bool = False) -> Landed:
    request = reader.request(mapping.with_added(COLUMNS))
    return source.extract(replace(request, mapping=mapping, anew=anew))


def rows(reader: Reader, source: Source, mapping: ColumnMapping) -> list[tuple[object, ...]]:
    """The contract's columns and those taken in, as the platform reads them."""
    landed = extract(reader, source, mapping)
    verify_landed(reader.connection, landed, COLUMNS, mapping=mapping)
    names = ", ".join(f'"{name}"' for name in mapping.with_added(COLUMNS))
    select = typed_select(landed, COLUMNS, mapping)
    return reader.connection.execute(f"SELECT {names} FROM ({select}) ORDER BY ALL").fetchall()


def folder(tmp_path: Path, **files: str) -> CsvFolder:
    for name, text in files.items():
        path = tmp_path / "drop" / f"{name}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        os.utime(path, (1e9, 1e9))
    return CsvFolder(name="planes", folder=tmp_path / "drop", pattern="*.csv")


def database(tmp_path: Path, ddl: str, *values: tuple[object, ...]) -> SqlTable:
    path = tmp_path / "operational.db"
    with sqlite3.connect(path) as connection:
        connection.execute(ddl)
        connection.executemany(f"INSERT INTO planes VALUES ({', '.join('?' * len(values[0]))})", values)
    return SqlTable(name="planes", url=f"sqlite:///{path}", table="planes")


@pytest.fixture
def served() -> Iterator[tuple[str, dict[str, object]]]:
    """An address, and what it answers: `status`, `headers`, `document`."""
    answer: dict[str, object] = {"status": 200, "headers": {}, "document": {"data": []}}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(answer["document"]).encode()
            self.send_response(int(str(answer["status"])))
            for name, value in dict(answer["headers"]).items():  # type: ignore[call-overload]
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/planes", answer
    server.shutdown()
    server.server_close()


def test_a_renamed_column_of_a_csv_file_is_read_beside_files_that_still_have_the_old_name(
    reader: Reader, tmp_path: Path
) -> None:
    source = folder(tmp_path, old="name,seats\na,1\n", new="Seats,name\n2,b\n")
    mapping = ColumnMapping(delivered={"seats": "Seats"})
    assert rows(reader, source, mapping) == [("a", 1), ("b", 2)]


def test_without_a_mapping_a_renamed_column_is_refused_and_both_sides_are_told(reader: Reader, tmp_path: Path) -> None:
    source = folder(tmp_path, new="Seats,name\n2,b\n")
    with pytest.raises(SourceSchemaError) as refused:
        rows(reader, source, ColumnMapping())
    assert refused.value.expected_columns == COLUMNS
    assert refused.value.found_columns == {"Seats": "", "name": ""}


def test_a_new_column_is_taken_in_and_null_in_files_without_it(reader: Reader, tmp_path: Path) -> None:
    source = folder(tmp_path, old="name,seats\na,1\n", new="name,seats,note\nb,2,new\n")
    assert rows(reader, source, ColumnMapping(added={"note": ""})) == [("a", 1, None), ("b", 2, "new")]


def test_a_column_that_was_not_named_is_still_refused(reader: Reader, tmp_path: Path) -> None:
    source = folder(tmp_path, new="name,seats,note,more\nb,2,new,x\n")
    with pytest.raises(SourceSchemaError, match="'more'"):
        rows(reader, source, ColumnMapping(added={"note": "VARCHAR"}))


def test_a_renamed_and_a_new_column_of_a_database_are_read(reader: Reader, tmp_path: Path) -> None:
    source = database(tmp_path, "CREATE TABLE planes (name TEXT, seat_count INTEGER, note TEXT)", ("a", 3, "x"))
    mapping = ColumnMapping(delivered={"seats": "seat_count"}, added={"note": "VARCHAR", "gone": "BIGINT"})
    assert rows(reader, source, mapping) == [("a", 3, "x", None)]


def test_a_column_that_a_database_lacks_is_told_with_the_types_of_those_it_has(reader: Reader, tmp_path: Path) -> None:
    source = database(tmp_path, "CREATE TABLE planes (name TEXT, seat_count INTEGER)", ("a", 3))
    with pytest.raises(SourceSchemaError) as refused:
        rows(reader, source, ColumnMapping())
    assert refused.value.found_columns == {"name": "VARCHAR", "seat_count": "INTEGER"}


def test_a_truth_value_where_a_number_is_due_is_another_type_and_is_cast_if_told_so(
    reader: Reader, tmp_path: Path
) -> None:
    source = database(tmp_path, "CREATE TABLE planes (name TEXT, seats BOOLEAN)", ("a", 1), ("b", None))
    with pytest.raises(SourceSchemaError) as refused:
        rows(reader, source, ColumnMapping())
    assert refused.value.found_columns["seats"] == "BOOLEAN"
    assert rows(reader, source, ColumnMapping(read_as={"seats": "BOOLEAN"})) == [("a", 1), ("b", None)]


def test_a_cast_that_would_lose_something_is_refused(reader: Reader, tmp_path: Path) -> None:
    source = folder(tmp_path, new="name,seats\na,1.5\n")
    with pytest.raises(SourceValueError, match=r"1\.5"):
        rows(reader, source, ColumnMapping(read_as={"seats": "DOUBLE"}))


def test_a_renamed_and_a_new_field_of_an_api_are_read(reader: Reader, served: tuple[str, dict[str, object]]) -> None:
    address, answer = served
    answer["document"] = {"data": [{"name": "a", "Seats": 1}, {"name": "b", "Seats": 2, "note": "new"}]}
    source = JsonApi(name="planes", url=address, high_water_mark="seats")
    mapping = ColumnMapping(delivered={"seats": "Seats"}, added={"note": "VARCHAR"})
    assert rows(reader, source, mapping) == [("a", 1, None), ("b", 2, "new")]
    assert extract(reader, source, mapping).high_water_mark == "2"


def test_anew_a_file_is_read_whatever_is_noted_of_it(reader: Reader, tmp_path: Path) -> None:
    source = folder(tmp_path, one="name,seats\na,1\n")
    extract(reader, source, ColumnMapping())
    index = reader.landing / "planes" / "index.json"
    noted = json.loads(index.read_text())
    noted["one.csv"]["columns"] = ["wrong"]
    index.write_text(json.dumps(noted))
    assert extract(reader, source, ColumnMapping()).files[0].columns == ("wrong",)
    landed = extract(reader, source, ColumnMapping(), anew=True)
    assert landed.files[0].columns == ("name", "seats")
    assert len(reader.landed_files("planes")) == 1


@pytest.mark.parametrize(
    ("status", "headers", "kind", "category"),
    [
        (401, {}, SourceRefused, "code_defect"),
        (401, {"WWW-Authenticate": 'Bearer error_description="token expired"'}, SourceCredentialsExpired, None),
        (403, {"Retry-After": "600"}, SourceUnavailable, "source_unavailable"),
    ],
)
def test_a_refusal_says_whether_credentials_are_wrong_expired_or_throttled(  # noqa: PLR0917 - two fixtures, four values
    reader: Reader,
    served: tuple[str, dict[str, object]],
    status: int,
    headers: dict[str, str],
    kind: type[Exception],
    category: str | None,
) -> None:
    address, answer = served
    answer |= {"status": status, "headers": headers}
    with pytest.raises(kind) as refused:
        extract(reader, JsonApi(name="planes", url=address, timeout_seconds=1), ColumnMapping())
    if category is None:
        assert refused.value.escalation_recoverable is False  # type: ignore[attr-defined]
    else:
        assert refused.value.escalation_category == category  # type: ignore[attr-defined]
