"""Settings of the engine hold for a block, and are back as they were whatever happens in it."""

import duckdb
import pytest

from resources.lakehouse import LakehouseResource, engine_settings


def setting(lakehouse: LakehouseResource, name: str) -> str:
    with lakehouse.connection() as connection:
        ((value,),) = connection.execute(f"SELECT current_setting('{name}')::VARCHAR").fetchall()
    return str(value)


def test_the_engine_is_lowered_for_a_block_and_then_as_it_was(lakehouse: LakehouseResource) -> None:
    limited = lakehouse.model_copy(update={"threads": 2, "memory_limit": "512MiB"})
    with engine_settings(limited, threads=1, memory_limit_bytes=100 * 2**20, preserve_order=False):
        assert setting(limited, "threads") == "1"
        assert setting(limited, "memory_limit") == "100.0 MiB"
        assert setting(limited, "preserve_insertion_order") == "false"
    assert setting(limited, "threads") == "2"
    assert setting(limited, "memory_limit") == "512.0 MiB"
    assert setting(limited, "preserve_insertion_order") == "true"
    limited.close()


def test_a_limit_is_never_raised(lakehouse: LakehouseResource) -> None:
    limited = lakehouse.model_copy(update={"threads": 1, "memory_limit": "512MiB"})
    with engine_settings(limited, threads=8, memory_limit_bytes=2**40):
        assert setting(limited, "threads") == "1"
        assert setting(limited, "memory_limit") == "512.0 MiB"
    limited.close()


def test_the_engine_is_as_it_was_after_an_error(lakehouse: LakehouseResource) -> None:
    before = setting(lakehouse, "memory_limit")
    with pytest.raises(RuntimeError), engine_settings(lakehouse, memory_limit_bytes=100 * 2**20):
        raise RuntimeError
    assert setting(lakehouse, "memory_limit") == before


def test_spilling_is_switched_on_for_a_block(lakehouse: LakehouseResource) -> None:
    with lakehouse.connection() as connection:
        connection.execute("SET GLOBAL temp_directory = ''")
    with engine_settings(lakehouse, spill=True):
        assert "spill-" in setting(lakehouse, "temp_directory")
    assert not setting(lakehouse, "temp_directory")


def test_an_installed_extension_is_loaded_for_the_step(lakehouse: LakehouseResource) -> None:
    with lakehouse.connection() as connection, pytest.raises(duckdb.Error, match="dbgen"):
        connection.execute("CALL dbgen(sf = 0)")
    with engine_settings(lakehouse, extensions=("tpch",)), lakehouse.connection() as connection:
        connection.execute("CREATE SCHEMA memory.scratch")
        connection.execute("CALL dbgen(sf = 0, catalog = 'memory', schema = 'scratch')")
