"""Undo takes back what a repair wrote and no more, on a real lakehouse: as a property, and in the cases that matter."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_platform.recovery.lakehouse_layouts import RUN_ID as LAYOUT
from data_platform.recovery.lakehouse_layouts import LakehouseLayouts
from data_platform.recovery.lakehouse_versions import LakehouseVersions
from data_platform.recovery.subjects import Subjects
from data_platform.settings import Settings
from escalation_sensors.level1.pipeline import ChangedSince, Profile, Written
from resources.lakehouse import (
    LakehouseResource,
    ReplaceRange,
    Scope,
    SnapshotNotFound,
    current_snapshot,
    publish,
    run_maintenance,
)
from tests.resources.lakehouse.building import REPLACE_TABLE, build, build_and_publish, rows_of

FLIGHT, PLANE = "asset:core/flight", "asset:core/plane"
MART = "asset:marts/punctuality_by_airline_month"
TABLES = ("core.flight", "quarantine.core_flight")
FIRST = date(2013, 1, 1)
DAYS = 8
REPAIR, MORE_OF_REPAIR = "run-repair", "run-repair-too"


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def key(first: int, days: int) -> str:
    return f"{day(first)}" if days == 1 else f"{day(first)}...{day(first + days - 1)}"


def rows_sql(first: int, days: int, told: str) -> str:
    """Three rows for each of some days."""
    return (
        f"SELECT DATE '{day(first)}' + (range % {days})::INTEGER AS flight_date, range AS n, '{told}' AS told, "
        f"range / 7 AS share FROM range({3 * days})"
    )


@dataclass
class Lake:
    """The platform's core.flight, which has daily partitions, and core.plane, which has none; with few columns."""

    versions: LakehouseVersions

    @property
    def resource(self) -> LakehouseResource:
        return self.versions.lakehouse

    @property
    def version(self) -> str:
        with self.resource.connection() as connection:
            return str(current_snapshot(connection))

    def begin_anew(self) -> None:
        self._both({table: rows_sql(0, DAYS, "first") for table in TABLES}, "run-first")

    def _both(self, selects: Mapping[str, str], run: str, scope: Scope = REPLACE_TABLE) -> None:
        builds = [build(self.resource, table, select, scope) for table, select in selects.items()]
        publish(self.resource, builds, run_id=run, message="a table and its quarantine")

    def publish(self, first: int, days: int, told: str, run: str, *, gate: str = "") -> None:
        """What a run publishes of some days, its quarantine with it; `gate` is an expression for one more column."""
        rows = {table: rows_sql(first, days, f"{told} in {table}") for table in TABLES}
        selects = {table: f"SELECT *, {gate} AS gate FROM ({select})" for table, select in rows.items()}
        scope = ReplaceRange("flight_date", day(first), day(first + days))
        self._both(selects if gate else rows, run, scope)

    def sort(self) -> None:
        self._both({table: f"SELECT * FROM {table} ORDER BY told, n" for table in TABLES}, LAYOUT)

    def plane(self, told: str, run: str) -> str:
        build_and_publish(self.resource, "core.plane", f"SELECT 1 AS n, '{told}' AS told", run_id=run)
        return self.version

    def found(self, days: Sequence[int], columns: str, *, apart: bool = False) -> list[bytes]:
        """The bytes of what a query of some days of the table and its quarantine yields, or of all other days."""
        listed = ", ".join(f"DATE '{day(each)}'" for each in days)
        where = f"flight_date {'NOT ' if apart else ''}IN ({listed})"
        selects = [f"SELECT {columns} FROM {table} WHERE {where} ORDER BY ALL" for table in TABLES]
        return [repr(rows_of(self.resource, select)).encode() for select in selects]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    home = tmp_path_factory.mktemp("undo")
    lake = Lake(LakehouseVersions(Subjects(Settings(home=home, today=day(DAYS - 1)))))
    yield lake
    lake.resource.close()


@pytest.fixture
def lake(shared: Lake) -> Lake:
    shared.begin_anew()
    shared.plane("first", "run-first")
    return shared


SPANS = st.tuples(st.integers(0, DAYS - 1), st.integers(1, 3)).map(lambda span: (span[0], min(span[1], DAYS - span[0])))
PUBLISHED = st.one_of(SPANS, st.sampled_from(["sorted", "the repair's days again"]))


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    repaired=st.lists(SPANS, min_size=1, max_size=2),
    between=st.lists(SPANS, max_size=1),
    later=st.lists(PUBLISHED, max_size=3),
    gate=st.sampled_from(["", "", "'A1'"]),
    later_gate=st.sampled_from(["NULL::VARCHAR", "'B2'"]),
)
def test_days_that_a_repair_wrote_are_as_before_it_and_all_others_as_just_before_the_undo(  # noqa: PLR0917 - drawn
    shared: Lake,
    repaired: list[tuple[int, int]],
    between: list[tuple[int, int]],
    later: list[tuple[int, int] | str],
    gate: str,
    later_gate: str,
) -> None:
    lake, columns = shared, "flight_date, n, told, share"
    lake.begin_anew()
    of_repair = sorted({number for first, days in repaired for number in range(first, first + days)})
    version, before = lake.version, lake.found(of_repair, columns)
    for (first, days), run in zip(repaired, (REPAIR, MORE_OF_REPAIR), strict=False):
        lake.publish(first, days, "repaired", run, gate=gate)
        if run == REPAIR:
            for each in between:
                lake.publish(*each, "between", "run-between", gate=gate and later_gate)
    written = Written(version, lake.version, (REPAIR, MORE_OF_REPAIR), tuple(key(*span) for span in repaired))
    as_repaired = lake.found(of_repair, "*")
    for number, each in enumerate(later):
        if each == "sorted":
            lake.sort()
        elif isinstance(each, str):
            first, days = repaired[-1]
            lake.publish(first, days, "repaired", "run-again", gate=gate)
        else:
            lake.publish(*each, f"later {number}", f"run-later-{number}", gate=gate and later_gate)
    others, of_others = lake.found(of_repair, "*", apart=True), lake.found(of_repair, columns, apart=True)
    loses = lake.found(of_repair, "*") != as_repaired or any(
        number in of_repair for first, days in between for number in range(first, first + days)
    )
    if loses:
        now = lake.version
        with pytest.raises(ChangedSince, match=r"was published by others since: run run-(between|later|again)"):
            lake.versions.bring_back(FLIGHT, written)
        assert lake.version == now
    told = lake.versions.bring_back(FLIGHT, written, with_later_changes=loses)
    assert ("taken back is what was published of it since" in told) is loses
    assert lake.found(of_repair, columns) == before
    assert lake.found(of_repair, columns, apart=True) == of_others
    if not gate or b"B2" in others[0]:
        assert lake.found(of_repair, "*", apart=True) == others


def test_days_that_others_published_later_stay_and_the_repairs_days_go_back(lake: Lake) -> None:
    version = lake.version
    lake.publish(2, 1, "repaired", REPAIR)
    written = Written(version, lake.version, (REPAIR,), (key(2, 1),))
    lake.publish(3, 2, "later", "run-later")
    before = int(lake.version)
    told = lake.versions.bring_back(FLIGHT, written)
    assert told == (
        f"core.flight 2013-01-03 brought back to snapshot {version}: 3 rows, published as snapshot {lake.version}"
    )
    assert int(lake.version) == before + 1
    of_day = "SELECT day(flight_date), split_part(any_value(told), ' ', 1) FROM core.flight GROUP BY 1 ORDER BY 1"
    assert rows_of(lake.resource, of_day)[1:5] == [(2, "first"), (3, "first"), (4, "later"), (5, "later")]


def test_a_day_that_somebody_published_again_is_not_taken_from_them_unasked(lake: Lake) -> None:
    version = lake.version
    lake.publish(2, 2, "repaired", REPAIR)
    written = Written(version, lake.version, (REPAIR,), (key(2, 2),))
    lake.publish(3, 1, "later", "run-later")
    with pytest.raises(ChangedSince) as refused:
        lake.versions.bring_back(FLIGHT, written)
    assert str(refused.value) == (
        f"core.flight 2013-01-03 to 2013-01-04 was published by others since: run run-later in snapshot {lake.version}"
    )


def test_a_table_without_partitions_that_others_changed_is_taken_back_only_if_asked(lake: Lake) -> None:
    version = lake.version
    written = Written(version, lake.plane("repaired", REPAIR), (REPAIR,), (key(1, 1),))
    monday, tuesday = lake.plane("monday", "run-monday"), lake.plane("tuesday", "run-tuesday")
    named = f"run run-monday in snapshot {monday}, run run-tuesday in snapshot {tuesday}"
    with pytest.raises(ChangedSince) as refused:
        lake.versions.bring_back(PLANE, written)
    assert str(refused.value) == f"core.plane was published by others since: {named}"
    assert rows_of(lake.resource, "SELECT told FROM core.plane") == [("tuesday",)]
    told = lake.versions.bring_back(PLANE, written, with_later_changes=True)
    assert told.endswith(f"; taken back is what was published of it since: {named}")
    assert rows_of(lake.resource, "SELECT told FROM core.plane") == [("first",)]


def test_repairs_are_undone_the_last_one_first_and_none_stands_in_the_way(lake: Lake) -> None:
    version = lake.version
    first = Written(version, lake.plane("one", "run-1"), ("run-1",))
    second = Written(first.after, lake.plane("two", "run-2"), ("run-2",))
    lake.versions.bring_back(PLANE, second)
    assert rows_of(lake.resource, "SELECT told FROM core.plane") == [("one",)]
    lake.versions.bring_back(PLANE, first)
    assert rows_of(lake.resource, "SELECT told FROM core.plane") == [("first",)]


def test_what_a_stranger_changed_and_what_expired_since_is_seen_and_merging_files_is_no_change(lake: Lake) -> None:
    version = lake.version
    written = Written(version, lake.plane("repaired", REPAIR), (REPAIR,))
    kept = frozenset({int(version), int(written.after)})
    lake.plane("monday", "run-monday")
    lake.plane("repaired", "run-again")
    tomorrow = datetime.now(UTC) + timedelta(days=2)
    run_maintenance(lake.resource, keep=timedelta(hours=1), now=tomorrow, keep_snapshots=kept)
    told = lake.versions.bring_back(PLANE, written)
    assert "taken back is" not in told

    written = Written(lake.version, lake.plane("repaired", REPAIR), (REPAIR,))
    kept = frozenset({int(written.before), int(written.after)})
    lake.plane("monday", "run-monday")
    lake.plane("tuesday", "run-tuesday")
    build_and_publish(lake.resource, "core.flight", rows_sql(0, DAYS, "other"), run_id="run-flight")
    run_maintenance(lake.resource, keep=timedelta(hours=1), now=tomorrow, keep_snapshots=kept)
    with pytest.raises(ChangedSince, match=r"core\.plane was published by others since: somebody whose version has ex"):
        lake.versions.bring_back(PLANE, written)
    rows_of(lake.resource, "INSERT INTO core.plane VALUES (2, 'stranger')")
    with pytest.raises(ChangedSince, match=rf"others since: somebody in snapshot {lake.version}"):
        lake.versions.bring_back(PLANE, written)


def test_undo_of_a_layout_keeps_the_days_that_others_published_since(lake: Lake) -> None:
    layouts = LakehouseLayouts(lake.versions.subjects)
    lay = rows_of(lake.resource, "SELECT n FROM core.flight WHERE flight_date <> DATE '2013-01-04'")
    improved = layouts.improve(MART, Profile("any", keys={"core.flight": ("n",)}))
    assert rows_of(lake.resource, "SELECT n FROM core.flight") != lay
    lake.publish(3, 1, "later", "run-later", gate="'A1'")
    before = rows_of(lake.resource, "SELECT * FROM core.flight ORDER BY ALL")
    told = layouts.bring_back(MART, Written(improved.before, improved.after))
    assert told.startswith("core.flight lies in 2 files as it did")
    assert rows_of(lake.resource, "SELECT * FROM core.flight ORDER BY ALL") == before
    assert rows_of(lake.resource, "SELECT n FROM core.flight WHERE flight_date <> DATE '2013-01-04'") == lay
    with pytest.raises(ValueError, match=r"holds no layout of what asset:marts/\w+ reads"):
        layouts.bring_back(MART, Written(improved.before, improved.before))


def test_what_has_expired_itself_cannot_be_brought_back(lake: Lake) -> None:
    version = lake.version
    written = Written(version, lake.plane("repaired", REPAIR), (REPAIR,))
    tomorrow = datetime.now(UTC) + timedelta(days=2)
    run_maintenance(lake.resource, keep=timedelta(hours=1), now=tomorrow)
    with pytest.raises(SnapshotNotFound, match=rf"core\.plane cannot be restored to snapshot {version}"):
        lake.versions.bring_back(PLANE, written)


def test_days_of_a_table_that_was_not_there_before_are_emptied_and_later_days_stay(lake: Lake) -> None:
    lake.publish(0, 2, "repaired", REPAIR)
    written = Written("", lake.version, (REPAIR, "run-first"), (key(0, 2),))
    lake.publish(3, 1, "later", "run-later")
    told = lake.versions.bring_back(FLIGHT, written)
    assert "core.flight 2013-01-01 to 2013-01-02 emptied, as it was not there before: 0 rows" in told
    assert rows_of(lake.resource, "SELECT min(flight_date), count(DISTINCT flight_date) FROM core.flight") == [
        (day(2), DAYS - 2)
    ]


def test_a_column_that_the_repair_took_in_goes_with_it_unless_later_days_have_values_in_it(lake: Lake) -> None:
    version = lake.version
    lake.publish(2, 1, "repaired", REPAIR, gate="'A1'")
    written = Written(version, lake.version, (REPAIR,), (key(2, 1),))
    lake.versions.bring_back(FLIGHT, written)
    columns = "SELECT list(column_name) FROM (DESCRIBE core.flight)"
    assert rows_of(lake.resource, columns) == [(["flight_date", "n", "told", "share"],)]

    written = Written(lake.version, "", (REPAIR,), (key(2, 1),))
    lake.publish(2, 1, "repaired", REPAIR, gate="'A1'")
    lake.publish(5, 1, "later", "run-later", gate="'B2'")
    lake.versions.bring_back(FLIGHT, written)
    assert rows_of(lake.resource, "SELECT DISTINCT day(flight_date), gate FROM core.flight WHERE gate <> ''") == [
        (6, "B2")
    ]
