import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from resources.lakehouse import LakehouseResource, read_only_attach_recipe
from resources.lakehouse.extensions import extension_path
from tests.resources.lakehouse.building import build_and_publish
from tests.servers.postgres import PASSWORD
from tests.servers.s3 import S3Bucket

NAMES = {"ducklake": "ducklake", "sqlite": "sqlite_scanner", "postgres": "postgres_scanner", "httpfs": "httpfs"}


def _offline(recipe: str) -> str:
    """The recipe with what it would fetch taken from the wheels, as it is pasted otherwise."""
    for short, name in NAMES.items():
        recipe = recipe.replace(f"INSTALL {short};", "").replace(f"LOAD {short};", f"LOAD '{extension_path(name)}';")
    return recipe


def test_the_sql_recipe_reads_the_lake_and_can_write_nothing(each_catalog: LakehouseResource) -> None:
    build_and_publish(each_catalog, "core.flight", "SELECT 1::BIGINT AS id")
    recipe = read_only_attach_recipe(each_catalog)["duckdb"]
    assert PASSWORD not in recipe
    with duckdb.connect() as analyst:
        analyst.execute(_offline(recipe).replace("PASSWORD '…'", f"PASSWORD '{PASSWORD}'"))
        assert analyst.execute("SELECT id FROM core.flight").fetchall() == [(1,)]
        with pytest.raises(duckdb.Error, match="read-only"):
            analyst.execute("DELETE FROM core.flight")


def test_the_python_recipe_runs_as_it_is(lakehouse: LakehouseResource, tmp_path: Path) -> None:
    build_and_publish(lakehouse, "core.flight", "SELECT 1::BIGINT AS id")
    script = tmp_path / "recipe.py"
    script.write_text(_offline(read_only_attach_recipe(lakehouse)["python"]))
    shown = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, timeout=60).stdout
    assert "flight" in shown


def test_recipes_for_s3_show_no_secret_and_work_with_it(s3: S3Bucket, postgres_url: str) -> None:
    lakehouse = LakehouseResource(
        catalog_url=postgres_url, data_path=f"{s3.url}data/", build_path=f"{s3.url}builds/", **s3.settings()
    )
    try:
        build_and_publish(lakehouse, "core.flight", "SELECT 1::BIGINT AS id")
        recipes = read_only_attach_recipe(lakehouse)
        assert set(recipes) == {"duckdb", "python", "jdbc"}
        for recipe in recipes.values():
            assert PASSWORD not in recipe
            assert s3.secret_access_key not in recipe
            assert s3.access_key_id not in recipe
        filled = (
            _offline(recipes["jdbc"])
            .replace("PASSWORD '…'", f"PASSWORD '{PASSWORD}'")
            .replace("KEY_ID '…', SECRET '…'", f"KEY_ID '{s3.access_key_id}', SECRET '{s3.secret_access_key}'")
        )
        with duckdb.connect() as tool:
            tool.execute(filled)
            assert tool.execute("SELECT id FROM core.flight").fetchall() == [(1,)]
    finally:
        lakehouse.close()
