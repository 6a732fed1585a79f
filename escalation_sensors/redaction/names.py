"""Values under names of secrets: `name=value`, `name: value`, `"name": "value"`, XML, YAML, pairs of name and value.

Which names those are is said in `secret_names.py`, how values are written in `values.py`.
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
    word_and_number,
    wordish,
)
from escalation_sensors.redaction.kind import ANY_MARK, Kind
from escalation_sensors.redaction.secret_names import SEARCHED, Certainty, kind_of
from escalation_sensors.redaction.values import QUOTED, VALUE, value_of

NAME = rf"(?P<name>(?<![\w.-])[\w.-]{{0,64}}?{SEARCHED}[\w.-]{{0,40}}+)"
_CLOSED = r"(?:\\{0,3}[\"'`]{1,2}|&quot;|%22)?\]?\)?(?:[ ]\([\w ,.]{1,20}\))?"
_TYPE = (
    r"(?::[ ]?(?!(?i:password|passwd|pwd|secret|token)[ ]?=)[A-Za-z][\w.]{0,30}+(?:\[[\w., |]{0,40}+\])?"
    r"(?:[ ]\|[ ]None)?(?=[ ]?=[^=]))?"
)
_SAYS = (
    rf"(?P<sep>{_TYPE}[ \t]{{0,20}}(?::=|=>|->|==?|\uff1a|:(?!:|//)|%3[DA]|[ ](?:is|ist|est|es|lautet)(?::|(?=[ ]))"
    rf"|[ ]?\|(?=[ ])|\t|[ ]?\.{{3,60}}(?=[ ])|[ ]?<-(?=[ ]))[ \t]{{0,20}}"
    r"|[ ]TO[ ](?=')|\s{1,4}(?=[NE]?'|\$\$))(?:!!?\w{1,20}[ ])?"
)

_TOLD = (
    r"(?:[ ](?:for|of)(?:[ ]user)?[ ]\S{1,60})?"
    r"(?:[ ](?:provided|was|used|is|given|received|entered|sent|supplied)){0,3}:?[ ]"
)

_STRUCTURE = re.compile(r"[\s\S]{0,400}?(?:=|://)")
_BASE64_LINES = re.compile(r"(?:\S{1,200}\s{1,20}){0,200}\S{1,200}\s*")
_SPEAKS_OF_SECRETS = re.compile(r"pass|pwd|secret|token|key|cred|auth", re.IGNORECASE)
_BRACED_STRUCTURE = re.compile(r"\s*(?:[\"'][\w -]{0,60}[\"']\s*[:,]|[{\[]\s*[\"'{\[]|\w{1,40}\s*[:=(]\s|$)")
_IN_QUOTES = ("double", "single", "triple", "triple_single", "cut", "backtick")
_SAYS_LITTLE = re.compile(r"[ ]?(?:(?:is|ist|est|es|lautet)|\||\.{3,60}|\t)[ \t]*+")
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
        return form in _IN_QUOTES and _is_label(value)
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
    words = value.split() if form in _IN_QUOTES else [value]
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
    if form in _IN_QUOTES:
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


def _no_secret(found: re.Match[str]) -> bool:
    form, value = value_of(found)
    following = found.string[found.end(form) : found.end(form) + 40].split("\n", 1)[0]
    if found["sep"] == ":" and found.string[found.start() - 1 : found.start()] == ":":
        return True  # a part of an ARN
    if form == "backtick" and " " in value:
        return True  # a command in a shell
    at_most = Certainty.WEAK if _SAYS_LITTLE.fullmatch(found["sep"]) else Certainty.SURE
    if re.match(r"[ \t]:(?!=)", found["sep"]) and form not in _IN_QUOTES:
        at_most = Certainty.LIKELY
        if (kind_of(found["name"]) or ("", None))[1] is Certainty.WEAK:
            return True
    if form == "bare" and ":" in found["sep"] and "=" not in found["sep"] and _is_state(found, value):
        return True
    return judged_harmless(found["name"], form, value, following, at_most=at_most)


def _is_state(found: re.Match[str], value: str) -> bool:
    """`Invalid token: expired`: a word after a name in the middle of a line."""
    before = found.string[max(0, found.start() - 40) : found.start()].rsplit("\n", 1)[-1]
    return bool(re.fullmatch(r"[a-z]{1,14}[.,;]?", value)) and before.strip(" \t-") != ""


def _no_pair(found: re.Match[str]) -> bool:
    form, value = value_of(found)
    called = re.search(r"\(\s{0,20}[\"']$", found.string[max(0, found.start() - 22) : found.start()])
    if called and re.search(r"\d", value) and (kind_of(found["name"]) or ("", None))[1] is Certainty.SURE:
        return judged_harmless(found["name"], form, value, "")
    return judged_harmless(found["name"], form, value, "", at_most=Certainty.LIKELY if called else Certainty.WEAK)


def _no_told_value(found: re.Match[str]) -> bool:
    form, value = value_of(found)
    value = value.rstrip(".:")
    mixed = all(re.search(some, value) for some in ("[a-z]", "[A-Z]", "[0-9]"))
    if kind_found(found) in ("password", "passphrase"):
        mixed = mixed or word_and_number(value)
    if form == "told" and not mixed and not re.search(r"[A-Za-z0-9][!$%^&*+~]{1,4}[A-Za-z0-9]", value):
        return True
    return judged_harmless(found["name"], form, value, "", at_most=Certainty.WEAK)


def _no_argument(found: re.Match[str]) -> bool:
    form, value = value_of(found)
    several = re.search(r"[\s&;,|][\w.]{1,40}\s?=", value)
    return several is not None or judged_harmless(found["name"], form, value, "", at_most=Certainty.LIKELY)


def no_named_value(found: re.Match[str]) -> bool:
    """Whether what was found under a name is no secret; nothing but the value follows the name."""
    form, value = value_of(found)
    if form == "whole" and not found["name"].isupper():
        form = "bare"
    return judged_harmless(found["name"], form, value, "\n")


NAMED = (
    Kind(
        "secret",
        rf"(?i:(?<![a-z])(?:name|key|k|id|field|option)[\"']?\s{{0,4}}[:=]\s{{0,4}}[\"']?){NAME}[\"']?[,;]?\s{{0,40}}[\"']?"
        rf"(?i:value|val|v|stringvalue|defaultvalue)[\"']?\s{{0,4}}[:=]\s{{0,4}}(?={VALUE})",
        no_named_value,
        kind_found,
    ),
    Kind(
        "secret",
        rf"<(?:\w{{1,30}}:)?{NAME}(?:\s[^<>]{{0,200}})?>\s{{0,40}}(?:<!\[CDATA\[)?(?=(?P<xml>[^<]++)(?:</|\]\]))",
        no_named_value,
        kind_found,
    ),
    Kind(
        "secret",
        rf"(?i:name|key)=[\"']{NAME}[\"']\s{{0,4}}>\s{{0,40}}(?:<value>\s{{0,40}})?(?=(?P<xml>[^<]++)</)",
        no_named_value,
        kind_found,
    ),
    Kind(
        "secret",
        rf"{NAME}{_CLOSED}[ ]?:\s{{0,4}}\{{[^{{}}\n]{{0,200}}?[\"'](?i:value|plaintext)[\"']\s?:\s?(?={QUOTED})",
        no_named_value,
        kind_found,
        needs=("value", "plaintext"),
    ),
    Kind(
        "secret",
        rf"(?i:name|key)>\s{{0,40}}{NAME}\s{{0,40}}</(?i:\w{{0,3}}name|key)>\s{{0,40}}<(?i:value|string)>\s{{0,40}}(?=(?P<xml>[^<]++))",
        no_named_value,
        kind_found,
    ),
    # Secret("..."), and one argument of a command or one variable in quotes.
    Kind(
        "secret", rf"(?<![\w.])(?=(?i:secret|pass|token|api|fernet)){NAME}\(\s?b?(?={QUOTED})", _no_argument, kind_found
    ),
    Kind("secret", rf"(?<='){NAME}=(?=(?P<single>(?:[^'\\\n]|\\[^\n])++)')", _no_argument, kind_found),
    Kind("secret", rf"(?<=\"){NAME}=(?=(?P<double>(?:[^\"\\\n]|\\[^\n])++)\")", _no_argument, kind_found),
    Kind("secret", rf"&lt;{NAME}&gt;(?=(?P<xml>[^&\n]++)&lt;)", no_named_value, kind_found),
    Kind(
        "secret",
        rf"(?i:value)[\"']?:[ ]{{0,4}}[\"']?(?=[^\s\"']{{1,200}}+[\"']?,?\s{{1,40}}[\"']?(?i:name|key)[\"']?:\s{{0,4}}"
        rf"[\"']?{NAME})"
        r"(?P<bare>[^\s\"']{1,200}+)",
        no_named_value,
        kind_found,
    ),
    Kind(
        "secret",
        rf"set-output[ ]name={NAME}::(?=(?P<line>[^\n]{{1,2000}}+))",
        lambda found: kind_of(found["name"]) is None,
        kind_found,
        needs=("set-output",),
    ),
    # A function that is named as a secret, with a name and a value.
    Kind(
        "secret",
        rf"{NAME}\(\s{{0,4}}[\"'][^\"'\n]{{0,100}}[\"'],\s{{0,4}}(?={QUOTED})",
        _no_argument,
        kind_found,
        needs=("('", '("', "( "),
    ),
    # A line of an environment holds nothing else.
    Kind("secret", rf"^[ \t]{{0,8}}(?:export[ ])?{NAME}=(?=(?P<whole>[^\s\"'][^\s]*+)$)", no_named_value, kind_found),
    Kind("secret", rf"{NAME}{_CLOSED}{_SAYS}(?={VALUE})", _no_secret, kind_found),
    # A sentence that quotes a secret, or has one that no other word looks like.
    Kind(
        "secret",
        rf"{NAME}{_CLOSED}{_TOLD}(?=\\?[\"'](?P<quoted>[^\"'\s\\]{{6,200}})\\?[\"']|(?P<told>[^\s\"'`()<>,;]{{8,200}}+))",
        _no_told_value,
        kind_found,
    ),
    # ("password", "..."), as headers, options and arguments are listed.
    Kind("secret", rf"(?<=[\"']){NAME}[\"'],\s{{0,4}}b?(?={QUOTED})", _no_pair, kind_found),
)
