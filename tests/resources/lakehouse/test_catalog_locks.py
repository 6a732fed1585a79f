"""What DuckDB has locked in a SQLite catalog stays locked, whoever else of the same process comes to look into it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from resources.lakehouse import LakehouseResource
from resources.lakehouse.catalog import METADATA, catalog_exists
from tests.resources.lakehouse.building import rows_of
from tests.resources.lakehouse.processes import finish, running


def _is_kept_out(catalog: Path) -> None:
    with (
        closing(sqlite3.connect(catalog, timeout=0, isolation_level=None)) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")


def _second_instance(lakehouse: LakehouseResource, changed: Callable[..., LakehouseResource]) -> None:
    assert rows_of(changed(threads=1), "SELECT count(*) FROM lake.snapshots()") == [(1,)]


def _look_of_a_command(lakehouse: LakehouseResource, changed: Callable[..., LakehouseResource]) -> None:
    del changed
    assert catalog_exists(lakehouse.configuration().catalog)


@pytest.mark.parametrize("look", [_second_instance, _look_of_a_command])
def test_a_writer_keeps_other_processes_out_after_its_own_has_looked_into_the_catalog(
    look: Callable[[LakehouseResource, Callable[..., LakehouseResource]], None],
    lakehouse: LakehouseResource,
    changed: Callable[..., LakehouseResource],
) -> None:
    catalog = Path(lakehouse.catalog_url.removeprefix("sqlite:///"))
    with lakehouse.connection() as writing:
        writing.execute("BEGIN TRANSACTION")
        writing.execute(f"UPDATE {METADATA}.ducklake_metadata SET value = value")
        look(lakehouse, changed)
        with running(_is_kept_out, catalog) as other:
            finish(other)
        writing.execute("ROLLBACK")
