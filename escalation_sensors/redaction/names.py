"""A name that a secret stands under, and whether a value under it is one. Where such names stand: `named_values.py`.

Which names those are is said in `secret_names.py`.
"""

import re

from escalation_sensors.redaction.judging import (
    code,
    letters_and_digits,
    number,
    path,
    prose,
    random_looking,
    says_nothing,
    strongly_mixed,
    wordish,
)
from escalation_sensors.redaction.kind import ANY_MARK
from escalation_sensors.redaction.secret_names import SEARCHED, Certainty, kind_of
from escalation_sensors.redaction.values import value_of

NAME = rf"(?P<name>(?<![\w.-])[\w.-]{{0,64}}?{SEARCHED}[\w.-]{{0,40}}+)"
_STRUCTURE = re.compile(r"[\s\S]{0,400}?(?:=|://)")
_BASE64_LINES = re.compile(r"(?:\S{1,200}\s{1,20}){0,200}\S{1,200}\s*")
_SPEAKS_OF_SECRETS = re.compile(r"pass|pwd|secret|token|key|cred|auth", re.IGNORECASE)
_BRACED_STRUCTURE = re.compile(r"\s*(?:[\"'][\w -]{0,60}[\"']\s*[:,]|[{\[]\s*[\"'{\[]|\w{1,40}\s*[:=(]\s|$)")
IN_QUOTES = ("double", "single", "triple", "triple_single", "cut", "backtick")
_HEXADECIMAL = re.compile(r"[0-9a-f]{32,128}")
_SHORTEST_LIKELY = 6
_LONGEST_SCHEME = 40
_WORDS_OF_A_PHRASE = 4


def kind_found(found: re.Match[str]) -> str:
    """The kind that the name says."""
    kind = kind_of(found["name"])
    return kind[0] if kind else "secret"


def judged_harmless(name: str, form: str, value: str, following: str, *, at_most: Certainty = Certainty.SURE) -> bool:
    """Whether `value`, written as `form` before the text `following`, is no secret although it is under `name`."""
    kind = kind_of(name)
    if kind is None or _is_harmless_anywhere(kind[0], value) or _is_harmless_as_written(form, value, following):
        return True
    certainty = min(kind[1], at_most)
    if certainty is Certainty.SURE:
        return form in IN_QUOTES and _is_label(value)
    if "://" in value[:_LONGEST_SCHEME] or ("\n" in value and not _BASE64_LINES.fullmatch(value.strip())):
        return True
    if certainty is Certainty.LIKELY:
        return not letters_and_digits(value) and _says_little(value)
    if kind[0] == "key" and name.isupper() and _HEXADECIMAL.fullmatch(value):
        return False
    return _is_unlikely(kind, form, value)


def _says_little(value: str) -> bool:
    return len(value) < _SHORTEST_LIKELY or wordish(value) or number(value) or _is_words(value)


def _is_unlikely(kind: tuple[str, Certainty], form: str, value: str) -> bool:
    if kind[0] == "key" and kind[1] is Certainty.WEAK:
        return not strongly_mixed(value)
    if (kind[1] is not Certainty.WEAK or kind[0] == "password") and letters_and_digits(
        value.rsplit(":", maxsplit=1)[-1]
    ):
        return False
    words = value.split() if form in IN_QUOTES else [value]
    return not any(map(random_looking, words[:_WORDS_OF_A_PHRASE])) and not (
        kind[0] == "otp" and re.fullmatch(r"\d{4,8}", value)
    )


def _is_harmless_anywhere(kind: str, value: str) -> bool:
    # Its parts have been redacted one by one.
    if kind in ("connection-string", "credentials") and ANY_MARK.search(value) and _STRUCTURE.match(value):
        return True
    if says_nothing(value) or path(value) or prose(value):
        return True
    return wordish(value) and bool(_SPEAKS_OF_SECRETS.search(value)) and not re.search(r"\d", value)


def _is_harmless_as_written(form: str, value: str, following: str) -> bool:
    if form in IN_QUOTES:
        # The quote ended the text that held the name.
        return re.match(r"[,;:)\]}]{1,3}(?:\s|$)", value) is not None
    return form in ("bare", "braced") and _is_code_or_prose(form, value, following)


def _is_code_or_prose(form: str, value: str, following: str) -> bool:
    if form == "braced":
        named = not re.search(r"\d", value) and (wordish(value) or code(value, ""))
        return named or bool(_BRACED_STRUCTURE.match(value))
    if code(value, following[:1]):
        return True
    if re.search(r"\d", value):
        return False
    # A sentence goes on after its first word.
    word = value.rstrip(",.;:")
    return (wordish(word) or (word.isalpha() and len(word) < _SHORTEST_LIKELY)) and bool(
        re.match(r"[,.;:]?[ ]\(?[A-Za-z'`]{1,20}(?:[ .,;:)'`]|$)", following)
    )


def _is_label(value: str) -> bool:
    return len(value.split()) > 1 and value[:1].isupper() and prose(value)


def _is_words(value: str) -> bool:
    words = value.split()
    return len(words) > 1 and not any(random_looking(word) for word in words[:40])


def no_named_value(found: re.Match[str]) -> bool:
    """Whether what was found under a name is no secret; nothing but the value follows the name."""
    form, value = value_of(found)
    if form == "whole" and not found["name"].isupper():
        form = "bare"
    return judged_harmless(found["name"], form, value, "\n")
