"""What spares a search spares no secret: all that any kind would find is where a reading says that it can be."""

import random
from collections.abc import Iterator

import pytest

from escalation_sensors.redaction import redact
from escalation_sensors.redaction.kind import ANY_MARK, Begins, Kind
from escalation_sensors.redaction.reading import Reading
from escalation_sensors.redaction.redact import KINDS
from tests.escalation_sensors.redaction.harmless import harmless
from tests.escalation_sensors.redaction.other_lists import names_of_lists, planted_by_others
from tests.escalation_sensors.redaction.planted import planted

SEED = 20261130
SEARCHED = (Begins.ANYWHERE, Begins.BEFORE_A_NAME)


@pytest.fixture(scope="module")
def readings() -> list[Reading]:
    """Texts with secrets and without, alone and several together, and redacted."""
    texts = [secret.text for secret in planted(SEED, 1)]
    texts += [secret.text for name in names_of_lists() for secret in planted_by_others(name, SEED, 1)]
    texts += harmless(SEED)[::10]
    chance = random.Random(SEED)  # noqa: S311 - not for secrets
    texts += ["\n".join(chance.choices(texts, k=5)) for _ in range(100)]
    texts += [redact(text) for text in texts[::10]]
    return [Reading(text) for text in texts]


def places(kind: Kind, text: str) -> Iterator[int]:
    for found in kind.compiled().finditer(text):
        if not ANY_MARK.fullmatch(found[0]):
            yield found.start()


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_found_only_where_it_may_be(kind: Kind, readings: list[Reading]) -> None:
    for reading in readings:
        found = list(places(kind, reading.text))
        assert not found or reading.may_hold(kind.needs, kind.begins), reading.text
        if found and kind.begins not in SEARCHED:
            assert set(found) <= set(reading.beginnings(kind.begins)), reading.text


def test_every_kind_but_the_tokens_is_sought_only_where_something_says_that_it_may_be() -> None:
    assert [kind.name for kind in KINDS if not kind.needs and kind.begins is Begins.ANYWHERE] == ["token"]


@pytest.mark.parametrize(
    "text",
    [
        "PA\u017f\u017fWORD=Hunter2Zebra",  # the long s is an S that is written otherwise
        "\u0130\u0130\u0130 password=Hunter2Zebra",  # a letter that is two when it is small
        "\u212aey: password=Hunter2Zebra",  # the sign for Kelvin is a K
        "П password=Hunter2Zebra",
    ],
)
def test_letters_of_which_others_become_move_no_name(text: str) -> None:
    assert redact(text) == text.replace("Hunter2Zebra", "[redacted:password]")
