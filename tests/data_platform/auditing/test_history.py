"""Volume and distribution against the table's own past loads."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_platform.auditing import CheckOutcome, ColumnProfile, LoadProfile, history_outcomes


def load(rows: int = 1_000, *, partitions: int = 1, nulls: int = 10, mean: float | None = 50.0) -> LoadProfile:
    column = ColumnProfile("delay", rows, nulls, 100, "0", "99", mean, (1.0, 25.0, 50.0, 75.0, 99.0))
    return LoadProfile(rows, partitions, [column])


PAST = [load(rows, nulls=rows // 100, mean=mean) for rows, mean in ((980, 49.0), (1_000, 50.0), (1_030, 51.0)) * 3]


def judged(current: LoadProfile, past: list[LoadProfile]) -> tuple[CheckOutcome, CheckOutcome]:
    volume, distribution = history_outcomes(current, past)
    assert (volume.name, distribution.name) == ("volume", "distribution")
    return volume, distribution


@pytest.mark.parametrize("loads", range(5))
def test_with_few_past_loads_it_passes_and_says_how_many_more_it_needs(loads: int) -> None:
    for outcome in judged(load(rows=1), PAST[:loads]):
        assert outcome.passed
        assert f"{5 - loads} more" in outcome.message


def test_a_usual_load_passes() -> None:
    assert all(outcome.passed for outcome in judged(load(1_010, nulls=12, mean=50.5), PAST))


@pytest.mark.parametrize("rows", [0, 300, 2_000])
def test_an_unusual_number_of_rows_warns_and_never_blocks(rows: int) -> None:
    volume, _ = judged(load(rows, nulls=rows // 100), PAST)
    assert (volume.passed, volume.action, volume.blocks) == (False, "warn", False)
    assert "usual are 1,000" in volume.message


def test_rows_are_counted_for_each_partition() -> None:
    assert judged(load(365_000, partitions=365, nulls=3_650), PAST)[0].passed
    assert not judged(load(365_000, partitions=30, nulls=3_650), PAST)[0].passed


def test_a_moved_mean_or_share_of_nulls_is_told_by_column() -> None:
    _, distribution = judged(load(mean=90.0, nulls=400), PAST)
    assert not distribution.passed
    assert "delay: 40 % null, usual are 0.971 %" in distribution.message
    assert "delay: mean 90, usual is 50" in distribution.message


def test_one_odd_load_does_not_move_what_is_usual() -> None:
    odd = load(1_000_000, mean=1e9)
    assert judged(load(), [*PAST, odd])[0].passed
    assert not judged(load(5_000, nulls=50), [*PAST, odd])[0].passed


def test_a_figure_that_never_changed_may_change_a_little() -> None:
    same = [load()] * 9
    assert all(outcome.passed for outcome in judged(load(1_200, nulls=12, mean=55.0), same))
    assert not judged(load(1_300, nulls=13), same)[0].passed


def test_a_new_column_and_one_without_values_are_not_judged() -> None:
    current = load()
    renamed = replace(current, columns=[replace(current.columns[0], name="new", mean=1e9)])
    empty = replace(current, columns=[replace(current.columns[0], mean=None, nulls=10)])
    assert judged(renamed, PAST)[1].passed
    assert judged(empty, PAST)[1].passed


@given(
    rows=st.integers(0, 10**9),
    means=st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=5, max_size=9),
)
def test_no_history_makes_it_fail_to_judge(rows: int, means: list[float | None]) -> None:
    judged(load(rows, nulls=0), [load(rows % 7, nulls=0, mean=mean, partitions=0) for mean in means])
