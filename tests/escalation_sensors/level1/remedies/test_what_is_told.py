"""What remedies say that they do: of a file that is missing or cut short, and of a cast that is in the way."""

from datetime import UTC, datetime

import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.own_rules import own_classifier
from escalation_sensors.level1.failed import failed_by
from escalation_sensors.level1.ledger import Plan, Subject
from escalation_sensors.level1.remedies import data_quality, schema_mismatch, source_unavailable
from escalation_sensors.level1.situation import Columns, MayNotAct, Situation
from escalation_sensors.level1.tuning import PLAIN, Tuning

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
GZIP = EOFError("Compressed file ended before the end-of-stream marker was reached")


def after(error: BaseException, tuning: Tuning = PLAIN, **known: object) -> Situation:
    failed = failed_by(error, NOON, Subject("platform", "asset:raw/orders"))
    diagnosis = own_classifier().diagnose(failed["failure"])
    return Situation(diagnosis, NOON, tuning, said=failed["said"], **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "awaited"),
    [
        (FileNotFoundError(2, "No such file or directory: orders.csv"), "waits 5 s for what is missing to come, then"),
        (ConnectionRefusedError(111, "Connection refused"), "waits 5 s for the source to answer, then"),
    ],
    ids=["a missing file", "a server that is down"],
)
def test_what_is_waited_for_is_called_by_its_name(error: OSError, awaited: str) -> None:
    situation = after(error)
    assert situation.diagnosis.category is Category.SOURCE_UNAVAILABLE
    plan = source_unavailable.plan(situation)
    assert isinstance(plan, Plan)
    assert plan.change.startswith(awaited)


def test_nobody_is_told_that_rows_of_a_file_that_is_cut_short_were_set_aside() -> None:
    plan = data_quality.plan(after(GZIP))
    assert isinstance(plan, Plan)
    assert plan.change == "reads the source again, whole: what was read is cut short or damaged"
    again = data_quality.plan(after(GZIP, plan.tuning))
    assert isinstance(again, MayNotAct)
    assert again.reason == "it was read anew, and is cut short or damaged still: it has to be delivered again"


REMEMBERED = Tuning(casts={"seats": "INTEGER", "flown": "BOOLEAN"}, batches=4)


@pytest.mark.parametrize(
    ("said", "casts"),
    [
        ("orders: column seats: '5000000000' is not an INTEGER", {"flown": "BOOLEAN"}),
        ("Conversion Error: value 5000000000 can't be cast, it is out of range for INT32", {}),
        ("the key is there twice", {"seats": "INTEGER", "flown": "BOOLEAN"}),
    ],
    ids=["named", "not named", "about something else"],
)
def test_a_remembered_cast_that_the_source_has_outgrown_is_forgotten(said: str, casts: dict[str, str]) -> None:
    plan = data_quality.plan(after(ValueError(said), REMEMBERED))
    assert isinstance(plan, Plan)
    assert (dict(plan.tuning.casts), plan.tuning.batches) == (casts, 4)


def test_a_cast_that_an_attempt_of_the_case_has_made_stays() -> None:
    plan = data_quality.plan(after(ValueError("seats is not an INTEGER"), REMEMBERED, attempts=1))
    assert isinstance(plan, Plan)
    assert plan.tuning.casts == REMEMBERED.casts


@pytest.mark.parametrize(
    ("seats", "casts"), [("BIGINT", {}), ("SMALLINT", {"seats": "SMALLINT"}), ("INTEGER", {"seats": "INTEGER"})]
)
def test_when_columns_are_compared_a_remembered_cast_counts_only_where_the_type_is_that_of_then(
    seats: str, casts: dict[str, str]
) -> None:
    columns = Columns({"seats": "BIGINT"}, {"seats": seats, "gate": "VARCHAR"})
    tuning = Tuning(casts={"seats": "INTEGER"})
    plan = schema_mismatch.plan(after(ValueError("columns differ"), tuning, columns=columns))
    assert isinstance(plan, Plan)
    assert dict(plan.tuning.casts) == casts
