"""What the platform hands to the ladder, on a real lakehouse: probes, versions, profiles and layouts."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data_platform.recovery.lakehouse_layouts import LakehouseLayouts, contents
from data_platform.recovery.lakehouse_versions import LakehouseVersions, UnknownSubject
from data_platform.recovery.pipeline import platform_pipeline
from data_platform.recovery.query_profile import profile_query
from data_platform.recovery.source_probe import SourceProbe
from data_platform.recovery.subjects import Subjects
from escalation_sensors.diagnosis.exceptions import links_of
from escalation_sensors.level1.pipeline import Profile
from resources.lakehouse import LakehouseResource, SnapshotNotFound, TableName, read_columns, restore_table
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
    assert loaded.run("materialize_everything", assets=["raw/flights"], days=(DAYS, DAYS)).success
    assert versions.rows(FLIGHTS) == len(before) - 5
    told = versions.bring_back(FLIGHTS, version)
    assert "taken back is what was published of it since: run " in told
    assert rows(loaded, "raw.flights") == before
    latest = loaded.query(
        "SELECT partition, arg_max(rows, loaded_at) FROM raw.loads WHERE source = 'flights' GROUP BY 1 ORDER BY 1"
    )
    assert latest == loaded.query("SELECT flight_date, count(*) FROM raw.flights GROUP BY 1 ORDER BY 1")
    file.write_text(text)


def test_what_was_not_there_before_is_emptied(loaded: ScratchPlatform) -> None:
    versions = versions_of(loaded)
    version = versions.version("asset:raw/planes")
    versions.bring_back("asset:raw/planes", "")
    assert versions.rows("asset:raw/planes") == 0
    versions.bring_back("asset:raw/planes", str(version))
    assert versions.rows("asset:raw/planes") == 3322


def test_a_table_of_somebody_elses_and_a_version_that_never_was_are_refused(loaded: ScratchPlatform) -> None:
    versions = versions_of(loaded)
    assert versions.version("asset:raw/loads") is None
    with pytest.raises(UnknownSubject):
        versions.bring_back("asset:raw/loads", "1")
    with pytest.raises(SnapshotNotFound):
        versions.bring_back(FLIGHTS, "999999")
    with pytest.raises(SnapshotNotFound):
        versions.bring_back(FLIGHTS, "1; DROP TABLE")


def test_a_profile_names_the_operator_and_the_keys(loaded: ScratchPlatform) -> None:
    profile = layouts_of(loaded).profile("asset:core/flight")
    assert profile is not None
    assert "%" in profile.dominating_operator
    assert not profile.has_cross_product
    assert profile.keys["raw.flights"] == ("flight_date", "origin", "dest")
    assert profile.keys["core.airport"] == ("airport_code",)
    assert layouts_of(loaded).profile(FLIGHTS) is None


def test_a_cross_product_is_seen_and_a_long_query_is_not_waited_for(lakehouse: LakehouseResource) -> None:
    endless = "SELECT count(*) FROM range(4000000) a, range(4000000) b WHERE a.range * b.range % 7 = 1"
    with lakehouse.connection() as connection:
        profile = profile_query(connection, endless, 0.5)
    assert profile.has_cross_product
    assert "more than" in profile.dominating_operator


def test_an_improved_layout_holds_the_same_rows_in_the_order_of_the_keys(loaded: ScratchPlatform) -> None:
    before = rows(loaded, "raw.flights")
    told = layouts_of(loaded).improve("asset:core/flight", Profile("any", keys={"raw.flights": ("dest", "origin")}))
    assert "raw.flights by dest, origin" in told
    assert rows(loaded, "raw.flights") == before
    stored = loaded.query("SELECT dest, origin FROM raw.flights")
    assert stored == sorted(stored)


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
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_lakehouse_says_its_cause(lakehouse: LakehouseResource) -> None:
    with pytest.raises(SnapshotNotFound) as missing:
        restore_table(lakehouse, TableName("core", "nothing"), 0, run_id="run")
    assert any("stated:code_defect" in link.codes for link in links_of(missing.value))
    with lakehouse.connection() as connection:
        assert read_columns(connection, [TableName("core", "nothing")]) == {}
