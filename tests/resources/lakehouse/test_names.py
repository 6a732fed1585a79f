import pytest

from resources.lakehouse import InvalidName, LakehouseError, TableName, quote_identifier, quote_literal

HOSTILE = [
    'flight"; DROP TABLE core.flight; --',
    "flight'); DROP SCHEMA core CASCADE; --",
    "Flight",
    "1flight",
    "",
    "flight\n",
    "flüge",
    "a" * 64,
    "a.b",
    "a\0b",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_schema_or_table_name_is_refused_in_one_line(name: str) -> None:
    for schema, table in (("core", name), (name, "flight")):
        with pytest.raises(InvalidName) as refused:
            TableName(schema, table)
        assert "\n" not in str(refused.value)
        assert isinstance(refused.value, ValueError)
        assert isinstance(refused.value, LakehouseError)


def test_a_table_name_is_read_and_written_as_schema_dot_table() -> None:
    name = TableName.parse("core.flight")
    assert (name.schema, name.table, str(name), name.sql) == ("core", "flight", "core.flight", '"core"."flight"')


@pytest.mark.parametrize("text", ["flight", "core.flight.x", ".flight", "core.", "core flight"])
def test_what_is_not_schema_dot_table_is_refused(text: str) -> None:
    with pytest.raises(InvalidName):
        TableName.parse(text)


def test_quoting_doubles_the_quotes_and_refuses_what_sql_text_cannot_hold() -> None:
    assert quote_identifier('a"b') == '"a""b"'
    assert quote_literal("a'b") == "'a''b'"
    with pytest.raises(InvalidName):
        quote_literal("a\0b")
