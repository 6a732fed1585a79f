"""Where no rule is sure, words vote: longer phrases weigh more, and so does what stands nearer to the cause."""

import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.classifier import Classifier
from escalation_sensors.diagnosis.observed import failure_from
from escalation_sensors.diagnosis.rule import Rule

TIME = Rule("time", Category.PIPELINE_TIMEOUT, 0.8, says=("too late", "clock"), votes=True)
LOCK = Rule("lock", Category.SCHEDULING_CONFLICT, 0.8, says=("clock tower is taken", "tower", "key"), votes=True)
GUESS = Rule("guess", Category.CODE_DEFECT, 0.6, types=("OddError",))


def decided(exception: str, message: str, *rules: Rule) -> str:
    return Classifier(rules or (TIME, LOCK)).diagnose(failure_from(exception, message)).rule


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        ("too late for the key", "time"),
        ("the clock tower is taken", "lock"),  # whose words are not the clock's again
        ("the key to the tower is too late", "time"),
        ("nothing is said", "none"),
        ("Lost: the clock\nERROR the key is too late", "time"),
    ],
)
def test_the_heaviest_words_decide(message: str, rule: str) -> None:
    assert decided("", message) == rule


def test_they_are_never_sure() -> None:
    found = Classifier([TIME]).diagnose(failure_from("", "too late, too late"))
    assert (found.category, found.confidence) == (Category.PIPELINE_TIMEOUT, 0.85)


def test_they_are_asked_only_where_no_rule_is_sure() -> None:
    sure = Rule("sure", Category.CODE_DEFECT, 0.9, types=("OddError",))
    assert decided("OddError", "too late", sure, TIME) == "sure"
    assert decided("OddError", "too late", GUESS, TIME) == "time"
    assert decided("OddError", "clock", GUESS, TIME) == "guess"  # one word is no more than a guess


def test_names_of_errors_are_words_and_names_of_columns_are_not() -> None:
    limit = Rule("limit", Category.SOURCE_UNAVAILABLE, 0.8, says=("request limit",), votes=True)
    assert decided("", "[REQUEST_LIMIT_EXCEEDED] no", limit) == "limit"
    assert decided("", "the RequestLimitExceededException came", limit) == "limit"
    assert decided("", "my key_to_tower is wide") == "none"


def test_words_that_name_no_cause_weigh_less_than_those_that_do() -> None:
    nothing = Rule("nothing", Category.UNKNOWN, 0.6, says=("job did fail",), votes=True)
    assert decided("", "the job did fail", nothing, TIME) == "nothing"
    assert decided("", "the job did fail, too late", nothing, TIME) == "time"


def test_the_package_of_a_class_says_nothing() -> None:
    assert decided("", "it came through com.clock.tower.key.OddThing") == "none"


def test_of_a_log_that_is_all_informative_the_lines_of_trouble_vote() -> None:
    log = "2024-05-01 03:11:00 INFO the clock tower is taken care of\n2024-05-01 03:11:01 INFO it failed, too late"
    assert decided("", log) == "time"
