"""Columns that differ: only what explains every difference without a doubt is applied."""

from datetime import UTC, datetime

import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.remedies.lossless_cast import is_lossless
from escalation_sensors.level1.remedies.schema_mismatch import plan
from escalation_sensors.level1.situation import Columns, MayNotAct, Situation
from escalation_sensors.level1.tuning import Tuning

EXPECTED = {"flight_date": "DATE", "dep_time": "INTEGER", "tailnum": "VARCHAR"}
DIFFERS = Diagnosis(Category.SCHEMA_MISMATCH, 1.0, "stated", "", "f", recoverable=True)


def planned(
    found: dict[str, str],
    aliases: dict[str, list[str]] | None = None,
    tuning: Tuning | None = None,
    attempts: int = 0,
) -> Plan | MayNotAct:
    metadata = {"escalation/aliases": aliases} if aliases else {}
    return plan(
        Situation(
            DIFFERS,
            datetime(2026, 1, 1, tzinfo=UTC),
            tuning=tuning or Tuning(),
            attempts=attempts,
            metadata=metadata,
            columns=Columns(EXPECTED, found),
        )
    )


def renamed(old: str, new: str) -> dict[str, str]:
    return {new if name == old else name: kind for name, kind in EXPECTED.items()}


def applied(found: Plan | MayNotAct) -> Plan:
    assert isinstance(found, Plan)
    return found


def proposed(found: Plan | MayNotAct) -> str:
    assert isinstance(found, MayNotAct)
    assert found.proposed is not None
    return found.reason


def test_a_new_column_is_taken_in() -> None:
    made = applied(planned({**EXPECTED, "gate": "VARCHAR"}))
    assert dict(made.tuning.added_columns) == {"gate": "VARCHAR"}
    assert made.change == "takes in the new column gate"


def test_a_rename_that_only_case_and_blanks_hide_is_mapped() -> None:
    assert dict(applied(planned(renamed("dep_time", "Dep Time"))).tuning.columns) == {"dep_time": "Dep Time"}


def test_a_rename_that_an_alias_explains_is_mapped() -> None:
    made = applied(planned(renamed("tailnum", "aircraft"), {"tailnum": ["aircraft", "tail"]}))
    assert dict(made.tuning.columns) == {"tailnum": "aircraft"}


def test_a_rename_that_nothing_explains_is_proposed() -> None:
    assert "tailnum is gone" in proposed(planned(renamed("tailnum", "aircraft")))


def test_two_columns_that_could_be_the_renamed_one_are_proposed() -> None:
    found = {**renamed("dep_time", "Dep Time"), "DEP-TIME": "INTEGER"}
    assert "dep_time could be any of DEP-TIME, Dep Time" in proposed(planned(found))


def test_one_column_that_two_missing_ones_could_be_is_proposed() -> None:
    found = {"flight_date": "DATE", "x": "VARCHAR"}
    assert "could be any of" in proposed(planned(found, {"dep_time": ["x"], "tailnum": ["x"]}))


def test_a_column_that_is_gone_is_proposed_even_beside_one_that_could_be_taken_in() -> None:
    found = {name: kind for name, kind in EXPECTED.items() if name != "dep_time"} | {"gate": "VARCHAR"}
    assert "dep_time is gone" in proposed(planned(found))


def test_where_nothing_is_there_that_was_expected_it_is_said_once() -> None:
    assert proposed(planned({"flight_date;dep_time;tailnum": ""})) == (
        "columns flight_date, dep_time, tailnum are gone, and which of these they are now is not known: "
        "flight_date;dep_time;tailnum"
    )


def test_a_type_that_widens_into_the_contracts_is_cast_and_one_that_narrows_is_proposed() -> None:
    assert dict(applied(planned({**EXPECTED, "dep_time": "SMALLINT"})).tuning.casts) == {"dep_time": "SMALLINT"}
    assert "dep_time is BIGINT" in proposed(planned({**EXPECTED, "dep_time": "BIGINT"}))


def test_a_type_that_is_not_known_says_nothing() -> None:
    made = applied(planned({**dict.fromkeys(EXPECTED, ""), "gate": ""}))
    assert (dict(made.tuning.casts), dict(made.tuning.added_columns)) == ({}, {"gate": "VARCHAR"})


def test_what_was_evolved_already_and_fails_again_is_handed_on() -> None:
    known = Tuning(added_columns={"gate": "VARCHAR"})
    assert isinstance(planned({**EXPECTED, "gate": "VARCHAR"}, tuning=known, attempts=1), MayNotAct)


def test_what_another_run_has_evolved_meanwhile_is_run_again_with_it() -> None:
    known = Tuning(added_columns={"gate": "VARCHAR"})
    assert dict(applied(planned({**EXPECTED, "gate": "VARCHAR"}, tuning=known)).tuning.added_columns) == {
        "gate": "VARCHAR"
    }


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("SMALLINT", "INTEGER"),
        ("UINTEGER", "BIGINT"),
        ("INTEGER", "DOUBLE"),
        ("FLOAT", "DOUBLE"),
        ("DECIMAL(10,2)", "DECIMAL(12, 2)"),
        ("INTEGER", "DECIMAL(12,2)"),
        ("DATE", "TIMESTAMP"),
        ("VARCHAR(10)", "VARCHAR"),
        ("character varying(5)", "VARCHAR(10)"),
    ],
)
def test_what_loses_nothing_is_cast(found: str, expected: str) -> None:
    assert is_lossless(found, expected)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("BIGINT", "INTEGER"),
        ("INTEGER", "UINTEGER"),
        ("UBIGINT", "BIGINT"),
        ("UBIGINT", "DECIMAL(19,0)"),
        ("BIGINT", "DOUBLE"),
        ("DOUBLE", "FLOAT"),
        ("DECIMAL(12,2)", "DECIMAL(12,1)"),
        ("DECIMAL(12,2)", "DECIMAL(12,3)"),
        ("TIMESTAMP", "DATE"),
        ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"),
        ("VARCHAR", "VARCHAR(10)"),
        ("VARCHAR", "INTEGER"),
        ("STRUCT(a INTEGER)", "VARCHAR"),
    ],
)
def test_what_may_lose_something_is_not_cast(found: str, expected: str) -> None:
    assert not is_lossless(found, expected)
