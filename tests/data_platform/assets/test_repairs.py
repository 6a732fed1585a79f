"""Level 1 on the platform's own assets: real faults, repaired within the run or refused, never wrongly."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import dagster as dg
import pytest
from click.testing import CliRunner

from data_platform.assets.partitions import RANGE_START_TAG
from data_platform.demo.weather_faults import Fault
from escalation_sensors.cli.app import escalation
from escalation_sensors.level1 import process_ledger
from escalation_sensors.level1.ledger import Subject
from escalation_sensors.level1.proposals import proposals_of
from escalation_sensors.level1.receipt_book import Receipt, receipts_of
from escalation_sensors.level1.undo import written_by
from escalation_sensors.store import Store
from tests.scratch_platform import ScratchPlatform, errors_of, scratch_platform

DAY = date(2013, 1, 1)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC).timestamp()


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScratchPlatform]:
    """A platform of one day with the ladder on, whose ledger is its own."""
    monkeypatch.setenv("ESCALATION_STORE_URL", f"sqlite:///{tmp_path / 'escalation.db'}")
    monkeypatch.delenv("ESCALATION_DISABLED", raising=False)
    process_ledger.forget_ledger()
    with scratch_platform(tmp_path / "platform", DAY) as platform:
        yield platform
    process_ledger.forget_ledger()


def receipts() -> list[Receipt]:
    store = Store(os.environ["ESCALATION_STORE_URL"])
    try:
        return receipts_of(store) if store.is_ready() else []
    finally:
        store.close()


def delivered(platform: ScratchPlatform) -> Path:
    return platform.settings.drop_folder / f"flights_{DAY}.csv"


def deliver(platform: ScratchPlatform, text: str) -> None:
    file = delivered(platform)
    file.write_text(text)
    os.utime(file, (LONG_AGO, LONG_AGO))


def load(platform: ScratchPlatform) -> Any:
    return platform.run("materialize_everything", assets=["raw/flights"], days=(DAY, DAY))


def asked_for(platform: ScratchPlatform) -> list[str]:
    """The first days of what the drop folder's sensor requests."""
    sensor = platform.definitions.resolve_sensor_def("flights_drop_folder")
    context = dg.build_sensor_context(instance=platform.instance, resources={"lakehouse": platform.lakehouse})
    found: Any = sensor(context)  # type: ignore[operator] # a sensor of a function is callable
    return [request.tags[RANGE_START_TAG] for request in found.run_requests or ()]


def flights(platform: ScratchPlatform, columns: str = "* EXCLUDE (_loaded_at)") -> list[tuple[Any, ...]]:
    return platform.query(f"SELECT {columns} FROM raw.flights ORDER BY ALL")


def without(text: str, column: str, rows: int) -> str:
    """The file with nothing in a column of its first rows."""
    head, *lines = text.splitlines()
    position = head.split(",").index(column)
    for number in range(rows):
        values = lines[number].split(",")
        values[position] = ""
        lines[number] = ",".join(values)
    return "\n".join([head, *lines]) + "\n"


def test_a_renamed_column_is_mapped_and_the_contract_passes(platform: ScratchPlatform) -> None:
    text = delivered(platform).read_text()
    assert load(platform).success
    before = flights(platform)
    deliver(platform, text.replace("dep_time", "Dep Time", 1))
    result = load(platform)
    assert result.success, errors_of(result)
    assert flights(platform) == before
    (receipt,) = receipts()
    assert receipt.body["tuning"]["columns"] == {"dep_time": "Dep Time"}
    assert receipt.body["contract"]["failed"] == []


def test_a_column_that_is_gone_is_not_guessed(platform: ScratchPlatform) -> None:
    text = delivered(platform).read_text()
    deliver(platform, text.replace("dep_time", "something_else", 1))
    assert not load(platform).success
    assert receipts() == []


def test_a_file_with_another_delimiter_costs_no_attempt_but_a_proposal(platform: ScratchPlatform) -> None:
    assert load(platform).success
    before = flights(platform, "*")
    deliver(platform, delivered(platform).read_text().replace(",", ";"))
    result = load(platform)
    assert not result.success
    assert "the delimiter seems to be ';', not ','" in errors_of(result)[0]
    assert flights(platform, "*") == before
    level_one = process_ledger.ledger_of_process()
    assert level_one.attempts_of(Subject("", "asset:raw/flights")) == []
    (proposal,) = proposals_of(level_one.store)
    assert "are gone, and which of these they are now is not known: year;month;day;" in proposal["plan"]["why"]
    assert proposal["plan"]["effect"].startswith("column year (BIGINT): take it out of the contract, name one of year;")


def test_a_new_column_is_taken_in_and_undone_byte_by_byte(platform: ScratchPlatform) -> None:
    text = delivered(platform).read_text()
    assert load(platform).success
    before = flights(platform, "*")
    head, *lines = text.splitlines()
    deliver(platform, "\n".join([f"{head},gate", *(f"{line},A{n}" for n, line in enumerate(lines))]) + "\n")
    result = load(platform)
    assert result.success, errors_of(result)
    assert platform.value("SELECT count(DISTINCT gate) FROM raw.flights") == len(lines)
    (receipt,) = receipts()
    from data_platform.recovery.pipeline import platform_pipeline  # noqa: PLC0415 - the command line's own way in

    versions = platform_pipeline(platform.settings).versions
    assert versions is not None
    versions.bring_back("asset:raw/flights", written_by(receipt), with_later_changes=False)
    assert flights(platform, "*") == before


def test_undo_of_one_days_repair_leaves_the_day_that_was_loaded_later_and_the_loads_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESCALATION_STORE_URL", f"sqlite:///{tmp_path / 'escalation.db'}")
    monkeypatch.delenv("ESCALATION_DISABLED", raising=False)
    process_ledger.forget_ledger()
    next_day = DAY + timedelta(days=1)
    with scratch_platform(tmp_path / "platform", next_day) as platform:
        assert load(platform).success
        of_day = f"SELECT * FROM raw.flights WHERE flight_date = DATE '{DAY}' ORDER BY ALL"
        before = platform.query(of_day)
        deliver(platform, delivered(platform).read_text().replace("dep_time", "Dep Time", 1))
        assert load(platform).success
        (receipt,) = receipts()
        assert receipt.body["partitions"] == [DAY.isoformat()]
        assert platform.query(of_day) != before  # when they were loaded differs, at least
        platform.run("materialize_everything", assets=["raw/flights"], days=(next_day, next_day))
        of_next = f"SELECT * FROM raw.flights WHERE flight_date = DATE '{next_day}' ORDER BY ALL"
        later = platform.query(of_next)
        assert later
        assert asked_for(platform) == []
        monkeypatch.setenv("DATA_PLATFORM_HOME", str(platform.settings.home))
        monkeypatch.setenv("DATA_PLATFORM_TODAY", next_day.isoformat())
        policy = tmp_path / "escalation.yaml"
        policy.write_text("pipeline: data_platform.recovery.pipeline:platform_pipeline\n")
        undone = CliRunner().invoke(escalation, ["undo", str(receipt.id), "--policy", str(policy)])
        assert undone.exception is None, undone.exception
        assert f"raw.flights {DAY} brought back to snapshot" in undone.output
        again = "; the sensor flights_drop_folder loads flights_2013-01-01.csv again, unless you take away or replace"
        assert again in undone.output
        assert asked_for(platform) == [f"{DAY}"]
        assert (platform.query(of_day), platform.query(of_next)) == (before, later)
        latest = "SELECT partition, arg_max(rows, loaded_at) FROM raw.loads WHERE source = 'flights' GROUP BY 1"
        counted = "SELECT flight_date, count(*) FROM raw.flights GROUP BY 1 ORDER BY 1"
        assert platform.query(f"{latest} ORDER BY 1") == platform.query(counted)
    process_ledger.forget_ledger()


def test_null_keys_within_the_repairs_tolerance_are_set_aside(platform: ScratchPlatform) -> None:
    text = delivered(platform).read_text()
    deliver(platform, without(text, "carrier", 3))
    result = load(platform)
    assert result.success, errors_of(result)
    rows = len(text.splitlines()) - 1
    assert platform.value("SELECT count(*) FROM raw.flights") == rows - 3
    assert platform.query("SELECT DISTINCT _checks FROM quarantine.raw_flights") == [(["carrier__not_null"],)]
    (receipt,) = receipts()
    assert receipt.body["contract"]["warned"] == ["carrier__not_null"]
    # The file is as it was when it was read, so to read it again would not have helped.
    assert (receipt.body["remedy"], receipt.body["tuning"].get("reextract")) == ("quarantine", None)


def test_a_file_that_was_replaced_while_its_rows_were_judged_is_read_again_and_nothing_is_set_aside(
    platform: ScratchPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = delivered(platform).read_text()
    deliver(platform, without(text, "carrier", 3))
    from data_platform.assets import source_assets  # noqa: PLC0415

    build = source_assets.build_audit_publish

    def replaced_meanwhile(*arguments: Any, **named: Any) -> Any:
        done = build(*arguments, **named)
        deliver(platform, text)
        return done

    monkeypatch.setattr(source_assets, "build_audit_publish", replaced_meanwhile)
    result = load(platform)
    assert result.success, errors_of(result)
    assert platform.value("SELECT count(*) FROM raw.flights") == len(text.splitlines()) - 1
    (receipt,) = receipts()
    assert receipt.body["change"] == "reads the source again, which has changed since it was read"
    assert receipt.body["tuning"].get("quarantine") is None


def test_null_keys_over_the_repairs_tolerance_publish_nothing(platform: ScratchPlatform) -> None:
    assert load(platform).success
    before = flights(platform, "*")
    deliver(platform, without(delivered(platform).read_text(), "carrier", 30))
    result = load(platform)
    assert not result.success
    assert "carrier__not_null" in errors_of(result)[0]
    assert flights(platform, "*") == before
    level_one = process_ledger.ledger_of_process()
    remedies = [row["remedy"] for row in level_one.attempts_of(Subject("", "asset:raw/flights"))]
    assert remedies == ["quarantine"]  # what is over the tolerance once is so again
    (proposal,) = proposals_of(level_one.store)
    assert proposal["plan"]["rows"] == 30
    assert proposal["plan"]["effect"].startswith("set the rows aside that fail carrier__not_null, although")
    assert receipts() == []


def test_an_api_that_comes_back_is_read_on_within_the_run_from_the_page_where_it_went_away(
    platform: ScratchPlatform,
) -> None:
    platform.weather.pages.size_rows = 20
    # The extraction's own retries are given up at once: the server asks for more than they have.
    platform.weather.add_fault(Fault("status", page=3, status=503, retry_after_seconds=11, times=1))
    result = platform.run("materialize_everything", assets=["raw/weather"])
    assert result.success, errors_of(result)
    (receipt,) = receipts()
    assert receipt.body["evidence"]["category"] == "source_unavailable"
    answered = [page_of(path) for path, status in platform.weather.requests if status == 200]
    probed = answered.index(1, 1)  # the probe asks for the first page, and reads none of it
    fetched = answered[:probed] + answered[probed + 1 :]
    assert len(fetched) > 3
    assert fetched == list(range(1, len(fetched) + 1))  # no page twice
    assert platform.value("SELECT count(*) FROM raw.weather") == platform.value("SELECT sum(rows) FROM raw.loads")


def page_of(path: str) -> int:
    return int(parse_qs(urlsplit(path).query).get("page", ["1"])[0])


def test_a_cut_file_that_is_delivered_again_is_read_again(
    platform: ScratchPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = delivered(platform).read_text()
    deliver(platform, text[: len(text) // 2])
    from resources.sources import CsvFolder  # noqa: PLC0415

    extract = CsvFolder.extract

    def restored_meanwhile(self: CsvFolder, request: Any) -> Any:
        if request.anew:
            deliver(platform, text)
        return extract(self, request)

    monkeypatch.setattr(CsvFolder, "extract", restored_meanwhile)
    result = load(platform)
    assert result.success, errors_of(result)
    assert platform.value("SELECT count(*) FROM raw.flights") == len(text.splitlines()) - 1
    assert len(receipts()) == 1


def test_switched_off_nothing_is_repaired(platform: ScratchPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCALATION_DISABLED", "1")
    deliver(platform, delivered(platform).read_text().replace("dep_time", "Dep Time", 1))
    assert not load(platform).success
    assert receipts() == []


def test_maintenance_keeps_the_versions_that_a_receipt_names(platform: ScratchPlatform) -> None:
    from data_platform.recovery.kept_snapshots import kept_snapshots  # noqa: PLC0415

    assert load(platform).success
    deliver(platform, delivered(platform).read_text().replace("dep_time", "Dep Time", 1))
    assert load(platform).success
    (receipt,) = receipts()
    named = {int(receipt.body["version"][when]) for when in ("before", "after")}
    store = Store(os.environ["ESCALATION_STORE_URL"])
    assert kept_snapshots(store, datetime.now(UTC)) == named
    assert kept_snapshots(store, datetime.now(UTC) + timedelta(days=31)) == frozenset()
    store.close()
