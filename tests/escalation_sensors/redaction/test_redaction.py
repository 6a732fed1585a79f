"""How many planted secrets are found and how many harmless texts are left alone. The texts are made beside this."""

import random
import string
import time

import pytest

from escalation_sensors.redaction import redact
from tests.escalation_sensors.redaction.harmless import SENTENCES, harmless
from tests.escalation_sensors.redaction.other_lists import names_of_lists, planted_by_others
from tests.escalation_sensors.redaction.planted import Planted, kinds, planted

SEED = 20261124
ROUNDS = 4
FOUND_AT_LEAST = 0.995
ALTERED_AT_MOST = 0.005
FACTOR = 8
LARGE = 160_000


def _found(secrets: list[Planted]) -> float:
    missed = [secret for secret in secrets if secret.left_in(redact(secret.text))]
    for secret in missed:
        print(f"missed {secret.kind} {secret.surrounding}: {secret.text!r} -> {redact(secret.text)!r}")
    return 1 - len(missed) / len(secrets)


def test_at_least_sixty_kinds_are_planted() -> None:
    assert len(kinds()) >= 60
    assert len(list(planted(SEED, ROUNDS))) >= 2000


def test_secrets_are_found_in_the_surroundings_that_the_patterns_were_tuned_on() -> None:
    assert _found([secret for secret in planted(SEED, ROUNDS) if not secret.apart]) >= FOUND_AT_LEAST


def test_secrets_are_found_in_the_surroundings_kept_apart() -> None:
    assert _found([secret for secret in planted(SEED, ROUNDS) if secret.apart]) >= FOUND_AT_LEAST


@pytest.mark.parametrize("name", names_of_lists())
def test_secrets_are_found_in_a_list_that_another_author_wrote(name: str) -> None:
    assert _found(list(planted_by_others(name, SEED, ROUNDS))) >= FOUND_AT_LEAST


def test_harmless_texts_stay() -> None:
    texts = harmless(SEED)
    altered = [text for text in texts if redact(text) != text]
    for text in altered:
        print(f"altered {text!r} -> {redact(text)!r}")
    assert len(texts) >= 2000
    assert len(altered) / len(texts) <= ALTERED_AT_MOST


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_about_secrets_stays(sentence: str) -> None:
    assert redact(sentence) == sentence


def test_what_is_redacted_stays_so() -> None:
    for secret in planted(SEED, 1):
        once = redact(secret.text)
        assert redact(once) == once, secret


def test_host_user_and_database_of_an_address_stay_readable() -> None:
    assert redact("postgresql://etl:S3cr3t!@db.example.com:5432/prod?sslmode=require") == (
        "postgresql://etl:[redacted:url-password]@db.example.com:5432/prod?sslmode=require"
    )


def test_a_removed_line_of_a_difference_is_no_option() -> None:
    assert redact('-PASSWORD = "correct-horse"') == '-PASSWORD = "[redacted:password]"'


def test_the_other_parameters_of_a_connection_stay_readable() -> None:
    assert redact("host=db port=5432 user=etl password='it\\'s S3cret' dbname=prod") == (
        "host=db port=5432 user=etl password='[redacted:password]' dbname=prod"
    )


def _noise(chance: random.Random) -> str:
    pieces = [
        *string.printable, *"äß\0\u2028",
        "password", "=", ": ", "'", '"', "\\", "\n", "token", "://", "@", "-----BEGIN ",
        "PRIVATE KEY-----", "-----END ", "Authorization: ", "Bearer ", "[redacted:", "]", "[redacted:password]",
        "IDENTIFIED BY ", "mysql -p", "eyJhbGciOiJI.", "ghp_abcdefghijklmnop1234", "{", "}", "Cookie: a=", "&sig=",
        "PWD={",
    ]  # fmt: skip
    return "".join(chance.choices(pieces, k=chance.randrange(1, 60)))


def test_no_text_makes_it_raise_or_redact_twice() -> None:
    chance = random.Random(SEED)  # noqa: S311 - not for secrets
    for _ in range(3000):
        text = _noise(chance)
        once = redact(text)
        assert redact(once) == once, text


ADVERSARIAL = {
    "letters": "a",
    "spaces": " ",
    "quotes": "'\"",
    "backslashes": "\\",
    "names": "password",
    "names and signs": "password=",
    "open quotes": "password='x ",
    "two kinds of open quotes": "password=\"a' token='b\" ",
    "addresses": "a://b:",
    "addresses with a tail": "a://b:c@d/e:f",
    "begun keys": "-----BEGIN PRIVATE KEY-----\n",
    "base64 lines": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo0\n",
    "dashes": "-",
    "headers": "Authorization: ",
    "cookies": "Cookie: a=b;",
    "marks": "[redacted:password] ",
    "half marks": "[redacted:",
    "commands": "mysql -u ",
    "tokens": "eyJhbGci.",
    "braces": "PWD={",
    "tags": "<password>",
    "pairs": "name: password, ",
    "ends of brackets": "token=)]}>",
    "yaml": "password: |\n  x\n",
    "dotted": "a.password.",
    "options": "--password ",
    "sql": "identified by ",
    "ampersands": "token=a&",
    "placeholders": "token=${a}",
    "values before names": "value: a\nname: ",
    "arguments": "connect('a', ",
    "backticks": "password=`a ",
    "tables": "| password | a ",
    "words and numbers": "password=Aa1_",
    "entities": "&lt;password&gt;",
}


@pytest.mark.parametrize("shape", ADVERSARIAL)
def test_eight_times_the_text_takes_about_eight_times_as_long(shape: str) -> None:
    def seconds(length: int) -> float:
        text = (ADVERSARIAL[shape] * length)[:length]
        begun = time.process_time()
        redact(text)
        return time.process_time() - begun

    small = min(seconds(LARGE // FACTOR) for _ in range(2))
    # A quadratic pattern would take 64 times as long.
    assert min(seconds(LARGE) for _ in range(2)) < 3 * FACTOR * max(small, 0.01)
