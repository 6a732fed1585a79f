"""The store: its schema, its times, and what it says when it cannot be used."""

import multiprocessing
import sqlite3
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import insert, select

import escalation_sensors.store
from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.chain import verify_chain
from escalation_sensors.level1.ledger import Attempt, Ledger, Origin, Plan, Subject
from escalation_sensors.level1.receipt import FIRST, receipt_hash
from escalation_sensors.level1.tuning import PLAIN
from escalation_sensors.store import Store, StoreError, store_url
from escalation_sensors.store.tables import cursors, metadata
from tests.servers.postgres import PostgresServer


def urls(tmp_path: Path, postgres: PostgresServer) -> list[str]:
    return [f"sqlite:///{tmp_path / 'escalation.db'}", postgres.new_database()]


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(tmp_path: Path, postgres: PostgresServer) -> None:
    for url in urls(tmp_path, postgres):
        store = Store(url)
        store.upgrade()
        store.upgrade()
        with store.transaction() as connection:
            assert (
                compare_metadata(
                    MigrationContext.configure(connection, opts={"version_table": "escalation_version"}), metadata
                )
                == []
            )
        store.close()


def made_by(url: str, version: str) -> Store:
    """A store as the ladder of an earlier version left it, with an attempt under way."""
    store = Store(url)
    config = Config()
    config.set_main_option("script_location", str(Path(escalation_sensors.store.__file__).parent / "migrations"))
    at = "'2026-01-31 12:00:00'"
    with store.transaction() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        connection.exec_driver_sql(
            "INSERT INTO cases (code_location, subject, root_run_id, first_failure_at, budget_seconds, state) "
            f"VALUES ('platform', 'asset:core/flight', 'run-1', {at}, 300, 'open')"
        )
        connection.exec_driver_sql(
            "INSERT INTO attempts (case_id, number, category, fingerprint, remedy, tuning, change, run_id, begun_at, "
            f"deadline_at) VALUES (1, 1, 'out_of_memory', 'f1', 'smaller_batches', '{{}}', '', 'run-1', {at}, {at})"
        )
    return store


@pytest.mark.parametrize("version", ["0001", "0002", "0003"])
def test_a_store_of_every_earlier_version_is_brought_up_to_date_and_keeps_what_it_knows(
    version: str, tmp_path: Path, postgres: PostgresServer
) -> None:
    for url in urls(tmp_path, postgres):
        store = made_by(url, version)
        store.upgrade()
        with store.transaction() as connection:
            context = MigrationContext.configure(connection, opts={"version_table": "escalation_version"})
            assert compare_metadata(context, metadata) == []
        ledger, subject, noon = (
            Ledger(store),
            Subject("platform", "asset:core/flight"),
            datetime(2026, 1, 31, 12, tzinfo=UTC),
        )
        (running,) = ledger.running_attempts(subject, Origin("run-1"))
        assert running.is_of("any step")
        assert (running.remedy, running.not_before) == ("smaller_batches", None)
        ledger.end_attempt(running.id, "failed", noon)
        diagnosis = Diagnosis(Category.UNKNOWN, 0.5, "none", "", "f1", recoverable=True)
        plan = Plan("plain", PLAIN, "nothing is changed", wait_seconds=2.0)
        second = ledger.begin_attempt(subject, Origin("run-1"), diagnosis, plan, failed_at=noon, now=noon)
        assert isinstance(second, Attempt)
        assert (second.number, second.not_before) == (2, noon + timedelta(seconds=2))
        store.close()


@pytest.mark.parametrize("version", ["0001", "0002", "0003"])
def test_receipts_and_undos_of_an_earlier_version_are_chained_and_hold(
    version: str, tmp_path: Path, postgres: PostgresServer
) -> None:
    for url in urls(tmp_path, postgres):
        store = made_by(url, version)
        first, second = receipt_hash(FIRST, {"n": 1}), receipt_hash(receipt_hash(FIRST, {"n": 1}), {"n": 2})
        at = "'2026-01-31 12:00:00.250000'"
        with store.transaction() as connection:
            connection.exec_driver_sql(
                "INSERT INTO attempts (case_id, number, category, fingerprint, remedy, tuning, change, begun_at, "
                f"deadline_at) VALUES (1, 2, 'unknown', 'f1', 'plain', '{{}}', '', {at}, {at})"
            )
            connection.exec_driver_sql(
                "INSERT INTO receipts (attempt_id, at, body, previous_hash, hash, undone_at, undone_by) VALUES "
                f"(1, {at}, '{{\"n\": 1}}', '{FIRST}', '{first}', NULL, NULL), "
                f"(2, {at}, '{{\"n\": 2}}', '{first}', '{second}', {at}, 'anna')"
            )
        store.upgrade()
        found = verify_chain(store)
        assert (found.receipts, found.undone, found.broken, found.head) == (2, 1, None, second)
        with store.transaction() as connection:
            connection.exec_driver_sql("UPDATE receipts SET undone_at = NULL, undone_by = NULL")
        assert str(verify_chain(store).broken).startswith("receipt 2 is marked as not undone")
        store.close()


def test_a_time_comes_back_as_the_same_moment_in_utc(tmp_path: Path, postgres: PostgresServer) -> None:
    moment = datetime(2026, 1, 31, 12, 30, 15, 250_000, tzinfo=timezone(timedelta(hours=5)))
    for url in urls(tmp_path, postgres):
        store = Store(url)
        store.upgrade()
        with store.transaction() as connection:
            connection.execute(insert(cursors).values(name="one", value="", at=moment))
        with store.reading() as connection:
            found = connection.execute(select(cursors.c.at)).scalar_one()
        assert (found, found.tzinfo) == (moment, UTC)
        store.close()


def test_a_time_without_a_zone_is_refused(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'escalation.db'}")
    store.upgrade()
    with pytest.raises(StoreError, match="has no time zone"), store.transaction() as connection:
        connection.execute(insert(cursors).values(name="one", value="", at=datetime(2026, 1, 1)))  # noqa: DTZ001 - the point


def upgrade(url: str) -> None:
    Store(url).upgrade()


def test_several_processes_may_make_it_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'escalation.db'}"
    # Not multiprocessing's Pool: it ends its processes by a signal, and has been seen to wait for one for ever.
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(upgrade, [url] * 3, timeout=60))
    assert Store(url).is_ready()


def test_a_store_that_another_process_holds_is_an_error_in_one_line_after_the_time_out(tmp_path: Path) -> None:
    path = tmp_path / "escalation.db"
    store = Store(f"sqlite:///{path}", timeout_seconds=0.2)
    store.upgrade()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError) as caught, store.transaction():
        pass
    assert "database is locked" in str(caught.value)
    assert "\n" not in str(caught.value)
    holder.close()
    with store.transaction():
        pass


def test_a_store_that_cannot_be_reached_does_not_tell_its_password() -> None:
    store = Store("postgresql+psycopg2://me:hunter2@127.0.0.1:1/escalation", timeout_seconds=1)
    with pytest.raises(StoreError) as caught, store.transaction():
        pass
    assert "hunter2" not in str(caught.value)
    assert "ESCALATION_STORE_URL" in str(caught.value)


@pytest.mark.parametrize("url", ["nonsense", "oracle://x", "mongodb://x"])
def test_a_url_that_is_none_is_an_error_in_one_line(url: str) -> None:
    with pytest.raises(StoreError, match=r"ESCALATION_STORE_URL.*sqlite:////file or postgresql\+psycopg2"):
        Store(url).upgrade()


def test_a_driver_of_postgresql_that_is_not_installed_is_an_error_that_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg2", None)  # as if it were not there
    with pytest.raises(StoreError) as caught:
        Store("postgresql://me:hunter2@127.0.0.1/escalation").upgrade()
    assert str(caught.value).startswith("ESCALATION_STORE_URL: ")
    assert str(caught.value).endswith("; install dagster-escalation with its extra `postgres`, which brings psycopg2")
    assert "hunter2" not in str(caught.value)


def test_it_lies_in_the_dagster_home_unless_a_url_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ESCALATION_STORE_URL", raising=False)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    assert store_url() == f"sqlite:///{tmp_path}/escalation.db"
    monkeypatch.setenv("ESCALATION_STORE_URL", "sqlite:////elsewhere.db")
    assert store_url() == "sqlite:////elsewhere.db"
    monkeypatch.delenv("ESCALATION_STORE_URL")
    monkeypatch.delenv("DAGSTER_HOME")
    with pytest.raises(StoreError, match="ESCALATION_STORE_URL, or DAGSTER_HOME"):
        store_url()
