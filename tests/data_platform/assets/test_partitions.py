from datetime import date

import pytest

from data_platform.assets.partitions import daily_partitions, day_of, range_tags, span


def test_the_partitions_end_with_the_sources_day() -> None:
    keys = daily_partitions(date(2013, 12, 31)).get_partition_keys()
    assert (keys[0], keys[-1], len(keys)) == ("2013-01-01", "2013-12-31", 365)


def test_a_range_of_days_is_one_half_open_span() -> None:
    assert span([date(2013, 2, 28), date(2013, 3, 1)]) == (date(2013, 2, 28), date(2013, 3, 2))


def test_a_range_with_gaps_is_refused() -> None:
    with pytest.raises(ValueError, match="2013-01-01 to 2013-01-03 have gaps"):
        span([date(2013, 1, 1), date(2013, 1, 3)])


@pytest.mark.parametrize("key", ["2013-01-01'; DROP TABLE x; --", '"', "31.12.2013", ""])
def test_a_partition_key_that_is_no_day_is_refused_in_one_line(key: str) -> None:
    with pytest.raises(ValueError, match="is not a day") as refused:
        day_of(key)
    assert "\n" not in str(refused.value)


def test_range_tags_cover_both_ends() -> None:
    assert list(range_tags(date(2013, 1, 1), date(2013, 1, 2)).values()) == ["2013-01-01", "2013-01-02"]
