"""Receipts and undo: what a repair leaves behind, that it cannot be altered unseen, and taking it back."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select, update

from escalation_sensors.cli.app import escalation
from escalation_sensors.cli.errors import CommandError
from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.diagnosis.own_rules import own_classifier
from escalation_sensors.level1.chain import verify_chain
from escalation_sensors.level1.decide import Again, HandOn, LevelOne
from escalation_sensors.level1.execution import version_and_rows
from escalation_sensors.level1.failed import Failed, failed_by
from escalation_sensors.level1.ledger import Attempt, Ledger, Origin, Plan, Subject
from escalation_sensors.level1.pipeline import ChangedSince, Pipeline, Written
from escalation_sensors.level1.proposals import proposals_of
from escalation_sensors.level1.receipt import Proof
from escalation_sensors.level1.receipt_book import Receipt, receipt, write_repair
from escalation_sensors.level1.setup import Setup
from escalation_sensors.level1.tuning import Tuning
from escalation_sensors.level1.tuning_memory import count_good_run, remember, tuning_in_force
from escalation_sensors.level1.undo import CannotUndo, undo, written_by
from escalation_sensors.store import Store
from escalation_sensors.store.tables import receipts
from tests.servers.postgres import PostgresServer

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
FLIGHT = Subject("platform", "asset:core/flight")
MEMORY = Diagnosis(Category.OUT_OF_MEMORY, 0.97, "duckdb.out_of_memory", "", "f1", recoverable=True)
PROOF = Proof(checks_passed=("not_null",), rows_before=10, rows_after=12, version_before="3", version_after="4")


class Shelf:
    """A pipeline's versions, which remembers what it was asked to bring back."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Written]] = []

    def version(self, _subject: str) -> str | None:
        return "4"

    def rows(self, _subject: str) -> int | None:
        return 12

    def bring_back(self, subject: str, written: Written, *, with_later_changes: bool) -> str:
        if written.before == "0":
            raise LookupError("snapshot 0 has expired")
        if written.before == "1" and not with_later_changes:
            raise ChangedSince(f"{subject} was published by others since: run monday in snapshot 7")
        self.asked.append((subject, written))
        return f"{subject} is as in version {written.before}"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'escalation.db'}"
    monkeypatch.setenv("ESCALATION_STORE_URL", url)
    store = Store(url)
    store.upgrade()
    yield store
    store.close()


def begun(ledger: Ledger, run: str, tuning: Tuning) -> Attempt:
    plan = Plan("smaller_batches", tuning, "4 batches instead of 1")
    made = ledger.begin_attempt(FLIGHT, Origin(run), MEMORY, plan, failed_at=NOON, now=NOON)
    assert isinstance(made, Attempt)
    return made


def repaired(store: Store, run: str = "run-1", tuning: Tuning | None = None, proof: Proof = PROOF) -> Receipt:
    ledger = Ledger(store)
    attempt = begun(ledger, run, tuning or Tuning(batches=4))
    written = write_repair(ledger, attempt, proof, run_id=run, now=NOON + timedelta(seconds=5))
    assert written is not None
    return written


def whole(store: Store) -> tuple[int, str | None]:
    """How many receipts there are, and what does not fit their chain, or that of the undos."""
    found = verify_chain(store)
    return found.receipts, found.broken


def undone(
    store: Store, of: Receipt, pipeline: Pipeline, packages: Path, *, with_later_changes: bool = False
) -> list[str]:
    return undo(
        Ledger(store),
        of,
        Setup(given_pipeline=pipeline),
        packages=packages,
        who="anna",
        now=NOON,
        with_later_changes=with_later_changes,
    )


def test_a_repair_is_written_once_with_its_receipt_and_its_tuning(store: Store) -> None:
    of = repaired(store)
    assert (of.body["remedy"], of.body["rows"], of.body["contract"]["verified"]) == (
        "smaller_batches",
        {"before": 10, "after": 12},
        True,
    )
    assert tuning_in_force(store, FLIGHT) == Tuning(batches=4)
    ledger = Ledger(store)
    again = ledger.attempt(1)
    assert again is not None
    assert write_repair(ledger, again, PROOF, run_id="run-1", now=NOON) is None
    assert whole(store) == (1, None)


def test_an_attempt_after_which_a_check_failed_is_no_repair(store: Store) -> None:
    ledger = Ledger(store)
    with pytest.raises(ValueError, match="unique failed"):
        write_repair(ledger, begun(ledger, "run-1", Tuning()), Proof(checks_failed=("unique",)), run_id="r", now=NOON)
    assert whole(store) == (0, None)


@pytest.mark.parametrize("how", ["altered", "taken away"])
def test_a_receipt_that_was_altered_or_taken_away_is_found(store: Store, how: str) -> None:
    for number in range(1, 4):
        repaired(store, f"run-{number}")
    with store.transaction() as connection:
        if how == "altered":
            body = connection.execute(select(receipts.c.body).where(receipts.c.id == 2)).scalar_one()
            connection.execute(update(receipts).where(receipts.c.id == 2).values(body={**body, "remedy": "nothing"}))
        else:
            connection.execute(delete(receipts).where(receipts.c.id == 2))
    broken = 2 if how == "altered" else 3
    assert whole(store)[1] == f"receipt {broken} does not fit the chain: it was altered, or one before it is gone"
    shown = CliRunner().invoke(escalation, ["verify"])
    assert isinstance(shown.exception, CommandError)
    assert "does not fit the chain" in str(shown.exception)


FORGERIES = {
    "the newest receipt is taken away": (
        "DELETE FROM receipts WHERE id = 3",
        "3 receipts were written and 2 are there: the newest were taken away or put in",
    ),
    "all of them are": ("DELETE FROM receipts WHERE id > 1", "3 receipts were written and 1 are there"),
    "the head is taken away": ("DELETE FROM chain_heads", "the head of the chain of receipts is gone"),
    "one is marked as undone": (
        "UPDATE receipts SET undone_at = '2026-02-01 08:00:00', undone_by = 'forged' WHERE id = 2",
        "receipt 2 is marked as undone, and that is not what was written",
    ),
    "an undo is wiped out": (
        "UPDATE receipts SET undone_at = NULL, undone_by = NULL WHERE id = 1",
        "receipt 1 is marked as not undone, and that is not what was written",
    ),
    "an undo is wiped out with its entry": (
        "UPDATE receipts SET undone_at = NULL, undone_by = NULL; DELETE FROM undos",
        "1 undos were written and 0 are there: the newest were taken away or put in",
    ),
    "who undid it is altered": ("UPDATE receipts SET undone_by = 'bob' WHERE id = 1", "receipt 1 is marked as undone"),
    "and its entry, too": (
        "UPDATE receipts SET undone_by = 'bob' WHERE id = 1; UPDATE undos SET body = replace(body, 'anna', 'bob')",
        "undo 1 does not fit the chain: it was altered, or one before it is gone",
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_is_forged_of_the_newest_receipts_or_of_undos_is_found(store: Store, tmp_path: Path, forgery: str) -> None:
    first = repaired(store, "run-1")
    for number in (2, 3):
        repaired(store, f"run-{number}")
    undone(store, first, Pipeline(versions=Shelf()), tmp_path)
    assert whole(store) == (3, None)
    head = verify_chain(store).head
    assert CliRunner().invoke(escalation, ["verify"]).output == (
        f"3 receipts, 1 of them undone, each as it was written; the head is {head}\n"
    )
    statements, said = FORGERIES[forgery]
    with store.transaction() as connection:
        for statement in statements.split(";"):
            connection.exec_driver_sql(statement)
    assert str(whole(store)[1]).startswith(said)
    shown = CliRunner().invoke(escalation, ["verify"])
    assert isinstance(shown.exception, CommandError)


def test_what_is_written_after_the_newest_was_taken_away_does_not_hide_it(store: Store) -> None:
    for number in (1, 2):
        repaired(store, f"run-{number}")
    with store.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM receipts WHERE id = 2")
    repaired(store, "run-3")
    assert whole(store)[1] is not None


def test_undo_brings_back_data_and_tuning_and_is_counted_once(store: Store, tmp_path: Path) -> None:
    first = repaired(store, "run-1", Tuning(batches=4))
    second = repaired(store, "run-2", Tuning(batches=16))
    shelf = Shelf()
    told = undone(store, second, Pipeline(versions=shelf), tmp_path)
    assert shelf.asked == [("asset:core/flight", Written("3", "4", ("run-2",)))]
    assert tuning_in_force(store, FLIGHT) == Tuning(batches=4)
    assert told[0] == "asset:core/flight is as in version 3"
    kept = receipt(store, second.id)
    assert kept is not None
    assert kept.undone_by == "anna"
    with pytest.raises(CannotUndo, match=f"receipt {second.id} was undone on 2026-01-31"):
        undone(store, kept, Pipeline(versions=shelf), tmp_path)
    assert whole(store) == (2, None)
    undone(store, first, Pipeline(versions=shelf), tmp_path)
    assert tuning_in_force(store, FLIGHT) is None


@pytest.mark.parametrize("version", [None, "4"], ids=["of data that nobody knows", "of data that are the same"])
def test_of_an_attempt_that_merely_waited_there_is_nothing_to_undo_and_it_stays_a_repair(
    store: Store, tmp_path: Path, version: str | None
) -> None:
    before = repaired(store, "run-1")
    proof = Proof(version_before=version, version_after=version)
    of = repaired(store, "run-2", Tuning(batches=4, reextract=True, behind_process=17), proof)
    with pytest.raises(CannotUndo, match=f"receipt {of.id}: there is nothing to undo: .* it still counts as a repair"):
        undone(store, of, Pipeline(versions=Shelf()), tmp_path)
    kept = receipt(store, of.id)
    assert kept is not None
    assert (kept.undone_at, tuning_in_force(store, FLIGHT)) == (None, Tuning(batches=4))
    undone(store, before, Pipeline(versions=Shelf()), tmp_path)  # what changed something is taken back as ever
    assert tuning_in_force(store, FLIGHT) is None


def test_of_a_repair_that_stood_behind_another_run_there_is_nothing_to_undo(store: Store, tmp_path: Path) -> None:
    with store.transaction() as connection:  # since the overlap was seen
        remember(connection, FLIGHT, Tuning(queue_behind=True), None, NOON)
    of = repaired(store, tuning=Tuning(queue_behind=True), proof=Proof(checks_passed=("not_null",)))
    with pytest.raises(CannotUndo, match="there is nothing to undo"):
        undone(store, of, Pipeline(versions=Shelf()), tmp_path)


def test_what_an_attempt_that_merely_waited_wrote_is_brought_back_and_the_tuning_of_an_earlier_repair_stays(
    store: Store, tmp_path: Path
) -> None:
    repaired(store, "run-1")
    of = repaired(store, "run-2", Tuning(batches=4, reextract=True))
    told = undone(store, of, Pipeline(versions=Shelf()), tmp_path)
    assert told == ["asset:core/flight is as in version 3"]
    assert tuning_in_force(store, FLIGHT) == Tuning(batches=4)


def test_a_user_without_a_name_undoes_by_number(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    of = repaired(store, proof=Proof())
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 1_234_567)  # as in a container that was started with --user
    done = CliRunner().invoke(escalation, ["undo", str(of.id)])
    assert done.exception is None, done.exception
    kept = receipt(store, of.id)
    assert kept is not None
    assert kept.undone_by == "uid 1234567 (unauthenticated)"


def test_a_repair_whose_data_cannot_be_brought_back_stands_as_it_was(store: Store, tmp_path: Path) -> None:
    of = repaired(store, proof=Proof(version_before="0", version_after="4"))
    with pytest.raises(CannotUndo, match="snapshot 0 has expired"):
        undone(store, of, Pipeline(versions=Shelf()), tmp_path)
    with pytest.raises(CannotUndo, match="no pipeline is known"):
        undone(store, of, Pipeline(), tmp_path)
    kept = receipt(store, of.id)
    assert kept is not None
    assert kept.undone_at is None
    assert tuning_in_force(store, FLIGHT) == Tuning(batches=4)


def test_what_others_published_since_is_taken_back_only_if_somebody_asks_for_it(store: Store, tmp_path: Path) -> None:
    shelf = Shelf()
    of = repaired(store, proof=Proof(version_before="1", version_after="4"))
    with pytest.raises(CannotUndo) as refused:
        undone(store, of, Pipeline(versions=shelf), tmp_path)
    assert str(refused.value) == (
        f"receipt {of.id}: asset:core/flight was published by others since: run monday in snapshot 7; nothing was "
        "undone (--with-later-changes takes that back, too)"
    )
    kept = receipt(store, of.id)
    assert kept is not None
    assert (kept.undone_at, shelf.asked, tuning_in_force(store, FLIGHT)) == (None, [], Tuning(batches=4))
    undone(store, of, Pipeline(versions=shelf), tmp_path, with_later_changes=True)
    assert [written.before for _, written in shelf.asked] == ["1"]


def test_a_receipt_tells_which_partitions_were_written_by_which_runs(store: Store) -> None:
    of = repaired(store, proof=replace(PROOF, partitions=("2013-01-02...2013-01-04", "2013-01-09"), runs=("a", "b")))
    assert written_by(of) == Written("3", "4", ("a", "b"), ("2013-01-02...2013-01-04", "2013-01-09"))
    assert "of:      2013-01-02...2013-01-04, 2013-01-09" in CliRunner().invoke(escalation, ["receipt", "1"]).output


def test_of_a_receipt_that_tells_no_partitions_the_one_that_failed_counts(store: Store) -> None:
    of = repaired(store)
    told = {name: value for name, value in of.body.items() if name not in {"partitions", "runs"}}
    told["evidence"] = {**told["evidence"], "partition": "2013-01-02"}
    assert written_by(replace(of, body=told)) == Written("3", "4", ("run-1",), ("2013-01-02",))


def test_data_of_which_nobody_knew_the_version_before_are_not_taken_away(store: Store, tmp_path: Path) -> None:
    shelf = Shelf()
    unknown = repaired(store, "run-1", proof=Proof(version_before=None, version_after="4"))
    with pytest.raises(CannotUndo, match="which version of asset:core/flight was there before it is not known"):
        undone(store, unknown, Pipeline(versions=shelf), tmp_path)
    assert shelf.asked == []
    none = repaired(store, "run-2", proof=Proof(version_before="", version_after="4"))
    undone(store, none, Pipeline(versions=shelf), tmp_path)
    assert shelf.asked == [("asset:core/flight", Written("", "4", ("run-2",)))]


def test_a_version_that_cannot_be_told_is_another_thing_than_none() -> None:
    class Nothing(Shelf):
        def version(self, _subject: str) -> str | None:
            return None

    class Unreachable(Shelf):
        def version(self, _subject: str) -> str | None:
            raise OSError("the catalog is locked")

    assert version_and_rows(Setup(given_pipeline=Pipeline(versions=Nothing())), FLIGHT)[0] == ""
    assert version_and_rows(Setup(given_pipeline=Pipeline(versions=Unreachable())), FLIGHT)[0] is None


def test_a_remembered_tuning_relaxes_after_good_runs_but_keeps_what_was_mapped(store: Store) -> None:
    repaired(store, tuning=Tuning(batches=4, threads=1, columns={"a": "A"}, reextract=True))
    seen = []
    for _ in range(9):
        count_good_run(store, FLIGHT, 3, NOON)
        in_force = tuning_in_force(store, FLIGHT)
        assert in_force is not None
        seen.append((in_force.batches, in_force.threads))
    assert seen == [(4, 1)] * 2 + [(2, 1)] * 3 + [(1, 1)] * 3 + [(1, 0)]
    last = tuning_in_force(store, FLIGHT)
    assert last is not None
    assert (dict(last.columns), last.reextract) == ({"a": "A"}, False)


def test_the_command_line_shows_a_receipt_in_words_and_as_json(store: Store) -> None:
    of = repaired(store)
    shown = CliRunner().invoke(escalation, ["receipt", str(of.id)]).output
    assert "remedy:  smaller_batches, attempt 1 of 2: 4 batches instead of 1" in shown
    assert '"remedy": "smaller_batches"' in CliRunner().invoke(escalation, ["receipt", "--json"]).output
    missing = CliRunner().invoke(escalation, ["receipt", "99"])
    assert "there is no receipt 99" in str(missing.exception)


def test_the_list_of_receipts_ends_with_how_many_of_all_repairs_were_wrong(store: Store, tmp_path: Path) -> None:
    assert CliRunner().invoke(escalation, ["receipt"]).output == (
        "0 repairs, of which 0 were undone, and so were wrong\n"
    )
    for number in range(25):  # more than are listed
        of = repaired(store, f"run-{number}")
    undone(store, of, Pipeline(versions=Shelf()), tmp_path)
    listed = CliRunner().invoke(escalation, ["receipt"]).output.splitlines()
    assert (len(listed), listed[-1]) == (21, "25 repairs, of which 1 were undone, and so were wrong (4.0 %)")
    last = CliRunner().invoke(escalation, ["receipt", "--json"]).output.splitlines()[-1]
    assert json.loads(last) == {"repairs": 25, "undone": 1, "wrong_rate": 0.04}


def test_receipts_and_undos_are_chained_on_postgresql_too(postgres: PostgresServer, tmp_path: Path) -> None:
    store = Store(postgres.new_database())
    store.upgrade()
    for number in range(3):
        repaired(store, f"run-{number}")
    undone(store, repaired(store, "run-4"), Pipeline(versions=Shelf()), tmp_path)
    assert whole(store) == (4, None)
    store.close()


def test_what_a_person_undid_is_not_done_again_unasked_but_proposed(store: Store, tmp_path: Path) -> None:
    level_one = LevelOne(Ledger(store), own_classifier())

    def failure(run: str) -> Failed:
        said = failed_by(MemoryError("no"), NOON, FLIGHT)
        return Failed(event_key=run, subject=FLIGHT, origin=Origin(run), run_id=run, **said)

    first = level_one.decide(failure("run-1"), NOON, print)
    assert isinstance(first, Again)
    written = write_repair(level_one.ledger, first.attempt, Proof(), run_id="run-1", now=NOON)
    assert written is not None
    undo(level_one.ledger, written, Setup(), packages=tmp_path, who="anna", now=NOON)

    again = level_one.decide(failure("run-2"), NOON, print)
    assert isinstance(again, HandOn)
    assert again.reason == f"a person undid the same repair before (receipt {written.id})"
    (proposal,) = proposals_of(store)
    assert "batches" in proposal["plan"]["effect"]
