import duckdb
import pytest

from resources.sources.strict_types import misfit_condition

FITS = [
    ("BIGINT", "5"),
    ("BIGINT", "-5"),
    ("BIGINT", " 5 "),
    ("BIGINT", "3.0"),
    ("BIGINT", "9223372036854775807"),
    ("UTINYINT", "255"),
    ("DOUBLE", "10.357019999999999"),
    ("DOUBLE", "1e3"),
    ("DOUBLE", "inf"),
    ("DOUBLE", "NaN"),
    ("DECIMAL(6,2)", "1.23"),
    ("DECIMAL(6,2)", "-1.2300"),
    ("DATE", "2013-01-31"),
    ("DATE", "2013-01-31 00:00:00"),
    ("TIMESTAMP", "2013-01-01 10:00:00"),
    ("TIMESTAMP", "2013-01-01T10:00:00Z"),
    ("TIMESTAMPTZ", "2013-01-01T10:00:00+02:00"),
    ("BOOLEAN", "true"),
    ("TIME", "10:00:00"),
    ("VARCHAR", "anything"),
    ("BLOB", "\\xFF"),
]
MISFITS = [
    ("BIGINT", "3.7"),
    ("BIGINT", "1e-1"),
    ("BIGINT", ""),
    ("BIGINT", "five"),
    ("BIGINT", "9223372036854775808"),
    ("UTINYINT", "256"),
    ("DOUBLE", "1e999"),
    ("DOUBLE", "1,5"),
    ("DECIMAL(6,2)", "1.239"),
    ("DECIMAL(6,2)", "123456.7"),
    ("DATE", "2013-02-30"),
    ("DATE", "2013-01-31 10:00:00"),
    ("TIMESTAMP", "2013-01-01 10:00:00+02"),
    ("TIMESTAMP", "yesterday"),
    ("TIMESTAMPTZ", "2013-02-30"),
    ("BOOLEAN", "maybe"),
    ("TIME", "25:00:00"),
]


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    session = duckdb.connect()
    session.execute("SET TimeZone = 'UTC'")
    return session


def is_misfit(connection: duckdb.DuckDBPyConnection, duckdb_type: str, text: str | None) -> bool:
    condition = misfit_condition("v", duckdb_type) or "false"
    found = connection.execute(f"SELECT {condition} FROM (SELECT $1::VARCHAR AS v)", [text]).fetchone()
    return bool(found and found[0])


@pytest.mark.parametrize(("duckdb_type", "text"), FITS)
def test_a_text_that_says_a_value_of_the_type_fits(
    connection: duckdb.DuckDBPyConnection, duckdb_type: str, text: str
) -> None:
    assert not is_misfit(connection, duckdb_type, text)


@pytest.mark.parametrize(("duckdb_type", "text"), MISFITS)
def test_a_text_that_would_be_changed_or_cut_does_not_fit(
    connection: duckdb.DuckDBPyConnection, duckdb_type: str, text: str
) -> None:
    assert is_misfit(connection, duckdb_type, text)


@pytest.mark.parametrize("duckdb_type", sorted({kind for kind, _ in FITS}))
def test_null_always_fits(connection: duckdb.DuckDBPyConnection, duckdb_type: str) -> None:
    assert not is_misfit(connection, duckdb_type, None)
