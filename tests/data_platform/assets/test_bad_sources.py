"""What is wrong with a source fails its load in one line, publishes nothing, and loses nothing that was there.

One platform is loaded once for all of it, and mended after each fault.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy

from data_platform.definitions import build_definitions
from data_platform.demo.weather_faults import Fault
from tests.scratch_platform import ScratchPlatform, errors_of, scratch_platform

DAY = date(2013, 1, 2)
Break = Callable[[ScratchPlatform], None]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScratchPlatform]:
    with scratch_platform(tmp_path_factory.mktemp("sources"), date(2013, 1, 3)) as platform:
        result = platform.materialize("raw/flights", "raw/weather", "raw/airlines")
        assert result.success, errors_of(result)
        yield platform


@pytest.fixture
def whole(loaded: ScratchPlatform) -> Iterator[ScratchPlatform]:
    """The loaded platform, whose sources are whole again after the test."""
    delivered = loaded.settings.drop_folder
    kept = shutil.copytree(delivered, delivered.with_name("kept"))
    database = Path(str(sqlalchemy.make_url(loaded.settings.operational_database_url).database))
    rows = database.read_bytes()
    yield loaded
    shutil.rmtree(delivered)
    kept.rename(delivered)
    database.write_bytes(rows)
    loaded.weather.clear_faults()


def day_file(platform: ScratchPlatform) -> Path:
    return platform.settings.drop_folder / f"flights_{DAY}.csv"


def rewrite(change: Callable[[str], str]) -> Break:
    def breaks(platform: ScratchPlatform) -> None:
        file = day_file(platform)
        file.write_text(change(file.read_text()))
        os.utime(file, (time.time() - 3600,) * 2)  # settled long ago

    return breaks


def fault(kind: Fault) -> Break:
    return lambda platform: platform.weather.add_fault(kind)


def without_the_table(platform: ScratchPlatform) -> None:
    engine = sqlalchemy.create_engine(platform.settings.operational_database_url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("DROP TABLE airlines"))
    engine.dispose()


BAD: dict[str, tuple[str, Break, tuple[str, ...]]] = {
    "a missing file": ("flights", lambda platform: day_file(platform).unlink(), ("flights_2013-01-02.csv",)),
    "a changed header": (
        "flights",
        rewrite(lambda text: text.replace("dep_delay", "delay", 1)),
        ("dep_delay", "delay"),
    ),
    "a wrong delimiter": ("flights", rewrite(lambda text: text.replace(",", ";")), ("flights_2013-01-02.csv",)),
    "a number out of range": (
        "flights",
        rewrite(lambda text: text.replace("2013,1,2,", f"{10**30},1,2,", 1)),
        ("flights_2013-01-02.csv", "line", "year"),
    ),
    "duplicated keys": ("flights", rewrite(lambda text: text + text.splitlines(keepends=True)[-1]), ("unique",)),
    "an empty file": ("flights", rewrite(lambda _: ""), ("flights_2013-01-02.csv",)),
    "a header without rows": (
        "flights",
        rewrite(lambda text: text.splitlines(keepends=True)[0]),
        ("flights_2013-01-02.csv", "has no row", "may_be_empty"),
    ),
    "garbage instead of JSON": ("weather", fault(Fault("garbage", times=9)), ("weather", "JSON")),
    "a field that is there twice": ("weather", fault(Fault("twin", times=9)), ("weather", "'temp' is there twice")),
    "an API without records": ("weather", fault(Fault("no_rows", times=9)), ("weather", "there is no row at all")),
    "an HTML page with status 200": ("weather", fault(Fault("html", times=9)), ("weather", "HTML")),
    "a next page that is this page": ("weather", fault(Fault("self_link", times=9)), ("weather",)),
    "an API that stays broken": ("weather", fault(Fault("status", times=99, status=503)), ("weather", "503")),
    "a table that is gone": ("airlines", without_the_table, ("airlines",)),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_source_fails_in_one_line_and_what_was_published_stays(whole: ScratchPlatform, what: str) -> None:
    platform, (source, breaks, named) = whole, BAD[what]
    asset, table = f"raw/{source}", f"raw.{source}"
    before = platform.query(f"SELECT * EXCLUDE (_loaded_at) FROM {table} ORDER BY ALL")
    assert before
    breaks(platform)
    if source == "weather":  # else what has landed is not asked for again
        shutil.rmtree(platform.settings.landing_path / "weather", ignore_errors=True)

    result = platform.materialize(asset)
    assert not result.success
    (error,) = errors_of(result)
    assert all(word in error for word in named), error
    assert platform.query(f"SELECT * EXCLUDE (_loaded_at) FROM {table} ORDER BY ALL") == before


def test_an_api_that_answers_500_and_then_200_recovers_with_one_line(
    platform: ScratchPlatform, capfd: pytest.CaptureFixture[str]
) -> None:
    platform.weather.add_fault(Fault("status", status=500))
    assert platform.materialize("raw/weather").success
    lines = capfd.readouterr().err.splitlines()
    told = [line for line in lines if "500" in line and "weather" in line and "INFO" in line]
    assert len(told) == 1, told
    assert platform.value("SELECT count(*) > 0 FROM raw.weather")


def test_a_database_that_is_down_is_one_line_without_its_password(
    platform: ScratchPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql+psycopg2://reader:s3cret-word@127.0.0.1:9/shop"
    settings = platform.settings.model_copy(update={"operational_database_url": url})
    job = build_definitions(settings).resolve_job_def("load_sources")
    result = job.execute_in_process(
        instance=platform.instance, asset_selection=[dg.AssetKey(["raw", "airlines"])], raise_on_error=False
    )
    (error,) = errors_of(result)
    assert "airlines" in error
    assert "s3cret-word" not in error
