"""What decides between rules: the innermost cause, then belief; and what a fingerprint is made of."""

import dataclasses

import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.classifier import NO_RULE, Classifier
from escalation_sensors.diagnosis.failure import Failure, Link
from escalation_sensors.diagnosis.observed import failure_from
from escalation_sensors.diagnosis.own_rules import own_classifier
from escalation_sensors.diagnosis.rule import Phrase, Rule, flattened

LOCKED = Rule("locked", Category.SCHEDULING_CONFLICT, 0.9, says=("is locked",))
REFUSED = Rule("refused", Category.SOURCE_UNAVAILABLE, 0.95, types=("ConnectionRefusedError",))
NOT_FOUND = Rule("not_found", Category.SOURCE_UNAVAILABLE, 0.9, codes=("http:404", "sqlstate:08*"))


def decided(failure: Failure, *rules: Rule) -> str:
    return Classifier(rules).diagnose(failure).rule


def test_between_equals_the_innermost_cause_decides() -> None:
    inner, outer = Link(("A",), "the table is locked"), Link(("B",), "the file is locked")
    assert own_evidence(Failure(links=(inner, outer))) == "'is locked'"
    other = dataclasses.replace(LOCKED, name="other", types=("B",))
    assert decided(Failure(links=(inner, outer)), other, LOCKED) == "locked"


def own_evidence(failure: Failure) -> str:
    return Classifier([LOCKED]).diagnose(failure).evidence


def test_a_code_decides_over_words() -> None:
    link = Link(message="the page is locked", codes=frozenset({"http:404"}))
    surer = dataclasses.replace(NOT_FOUND, confidence=0.95)
    assert decided(Failure(links=(link,)), LOCKED, surer) == "not_found"


def test_a_class_stands_for_what_is_derived_from_it_and_for_its_name_alone() -> None:
    derived = Link(("my.Refused", "ConnectionRefusedError", "OSError"), "")
    assert decided(Failure(links=(derived,)), REFUSED) == "refused"
    assert decided(Failure(links=(Link(("ConnectionRefusedError",), ""),)), REFUSED) == "refused"


@pytest.mark.parametrize(
    ("rule_type", "found", "fires"),
    [
        ("duckdb.IOException", "_duckdb.IOException", True),
        ("duckdb.IOException", "other.IOException", False),
        ("duckdb.IOException", "IOException", True),
        ("psycopg.errors.DeadlockDetected", "psycopg2.errors.DeadlockDetected", True),
        ("sqlalchemy.exc.TimeoutError", "TimeoutError", False),  # a name of Python's own
        ("duckdb.*", "duckdb.Error", True),
        ("duckdb.*", "ValueError", False),
        ("*OutOfMemoryError", "torch.cuda.OutOfMemoryError", True),
    ],
)
def test_a_class_with_a_package_is_of_that_package(rule_type: str, found: str, fires: bool) -> None:  # noqa: FBT001 - a case
    rule = Rule("typed", Category.UNKNOWN, 0.9, types=(rule_type,))
    assert (decided(Failure(links=(Link((found,), "x"),)), rule) == "typed") is fires


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("is locked", "The database\tis   LOCKED now", True),
        ("is locked", "this locked", False),
        ("lock … timeout", "lock request hit its timeout", True),
        ("lock … timeout", "lock request\nhit its timeout", False),
        ("throttl…", "Throttling", True),
        ("throttl…", "rethrottled", False),
        ("…_lock", "pg_lock", True),
        ("can't open", "can\u2019t open", True),
        ("(08006)", "state(08006)x", True),
    ],
)
def test_a_phrase_is_whole_words_of_one_line(phrase: str, text: str, found: bool) -> None:  # noqa: FBT001 - a case
    assert (Phrase(phrase).found_in(flattened(text)) is not None) is found
    rule = Rule("said", Category.UNKNOWN, 0.9, says=(phrase,))
    # Through the index, too, which files the rule under one of its words.
    assert (decided(Failure(text=text), rule) == "said") is found


def test_where_no_rule_fires_it_is_unknown_and_unsure() -> None:
    found = Classifier([]).diagnose(Failure(text="something"))
    assert (found.category, found.rule, found.recoverable) == (Category.UNKNOWN, NO_RULE, True)
    assert found.confidence <= 0.5


def test_a_failure_without_an_exception_is_diagnosed_by_its_codes() -> None:
    killed = own_classifier().diagnose(Failure(codes=frozenset({"signal:9"})))
    assert killed.category is Category.OUT_OF_MEMORY


def test_a_fingerprint_is_of_the_cause_and_not_of_the_run() -> None:
    one = failure_from("duckdb.OutOfMemoryException", "could not allocate 12 MB in run 1 of partition 2013-01-01")
    two = failure_from("duckdb.OutOfMemoryException", "could not allocate 99 MB in run 2 of partition 2013-01-02")
    classify = own_classifier().diagnose
    assert classify(one).fingerprint == classify(two).fingerprint
    elsewhere = dataclasses.replace(two, subject="asset:core/flight")
    assert classify(elsewhere).fingerprint != classify(two).fingerprint
    other = failure_from("psycopg2.errors.DeadlockDetected", "deadlock detected")
    assert classify(other).fingerprint != classify(one).fingerprint


def test_a_class_of_which_no_rule_knows_speaks_for_itself() -> None:
    lost = Rule("lost", Category.SOURCE_UNAVAILABLE, 0.8, says=("connection shutdown",))
    found = Classifier([lost]).diagnose(Failure(links=(Link(("cassandra.ConnectionShutdown",), ""),)))
    assert (found.rule, found.confidence) == ("lost", 0.76)


def test_it_is_told_as_unsure_where_what_knows_as_much_says_another_thing() -> None:
    link = Link(("ConnectionRefusedError",), "the table is locked")
    found = Classifier([REFUSED, LOCKED]).diagnose(Failure(links=(link,)))
    assert (found.rule, found.confidence) == ("refused", 0.89)
    assert Classifier([REFUSED]).diagnose(Failure(links=(link,))).confidence == 0.95


def test_a_rule_for_many_codes_does_not_contradict_one_that_names_the_code() -> None:
    many = Rule("many", Category.CODE_DEFECT, 0.9, codes=("sqlstate:08*",))
    one = Rule("one", Category.SOURCE_UNAVAILABLE, 0.95, codes=("sqlstate:08006",))
    link = Link(codes=frozenset({"sqlstate:08006"}))
    assert Classifier([many, one]).diagnose(Failure(links=(link,))).confidence == 0.95


def test_a_bare_name_that_classes_of_several_packages_have_is_believed_less() -> None:
    ours = Rule("ours", Category.CODE_DEFECT, 0.95, types=("yaml.ParserError",))
    theirs = Rule("theirs", Category.DATA_QUALITY, 0.95, types=("pandas.ParserError",))
    bare, full = (
        Classifier([ours, theirs]).diagnose(Failure(links=(Link((name,), ""),)))
        for name in ("ParserError", "pandas.errors.ParserError")
    )
    assert bare.confidence < 0.9 < full.confidence


@pytest.mark.parametrize(
    ("type_name", "message"),
    [("KeyError", "'not found'"), ("KeyError", "'no such key'"), ("AssertionError", "disk full flag expected")],
)
def test_words_that_are_a_key_or_a_remark_of_the_code_are_never_sure(type_name: str, message: str) -> None:
    found = own_classifier().diagnose(failure_from(type_name, message))
    assert found.category != Category.SOURCE_UNAVAILABLE
    assert found.confidence < 0.75
