"""What the platform hands to the ladder, on a real lakehouse: probes, versions, profiles and layouts."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data_platform.recovery.former_layout import LayoutReplaced
from data_platform.recovery.lakehouse_layouts import SCATTERED_PIECES, LakehouseLayouts
from data_platform.recovery.lakehouse_versions import LakehouseVersions, UnknownSubject
from data_platform.recovery.pipeline import platform_pipeline
from data_platform.recovery.query_profile import PlannedQuery, planned_query, profile_query
from data_platform.recovery.source_probe import SourceProbe
from data_platform.recovery.subjects import Subjects
from data_platform.recovery.table_contents import contents
from data_platform.recovery.work_sizes import WorkSizes
from escalation_sensors.diagnosis.exceptions import links_of
from escalation_sensors.level1.pipeline import Profile, Written
from resources.lakehouse import (
    LakehouseResource,
    ReplaceTable,
    SnapshotNotFound,
    TableBuild,
    TableName,
    new_build_folder,
    publish,
    read_columns,
    restore_table,
)
from tests.scratch_platform import ScratchPlatform, errors_of, scratch_platform

DAYS = date(2013, 1, 2)
FLIGHTS = "asset:raw/flights"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScratchPlatform]:
    """Everything of two days; each test leaves the contents as they were."""
    with scratch_platform(tmp_path_factory.mktemp("recovery"), DAYS) as platform:
        result = platform.materialize()
        assert result.success, errors_of(result)
        yield platform


def rows(platform: ScratchPlatform, table: str) -> list[tuple[Any, ...]]:
    return platform.query(f"SELECT * FROM {table} ORDER BY ALL")


def versions_of(platform: ScratchPlatform) -> LakehouseVersions:
    return LakehouseVersions(Subjects(platform.settings))


def layouts_of(platform: ScratchPlatform) -> LakehouseLayouts:
    return LakehouseLayouts(Subjects(platform.settings))


def test_every_kind_of_source_is_probed(loaded: ScratchPlatform) -> None:
    probe = SourceProbe(Subjects(loaded.settings))
    for subject in (FLIGHTS, "asset:raw/weather", "asset:raw/planes"):
        assert probe.answers(subject, 2) is True
    assert probe.answers("asset:core/flight", 2) is None
    assert probe.answers("op:some.job", 2) is None


def test_a_source_that_is_away_does_not_answer(tmp_path: Path, loaded: ScratchPlatform) -> None:
    away = loaded.settings.model_copy(
        update={
            "weather_api_url": "http://127.0.0.1:9",
            "drop_folder": tmp_path / "nowhere",
            "operational_database_url": f"sqlite:///{tmp_path / 'nowhere.db'}",
        }
    )
    probe = SourceProbe(Subjects(away))
    for subject in (FLIGHTS, "asset:raw/weather", "asset:raw/planes"):
        assert probe.answers(subject, 1) is False


def test_a_version_is_brought_back_byte_by_byte_and_the_loads_say_so(loaded: ScratchPlatform) -> None:
    versions = versions_of(loaded)
    before, version = rows(loaded, "raw.flights"), versions.version(FLIGHTS)
    assert version is not None
    file = loaded.settings.drop_folder / "flights_2013-01-02.csv"
    text = file.read_text()
    file.write_text("\n".join(text.splitlines()[:-5]) + "\n")
    repair = loaded.run("materialize_everything", assets=["raw/flights"], days=(DAYS, DAYS))
    assert repair.success
    assert versions.rows(FLIGHTS) == len(before) - 5
    written = Written(version, versions.version(FLIGHTS) or "", (repair.run_id,), (DAYS.isoformat(),))
    told = versions.bring_back(FLIGHTS, written)
    assert told.startswith(f"raw.flights 2013-01-02 brought back to snapshot {version}: ")
    assert rows(loaded, "raw.flights") == before
    latest = loaded.query(
        "SELECT partition, arg_max(rows, loaded_at) FROM raw.loads WHERE source = 'flights' GROUP BY 1 ORDER BY 1"
    )
    assert latest == loaded.query("SELECT flight_date, count(*) FROM raw.flights GROUP BY 1 ORDER BY 1")
    file.write_text(text)


def test_what_was_not_there_before_is_emptied(loaded: ScratchPlatform) -> None:
    versions = versions_of(loaded)
    version = versions.version("asset:raw/planes")
    versions.bring_back("asset:raw/planes", Written(""), with_later_changes=True)
    assert versions.rows("asset:raw/planes") == 0
    versions.bring_back("asset:raw/planes", Written(str(version)), with_later_changes=True)
    assert versions.rows("asset:raw/planes") == 3322


def test_a_table_of_somebody_elses_and_a_version_that_never_was_are_refused(loaded: ScratchPlatform) -> None:
    versions = versions_of(loaded)
    assert versions.version("asset:raw/loads") is None
    with pytest.raises(UnknownSubject):
        versions.bring_back("asset:raw/loads", Written("1"))
    with pytest.raises(SnapshotNotFound):
        versions.bring_back(FLIGHTS, Written("999999"))
    with pytest.raises(SnapshotNotFound):
        versions.bring_back(FLIGHTS, Written("1; DROP TABLE"))


def test_a_profile_names_the_operator_and_the_keys(loaded: ScratchPlatform) -> None:
    profile = layouts_of(loaded).profile("asset:core/flight")
    assert profile is not None
    assert "%" in profile.dominating_operator
    assert not profile.has_cross_product
    assert profile.keys["raw.flights"] == ("flight_date", "origin", "dest")
    assert profile.keys["core.airport"] == ("airport_code",)
    assert layouts_of(loaded).profile(FLIGHTS) is None


def test_the_size_of_a_model_is_told_from_its_plan_without_running_it(loaded: ScratchPlatform) -> None:
    sizes = WorkSizes(Subjects(loaded.settings))
    whole = sizes.size("asset:core/flight", "")
    assert whole is not None
    assert whole.rows > 1_000
    assert whole.size_bytes > 10_000
    assert not whole.has_cross_product
    day = sizes.size("asset:core/flight", "2013-01-02")
    assert day == sizes.size("asset:core/flight", "2013-01-02...2013-01-02")
    assert day is not None
    assert day.rows <= whole.rows
    assert sizes.size(FLIGHTS, "") is None
    assert sizes.size("op:some.job", "") is None


def test_a_plan_names_the_operator_over_most_rows(lakehouse: LakehouseResource) -> None:
    crossed = "SELECT a.range + b.range FROM range(3000) a, range(4000) b"
    with lakehouse.connection() as connection:
        planned = planned_query(connection, crossed)
        alone = planned_query(connection, "SELECT sum(range) FROM range(3000)")
    assert planned == PlannedQuery(7_000, "CROSS_PRODUCT", has_cross_product=True)
    assert alone == PlannedQuery(3_000, "UNGROUPED_AGGREGATE", has_cross_product=False)


def test_a_cross_product_is_seen_and_a_long_query_is_not_waited_for(lakehouse: LakehouseResource) -> None:
    endless = "SELECT count(*) FROM range(4000000) a, range(4000000) b WHERE a.range * b.range % 7 = 1"
    with lakehouse.connection() as connection:
        profile = profile_query(connection, endless, 0.5)
    assert profile.has_cross_product
    assert "more than" in profile.dominating_operator
    assert profile.seconds is None


def test_a_cross_product_is_named_though_what_follows_it_takes_longer(lakehouse: LakehouseResource) -> None:
    crossed = "SELECT max(md5((a.range + b.range)::VARCHAR)) FROM range(700) AS a, range(600) AS b"
    with lakehouse.connection() as connection:
        profile = profile_query(connection, crossed, 30)
    assert profile.has_cross_product
    assert "after CROSS_PRODUCT made 420,000 rows of 700 and 600" in profile.dominating_operator


def test_of_a_skewed_join_it_is_told_how_many_rows_it_makes_of_how_many(lakehouse: LakehouseResource) -> None:
    skewed = "SELECT count(*) FROM (SELECT 7 AS k FROM range(2000)) a JOIN (SELECT 7 AS k FROM range(1000)) b USING (k)"
    with lakehouse.connection() as connection:
        profile = profile_query(connection, skewed, 30)
    assert re.search("HASH_JOIN.* (made|making) 2,000,000 rows of 2,000 and 1,000", profile.dominating_operator)
    assert profile.seconds is not None


def test_an_improved_layout_holds_the_same_rows_in_the_order_of_the_keys(loaded: ScratchPlatform) -> None:
    before = rows(loaded, "raw.flights")
    layouts, subject = layouts_of(loaded), "asset:core/flight"
    lay = loaded.query("SELECT dest, origin FROM raw.flights")
    improved = layouts.improve(subject, Profile("any", keys={"raw.flights": ("dest", "origin")}))
    assert improved.told.startswith("sorted raw.flights by dest, origin: 1,785 rows, unchanged, published as snapshot ")
    assert rows(loaded, "raw.flights") == before
    stored = loaded.query("SELECT dest, origin FROM raw.flights")
    assert stored == sorted(stored)
    told = layouts.bring_back(subject, Written(improved.before, improved.after))
    assert f" files as it did in snapshot {improved.before}: 1,785 rows, unchanged" in told
    assert loaded.query("SELECT dest, origin FROM raw.flights") == lay
    assert rows(loaded, "raw.flights") == before
    with pytest.raises(LayoutReplaced, match="as a whole since by run escalation_layout in snapshot"):
        layouts.bring_back(subject, Written(improved.before, improved.after))


def test_a_table_that_lies_in_many_small_files_is_merged_into_one_in_the_order_it_had(loaded: ScratchPlatform) -> None:
    layouts, airports = layouts_of(loaded), TableName("raw", "airports")
    stored = loaded.query("SELECT * FROM raw.airports")
    scatter(layouts.lakehouse, airports, len(stored), files=SCATTERED_PIECES)
    profile = layouts.profile("asset:core/airport")
    assert profile is not None
    assert profile.scattered == {"raw.airports": SCATTERED_PIECES}
    assert profile.keys == {}
    improved = layouts.improve("asset:core/airport", profile)
    assert improved.told.startswith(f"merged raw.airports from {SCATTERED_PIECES} files into 1: 1,458 rows, unchanged")
    assert loaded.query("SELECT * FROM raw.airports") == stored
    again = layouts.profile("asset:core/airport")
    assert again is not None
    assert again.scattered == {}
    layouts.bring_back("asset:core/airport", Written(improved.before, improved.after))
    assert loaded.query("SELECT * FROM raw.airports") == stored
    undone = layouts.profile("asset:core/airport")
    assert undone is not None
    assert undone.scattered == {"raw.airports": SCATTERED_PIECES}
    layouts.improve("asset:core/airport", undone)


def scatter(lakehouse: LakehouseResource, table: TableName, rows: int, *, files: int) -> None:
    """Publish the same rows in the same order, in so many files."""
    folder, each = new_build_folder(lakehouse, table, "scatter"), -(-rows // files)
    targets = tuple(f"{folder}/{number:03}.parquet" for number in range(files))
    with lakehouse.connection() as connection:
        columns = read_columns(connection, [table])[table]
        for number, target in enumerate(targets):
            some = f"SELECT * FROM {table.sql} LIMIT {each} OFFSET {each * number}"
            connection.execute(f"COPY ({some}) TO '{target}' (FORMAT parquet)")
    publish(lakehouse, [TableBuild(table, columns, targets, rows, ReplaceTable())], run_id="scatter", message="")


def test_a_table_that_the_platform_does_not_build_is_not_rewritten(loaded: ScratchPlatform) -> None:
    layouts = layouts_of(loaded)
    with pytest.raises(ValueError, match=r"raw\.loads is not built"):
        layouts.improve("asset:core/flight", Profile("any", keys={"raw.loads": ("source",)}))


def test_the_hash_of_contents_sees_a_changed_value_and_a_lost_twin(lakehouse: LakehouseResource) -> None:
    columns = {"a": "INTEGER"}
    with lakehouse.connection() as connection:
        hashes = {
            contents(connection, f"(VALUES {values}) AS t(a)", columns)
            for values in ("(1), (1), (2)", "(1), (2), (2)", "(1), (2)", "(1), (1), (NULL)")
        }
        assert len(hashes) == 4
        assert contents(connection, "(VALUES (2), (1), (1)) AS t(a)", columns) in hashes


def test_the_pipeline_opens_nothing_until_it_is_asked(tmp_path: Path, loaded: ScratchPlatform) -> None:
    settings = loaded.settings.model_copy(update={"data_path": f"{tmp_path}/d/", "build_path": f"{tmp_path}/b/"})
    pipeline = platform_pipeline(settings)
    assert pipeline.sources
    assert pipeline.versions
    assert pipeline.layouts
    assert pipeline.sizes
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_lakehouse_says_its_cause(lakehouse: LakehouseResource) -> None:
    with pytest.raises(SnapshotNotFound) as missing:
        restore_table(lakehouse, TableName("core", "nothing"), 0, run_id="run")
    assert any("stated:code_defect" in link.codes for link in links_of(missing.value))
    with lakehouse.connection() as connection:
        assert read_columns(connection, [TableName("core", "nothing")]) == {}
