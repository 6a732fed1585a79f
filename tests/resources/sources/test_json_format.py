import json
from pathlib import Path

import duckdb
import pytest

from resources.sources.json_format import JsonFormat


@pytest.mark.parametrize(
    ("records", "document"),
    [
        ("", [{"a": 1}, {"a": None}]),
        ("data", {"data": [{"a": 1}, {"a": None}]}),
        ("result.it's", {"result": {"it's": [{"a": 1}, {}]}}),
        ('x"]; DROP', {'x"]; DROP': [{"a": 1}, {}]}),
    ],
)
def test_records_are_found_where_they_are_declared(tmp_path: Path, records: str, document: object) -> None:
    path = tmp_path / "page.json"
    path.write_text(json.dumps(document))
    declared = JsonFormat(records)
    assert declared.records_in(document)
    rows = duckdb.sql(declared.relation([path], ("a",), {"a": "BIGINT"})).fetchall()
    assert rows == [(1, str(path)), (None, str(path))]


def test_a_field_may_have_any_name(tmp_path: Path) -> None:
    path = tmp_path / "page.json"
    names = ['quo"te', "a.b", "it's", "back\\slash", "$", "[0]", "é"]
    path.write_text(json.dumps({"data": [dict.fromkeys(names, "x")]}))
    rows = duckdb.sql(JsonFormat().text_relation([path], names, names)).fetchall()
    assert rows == [(*["x"] * len(names), str(path))]


def test_lists_and_objects_are_their_json_text(tmp_path: Path) -> None:
    path = tmp_path / "page.json"
    path.write_text('{"data": [{"a": [1, {"b": null}]}]}')
    rows = duckdb.sql(JsonFormat().text_relation([path], ("a",), ("a",))).fetchall()
    assert rows[0][0] == '[1,{"b":null}]'


@pytest.mark.parametrize(("value", "text"), [("3.70", "3.7"), ('"warm"', "warm"), ("true", "true"), ("1e999", "1e999")])
def test_the_record_of_a_value_is_found(tmp_path: Path, value: str, text: str) -> None:
    path = tmp_path / "page.json"
    path.write_text(f'{{"data": [{{"a": 1}}, {{}}, {{"a": {value}}}]}}')
    assert JsonFormat().line_of(path, ("a",), "a", text) == 3
