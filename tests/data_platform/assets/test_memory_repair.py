"""A model whose build exceeds the engine's memory is built in parts by level 1, in the same run."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import dagster as dg
import pytest

from data_platform.assets.model_assets import model_asset
from data_platform.auditing import Contract
from data_platform.modeling import ModelError, load_models
from escalation_sensors import escalate
from escalation_sensors.level1 import process_ledger
from escalation_sensors.level1.receipt_book import receipts_of
from escalation_sensors.store import Store
from resources.lakehouse import LakehouseResource, ReplaceTable, TableBuild, TableName, new_build_folder, publish

MODEL = """/*
description: What each customer bought, in order.
owners: [team:sales]
split_key: [customer]
*/
SELECT
  sale.customer AS customer, COUNT(*) AS sales, STRING_AGG(CAST(sale.item AS TEXT), ',' ORDER BY sale.item) AS items
FROM raw.sale AS sale
GROUP BY sale.customer
"""
CUSTOMERS = 400_000
SALES = TableName("raw", "sale")


class Bought(Contract):
    """What each customer bought."""

    customer: int
    sales: int
    items: str

    class Config:
        name = "core.bought"
        strict = True
        unique: ClassVar = ["customer"]


@pytest.fixture
def small_lakehouse(lakehouse: LakehouseResource) -> Iterator[LakehouseResource]:
    """A lakehouse whose engine has 80 MB and may not spill, with a table of sales in it."""
    folder = new_build_folder(lakehouse, SALES, "seed")
    select = f"SELECT range * 7919 % {CUSTOMERS} AS customer, range AS item FROM range({2 * CUSTOMERS})"
    with lakehouse.connection() as connection:
        connection.execute(f"COPY ({select}) TO '{folder}/sale.parquet'")
    columns = {"customer": "BIGINT", "item": "BIGINT"}
    build = TableBuild(SALES, columns, (f"{folder}/sale.parquet",), 2 * CUSTOMERS, ReplaceTable())
    publish(lakehouse, [build], run_id="seed", message="seed")
    # Made anew: Dagster goes by what a resource was made with, not by a changed copy.
    small = LakehouseResource(
        catalog_url=lakehouse.catalog_url,
        data_path=lakehouse.data_path,
        build_path=lakehouse.build_path,
        memory_limit="80MB",
        threads=1,
    )
    with small.connection() as connection:
        connection.execute("SET GLOBAL temp_directory = ''")
    yield small
    small.close()


def test_what_exceeds_the_memory_is_built_in_parts(
    small_lakehouse: LakehouseResource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESCALATION_STORE_URL", f"sqlite:///{tmp_path / 'escalation.db'}")
    monkeypatch.delenv("ESCALATION_DISABLED", raising=False)
    process_ledger.forget_ledger()
    file = tmp_path / "models" / "core" / "bought.sql"
    file.parent.mkdir(parents=True)
    file.write_text(MODEL)
    (model,) = load_models(tmp_path / "models")
    asset = model_asset(model, Bought, {}, None, ())
    defs = escalate(dg.Definitions(assets=[asset], resources={"lakehouse": small_lakehouse}))
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        result = defs.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance, raise_on_error=False
        )
    assert result.success
    with small_lakehouse.connection() as connection:
        ((rows, sales),) = connection.execute("SELECT count(*), sum(sales) FROM core.bought").fetchall()
    assert (rows, sales) == (CUSTOMERS, 2 * CUSTOMERS)
    store = Store(os.environ["ESCALATION_STORE_URL"])
    (receipt,) = receipts_of(store)
    assert receipt.body["evidence"]["category"] == "out_of_memory"
    assert receipt.body["tuning"]["batches"] > 1
    store.close()
    process_ledger.forget_ledger()


def test_the_split_key_is_shown_and_must_be_a_column(tmp_path: Path) -> None:
    file = tmp_path / "core" / "bought.sql"
    file.parent.mkdir()
    file.write_text(MODEL)
    (model,) = load_models(tmp_path)
    (spec,) = model_asset(model, Bought, {}, None, ()).specs
    assert spec.metadata["escalation/split_key"] == "customer"
    file.write_text(MODEL.replace("[customer]", "[Not a name]"))
    with pytest.raises(ModelError, match="split_key"):
        load_models(tmp_path)
