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
from resources.lakehouse import TableName

SALE, CUSTOMER = TableName("shop", "sale"), TableName("shop", "customer")
SCHEMA = {
    SALE: {
        "id": "BIGINT",
        "customer": "INTEGER",
        "sold_at": "TIMESTAMP",
        "price": "DOUBLE",
        "pieces": "INTEGER",
        "cost": "DECIMAL(18,2)",
    },
    CUSTOMER: {"customer": "INTEGER", "name": "VARCHAR", "region": "VARCHAR"},
}
UNIQUE = {SALE: [("id",)], CUSTOMER: [("customer",)]}

USABLE = {
    "a column that is only passed on": ("SELECT sale.customer, sale.price FROM shop.sale AS sale", "customer"),
    "a grouping key, beside floating sums and a filter on one": (
        "SELECT customer, SUM(price) AS earned FROM shop.sale GROUP BY customer HAVING SUM(price) > 100",
        "customer",
    ),
    "a grouping key that is computed": (
        "SELECT DATE_TRUNC('month', sold_at) AS month, AVG(price) AS mean FROM shop.sale GROUP BY 1",
        "month",
    ),
    "a sum of whole numbers": (
        (
            "SELECT bought, COUNT(*) AS customers FROM "
            "(SELECT customer, SUM(pieces) AS bought FROM shop.sale GROUP BY 1) GROUP BY bought"
        ),
        "bought",
    ),
    "a sum of decimals": ("SELECT customer, SUM(cost) AS spent FROM shop.sale GROUP BY customer", "spent"),
    "a greatest value of floating numbers": ("SELECT customer, MAX(price) AS top FROM shop.sale GROUP BY 1", "top"),
    "a rank, in which ties are equal": (
        "SELECT id, RANK() OVER (PARTITION BY customer ORDER BY sold_at) AS place FROM shop.sale",
        "place",
    ),
    "a number of rows in a total order": (
        "SELECT id, ROW_NUMBER() OVER (PARTITION BY customer ORDER BY sold_at, id) AS place FROM shop.sale",
        "place",
    ),
    "the newest of each customer, any of ties": (
        "SELECT customer, id FROM shop.sale QUALIFY ROW_NUMBER() OVER (PARTITION BY customer ORDER BY sold_at) = 1",
        "customer",
    ),
    "the newest of each customer in a total order, by another key": (
        (
            "SELECT customer, id FROM (SELECT customer, id, "
            "ROW_NUMBER() OVER (PARTITION BY customer ORDER BY sold_at, id) AS place FROM shop.sale) WHERE place = 1"
        ),
        "id",
    ),
    "one row for each key": ("SELECT DISTINCT ON (customer) customer, price FROM shop.sale", "customer"),
    "a limit in a total order": (
        (
            "SELECT sale.id, sale.price FROM shop.sale AS sale LEFT JOIN shop.customer AS customer "
            "ON customer.customer = sale.customer ORDER BY sale.price, sale.id LIMIT 10"
        ),
        "id",
    ),
    "a limit of groups, by their key": (
        "SELECT customer, COUNT(*) AS n FROM shop.sale GROUP BY customer ORDER BY n DESC, customer LIMIT 10",
        "customer",
    ),
    "a limit by all columns": ("SELECT customer, pieces FROM shop.sale ORDER BY ALL LIMIT 10", "customer"),
    "a value of chance that is only shown": ("SELECT customer, RANDOM() AS luck FROM shop.sale", "customer"),
    "a filter by the clock, which stands still in a transaction": (
        "SELECT customer, id FROM shop.sale WHERE sold_at > NOW() - INTERVAL 1 DAY",
        "customer",
    ),
    "both branches of a union": (
        "SELECT customer, id FROM shop.sale UNION ALL SELECT customer, 0 AS id FROM shop.customer",
        "customer",
    ),
    "a list in the order of what it lists": (
        "SELECT customer, STRING_AGG(CAST(id AS TEXT), ',' ORDER BY CAST(id AS TEXT)) AS ids FROM shop.sale GROUP BY 1",
        "ids",
    ),
}

REFUSED = {
    "a sum of floating numbers": (
        "SELECT customer, SUM(price) AS earned FROM shop.sale GROUP BY customer",
        "earned",
        "earned is computed from SUM(sale.price), which depends on the order in which numbers with a floating point",
    ),
    "the same through a query and arithmetic": (
        (
            "WITH earnings AS (SELECT customer, AVG(price) AS mean FROM shop.sale GROUP BY customer) "
            "SELECT customer, ROUND(mean, 2) AS rounded FROM earnings"
        ),
        "rounded",
        "rounded is computed from AVG(sale.price)",
    ),
    "a deviation, even of whole numbers": (
        "SELECT customer, STDDEV(pieces) AS spread FROM shop.sale GROUP BY customer",
        "spread",
        "spread is computed from STDDEV(sale.pieces), which depends on the order in which rows come",
    ),
    "a running sum": (
        "SELECT id, SUM(price) OVER (ORDER BY id) AS so_far FROM shop.sale",
        "so_far",
        "so_far is computed from SUM(sale.price), which depends",
    ),
    "chance": (
        "SELECT customer, RANDOM() AS luck FROM shop.sale",
        "luck",
        "luck is computed from RANDOM(), which is an",
    ),
    "a key made up": ("SELECT UUID() AS token, customer FROM shop.sale", "token", "token is computed from UUID()"),
    "the clock": ("SELECT NOW() AS at, customer FROM shop.sale", "at", "at is computed from NOW()"),
    "the day": ("SELECT CURRENT_DATE AS day, customer FROM shop.sale", "day", "day is computed from CURRENT_DATE"),
    "the clock of the session": (
        "SELECT LOCALTIMESTAMP AS at, customer FROM shop.sale",
        "at",
        "at is computed from LOCALTIMESTAMP",
    ),
    "a sequence": ("SELECT NEXTVAL('ids') AS id, customer FROM shop.sale", "id", "id is computed from NEXTVAL('ids')"),
    "a macro that reads the clock": (
        "SELECT AGO(INTERVAL 1 DAY) AS at, customer FROM shop.sale",
        "at",
        "at is computed from AGO(",
    ),
    "any of several values": (
        "SELECT customer, ANY_VALUE(price) AS some FROM shop.sale GROUP BY customer",
        "some",
        "some is computed from ANY_VALUE(sale.price)",
    ),
    "an approximate quantile": (
        "SELECT customer, APPROX_QUANTILE(price, 0.5) AS middle FROM shop.sale GROUP BY customer",
        "middle",
        "APPROX_QUANTILE(sale.price, 0.5) AS DOUBLE), which depends on the order in which rows come",
    ),
    "a number of rows whose order has ties": (
        "SELECT id, ROW_NUMBER() OVER (PARTITION BY customer ORDER BY sold_at) AS place FROM shop.sale",
        "place",
        "place is computed from ROW_NUMBER() OVER",
    ),
    "a filter on such a number, by another key": (
        "SELECT customer, id FROM shop.sale QUALIFY ROW_NUMBER() OVER (PARTITION BY customer ORDER BY sold_at) = 1",
        "id",
        "which rows there are depends on ROW_NUMBER() OVER",
    ),
    "the same where only a part of the key is partitioned by": (
        "SELECT customer, id FROM shop.sale QUALIFY ROW_NUMBER() OVER (PARTITION BY customer ORDER BY sold_at) = 1",
        "customer, id",
        "which rows there are depends on ROW_NUMBER() OVER",
    ),
    "one row of several, by another key": (
        "SELECT DISTINCT ON (customer) customer, id FROM shop.sale ORDER BY sold_at",
        "id",
        "takes one row of several in an order that is not total",
    ),
    "a limit whose order has ties": (
        "SELECT id, customer FROM shop.sale ORDER BY price DESC LIMIT 10",
        "customer",
        "LIMIT 10 takes rows of an order that is not total",
    ),
    "a limit below": (
        (
            "SELECT sale.customer, COUNT(*) AS n FROM shop.sale AS sale "
            "JOIN (SELECT customer FROM shop.customer LIMIT 5) AS few ON few.customer = sale.customer GROUP BY ALL"
        ),
        "customer",
        "LIMIT 5 takes rows of an order that is not total",
    ),
    "a sample": ("SELECT customer, id FROM shop.sale USING SAMPLE 10%", "customer", "the query takes a sample"),
    "a sample of a table": (
        "SELECT s.customer FROM shop.sale AS s TABLESAMPLE 10%",
        "customer",
        "the query takes a sample",
    ),
    "a filter by chance": (
        "SELECT customer, id FROM shop.sale WHERE RANDOM() < 0.1",
        "customer",
        "which rows there are depends on RANDOM()",
    ),
    "a count of what floating sums decide": (
        (
            "SELECT region, COUNT(*) AS customers FROM (SELECT c.region, c.customer FROM shop.sale AS s "
            "JOIN shop.customer AS c ON c.customer = s.customer GROUP BY ALL HAVING SUM(s.price) > 100) GROUP BY region"
        ),
        "customers",
        "which rows there are depends on SUM(s.price)",
    ),
}


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
