"""In how many files a table lies is told as readers open them, deleted rows included."""

from resources.lakehouse import Append, LakehouseResource, TableName, table_files
from tests.resources.lakehouse.building import build_and_publish, rows_of

NUMBERS = TableName("raw", "numbers")


def test_each_publication_adds_a_file_and_a_deletion_adds_one_that_hides_rows(lakehouse: LakehouseResource) -> None:
    for start in range(0, 300, 100):
        build_and_publish(lakehouse, "raw.numbers", f"SELECT range AS i FROM range({start}, {start + 100})", Append())
    build_and_publish(lakehouse, "raw.others", "SELECT 1 AS i")
    rows_of(lakehouse, "DELETE FROM raw.numbers WHERE i = 150")
    with lakehouse.connection() as connection:
        found = table_files(connection, [NUMBERS, TableName("raw", "nothing")])
    assert set(found) == {NUMBERS}
    assert (found[NUMBERS].data_files, found[NUMBERS].delete_files) == (3, 1)
    assert found[NUMBERS].data_bytes > 300


def test_a_table_that_was_replaced_lies_in_its_new_files_alone(lakehouse: LakehouseResource) -> None:
    for _ in range(3):
        build_and_publish(lakehouse, "raw.numbers", "SELECT range AS i FROM range(200000)")
    with lakehouse.connection() as connection:
        assert table_files(connection, [NUMBERS])[NUMBERS].data_files == 1
