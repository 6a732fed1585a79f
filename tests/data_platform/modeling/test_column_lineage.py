from pathlib import Path

import pytest

from data_platform.modeling import ModelError, column_lineage, load_models
from resources.lakehouse.names import TableName

SCHEMA = {
    TableName("raw", "a"): {"x": "BIGINT", "y": "VARCHAR"},
    TableName("raw", "b"): {"x": "BIGINT", "z": "DOUBLE"},
}


def lineage_of(folder: Path, sql: str) -> dict[str, list[str]]:
    path = folder / "core" / "t.sql"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"/*\ndescription: A table.\nowners: [team:data]\n*/\n{sql}")
    (model,) = load_models(folder)
    found = column_lineage(model, SCHEMA)
    return {column: [f"{source.table}.{source.column}" for source in sources] for column, sources in found.items()}


def test_each_column_names_the_columns_its_values_come_from(tmp_path: Path) -> None:
    sql = (
        "SELECT a.y AS name, sum(b.z) * max(a.x) AS total, 1 AS one "
        "FROM raw.a AS a JOIN raw.b AS b ON a.x = b.x GROUP BY a.y"
    )
    assert lineage_of(tmp_path, sql) == {"name": ["raw.a.y"], "total": ["raw.a.x", "raw.b.z"], "one": []}


def test_lineage_goes_through_common_tables_subqueries_and_unions(tmp_path: Path) -> None:
    sql = """
    WITH both_tables AS (SELECT x, y AS label FROM raw.a UNION ALL SELECT x, CAST(z AS VARCHAR) FROM raw.b)
    SELECT label, n FROM (SELECT label, count(x) AS n FROM both_tables GROUP BY label) AS counted
    """
    assert lineage_of(tmp_path, sql) == {"label": ["raw.a.y", "raw.b.z"], "n": ["raw.a.x", "raw.b.x"]}


def test_columns_without_a_table_before_them_are_found_by_the_contracts(tmp_path: Path) -> None:
    assert lineage_of(tmp_path, "SELECT y, z FROM raw.a JOIN raw.b USING (x)") == {"y": ["raw.a.y"], "z": ["raw.b.z"]}


def test_a_column_that_no_table_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"core/t\.sql:\d+: .*missing"):
        lineage_of(tmp_path, "SELECT missing FROM raw.a")


def test_a_table_that_nobody_declares_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"core/t\.sql:\d+: it reads raw\.c, which is neither a model nor a source"):
        lineage_of(tmp_path, "SELECT x FROM raw.c")
