"""Which models may be built in parts by the hash of a key: SQL that is refused with its reason, and SQL that is not."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from data_platform.assets.catalog import MODELS, with_usable_key
from data_platform.assets.model_assets import model_asset, model_split
from data_platform.auditing import Contract, columns_of, unique_keys
from data_platform.contracts import contracts_in, core, marts, raw
from data_platform.engine.duckdb_engine import build_files, build_in_parts
from data_platform.engine.split import split_by_key
from data_platform.modeling import load_models
from data_platform.modeling.engine_functions import READS_CLOCK, SAMPLES, engine_functions
from data_platform.modeling.split_key_check import reason_against_key
from tests.data_platform.modeling.split_keys import REFUSED, SCHEMA, UNIQUE, USABLE


@pytest.fixture
def shop() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("CREATE SCHEMA shop")
        connection.execute(
            "CREATE TABLE shop.sale AS SELECT range AS id, (range * 7919 % 97)::INTEGER AS customer, "
            "TIMESTAMP '2013-01-01' + to_minutes(range * 31 % 500) AS sold_at, range * 31 % 1000 / 7 AS price, "
            "(range % 5)::INTEGER AS pieces, (range % 1000 / 100)::DECIMAL(18, 2) AS cost FROM range(20000)"
        )
        connection.execute(
            "CREATE TABLE shop.customer AS SELECT range::INTEGER AS customer, 'name ' || range AS name, "
            "'region ' || range % 7 AS region FROM range(97)"
        )
        yield connection


@pytest.mark.parametrize("case", USABLE)
def test_a_key_is_used_and_the_parts_are_the_whole(shop: duckdb.DuckDBPyConnection, tmp_path: Path, case: str) -> None:
    sql, key = USABLE[case]
    assert reason_against_key(sql, key.split(", "), SCHEMA, UNIQUE) is None
    parts = build_in_parts(shop, split_by_key(sql, key.split(", "), 5), str(tmp_path), "parts")
    whole = build_files(shop, sql, str(tmp_path), "whole")
    assert parts.rows == whole.rows
    keys = f"SELECT {key} FROM {{}} ORDER BY ALL"
    assert shop.execute(keys.format(parts.relation)).fetchall() == shop.execute(keys.format(whole.relation)).fetchall()


@pytest.mark.parametrize("case", REFUSED)
def test_a_key_is_refused_with_its_reason(case: str) -> None:
    sql, key, reason = REFUSED[case]
    told = reason_against_key(sql, key.split(", "), SCHEMA, UNIQUE)
    assert told is not None
    assert reason in told


def test_every_key_of_the_platforms_own_models_may_be_used() -> None:
    contracts = contracts_in(raw, core, marts)
    schema = {table: columns_of(contract) for table, contract in contracts.items()}
    unique = {table: unique_keys(contract) for table, contract in contracts.items()}
    models = [model for model in load_models(MODELS) if model.front_matter.split_key]
    assert len(models) >= 5
    assert {model.name: with_usable_key(model, schema, unique).no_split_key for model in models} == {
        model.name: "" for model in models
    }


def test_every_function_that_duckdb_calls_volatile_is_found_by_the_name_that_a_query_calls_it() -> None:
    with duckdb.connect() as connection:
        names = connection.execute(
            "SELECT DISTINCT function_name FROM duckdb_functions() "
            "WHERE stability <> 'CONSISTENT' AND function_type = 'scalar'"
        ).fetchall()
    missed = [
        name
        for (name,) in names
        if reason_against_key(f"SELECT {name}() AS k FROM shop.sale", ["k"], SCHEMA, UNIQUE) is None
    ]
    assert missed == []


def test_what_the_catalogue_of_functions_is_corrected_in_is_still_wrong_there() -> None:
    listed = ", ".join(f"'{name}'" for name in READS_CLOCK | SAMPLES)
    with duckdb.connect() as connection:
        told = connection.execute(
            f"SELECT DISTINCT function_name, stability FROM duckdb_functions() WHERE function_name IN ({listed})"
        ).fetchall()
    assert {name for name, stability in told if stability == "CONSISTENT"} == READS_CLOCK | SAMPLES
    assert engine_functions().volatile >= SAMPLES


class Earned(Contract):
    """What each customer brought."""

    customer: int
    earned: float

    class Config:
        name = "core.earned"
        strict = True


def test_a_model_whose_key_is_refused_is_built_as_a_whole_and_its_asset_says_why(tmp_path: Path) -> None:
    file = tmp_path / "core" / "earned.sql"
    file.parent.mkdir()
    head = "/*\ndescription: Earnings.\nowners: [team:sales]\nsplit_key: [earned]\n*/\n"
    file.write_text(head + "SELECT customer AS customer, SUM(price) AS earned FROM shop.sale GROUP BY customer\n")
    (model,) = load_models(tmp_path)
    model = with_usable_key(model, SCHEMA, UNIQUE)
    (spec,) = model_asset(model, Earned, {}, None, ()).specs
    assert "escalation/split_key" not in spec.metadata
    assert spec.metadata["escalation/no_split_key"].startswith("earned is computed from SUM(sale.price), which depends")
    assert model_split(model, None, 4) == (model.select(),)
    used = with_usable_key(
        replace(model, front_matter=model.front_matter.model_copy(update={"split_key": ("customer",)})), SCHEMA, UNIQUE
    )
    assert len(model_split(used, None, 4)) == 4
    assert isinstance(spec, dg.AssetSpec)
