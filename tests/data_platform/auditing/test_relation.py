"""What is known of a relation from its SQL alone."""

import pytest

from data_platform.auditing.relation import parquet_files, reads_only_files


@pytest.mark.parametrize(
    ("relation", "files"),
    [
        ("read_parquet('a.parquet')", ("a.parquet",)),
        ("read_parquet(['a.parquet', 'it''s.parquet'])", ("a.parquet", "it's.parquet")),
        ("read_parquet(['a.parquet', 'b.parquet'], union_by_name = true)", ("a.parquet", "b.parquet")),
        ("(SELECT * FROM read_parquet('a.parquet') WHERE v > 0)", ()),
        ("read_csv('a.csv')", ()),
        ("lake.core.flight", ()),
    ],
)
def test_the_files_of_a_relation_that_is_nothing_but_parquet_files(relation: str, files: tuple[str, ...]) -> None:
    assert parquet_files(relation) == files


@pytest.mark.parametrize(
    ("relation", "only_files"),
    [
        ("read_parquet(['a.parquet', 'b.parquet'], union_by_name = true)", True),
        ("(SELECT * FROM read_parquet('a.parquet'))", True),
        ("(SELECT * FROM read_parquet('a.parquet') JOIN planes USING (tail_number))", False),
        ("core.flight", False),
    ],
)
def test_a_relation_that_names_a_table_does_not_read_files_only(relation: str, *, only_files: bool) -> None:
    assert reads_only_files(relation) == only_files
