from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from data_platform.automation.drop_folder_sensor import not_asked_for, still_asked_for, without_gaps
from resources.sources import Arrival, DropFile

JANUARY = date(2013, 1, 1)


def arrival(day: int, checksum: str) -> Arrival:
    file = DropFile(Path(f"flights_{day}.csv"), JANUARY.replace(day=day), 1, datetime(2013, 2, 1, tzinfo=UTC), checksum)
    return Arrival(file, "new")


def test_a_file_that_was_asked_for_is_not_asked_for_again_until_it_changes() -> None:
    asked = {"2013-01-01": "broken"}
    assert not_asked_for([arrival(1, "broken")], asked) == {}
    assert list(not_asked_for([arrival(1, "corrected")], asked)) == [JANUARY]


def test_days_are_asked_for_in_their_order() -> None:
    assert [day.day for day in not_asked_for([arrival(3, "a"), arrival(1, "b")], {})] == [1, 3]


def test_days_without_a_gap_make_one_run() -> None:
    days = [JANUARY, JANUARY + timedelta(days=1), JANUARY + timedelta(days=4)]
    assert [[day.day for day in part] for part in without_gaps(days)] == [[1, 2], [5]]


def test_a_whole_year_makes_one_run() -> None:
    assert len(list(without_gaps([JANUARY + timedelta(days=offset) for offset in range(365)]))) == 1


def test_a_day_that_is_loaded_as_it_lies_there_may_be_asked_for_again_whatever_comes() -> None:
    asked = still_asked_for([arrival(2, "broken")], {"2013-01-01": "loaded since", "2013-01-02": "broken"})
    assert asked == {"2013-01-02": "broken"}
