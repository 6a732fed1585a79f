"""What a value looks like: a secret, a word, a path or a piece of code. Where it stands is not known here."""

import re

from escalation_sensors.redaction.kind import ANY_MARK

LONGEST_HARMLESS = 200
"""Longer values are taken without being judged, which keeps the time in proportion to the text."""

_SAYS_NOTHING = frozenset(
    """
    none null nil true false yes no on off undefined nan any default empty unset missing required optional enabled
    disabled invalid expired incorrect wrong set given present absent hidden redacted masked removed censored secret
    password passwd pwd token key str string bytes int integer float bool boolean object dict list tuple varchar
    text char number secretstr secretbytes plaintext plain prompt env auto basic bearer digest oauth oauth2 kerberos
    ldap ok failed success error unknown private public same ignore always never n/a na tbd todo self cls using
    pass user username
    """.split()  # noqa: SIM905 - a list of words
)
_MASK = re.compile(r"[*xX•.…#?_-]+|(?:\w{0,6}[-_])?\w{0,8}[*•]{3,}\w{0,4}")
_PLACEHOLDER = re.compile(
    r"""\$?\{+[^{}]*\}+ | \{\{.* | \$\{.* | \$[A-Za-z_]+\d? | \$\d | \$\$ | \$\(.* | `.*
    | %[A-Za-z_]+% | %s | %\(\w+\)s | (?:<[A-Za-z][\w .:/-]*>[:/@]?)+ | <[A-Za-z][A-Za-z_.:]*
    | \?+ | :[A-Za-z_]{0,40}\d? | @[a-z_]{1,40} | \[[A-Za-z_ .-]*\]? | [|>][+-]?\d?
    | (?:your|my|some|the|example|dummy|fake|test|sample)[-_ ][a-z-_ ]* | change[-_]?me
    | ENC\[.* | (?:vault|arn|secretsmanager|ssm|file|env|sm|op|akv|keyvault|projects)[:/][\w:/.@#-]*""",
    re.VERBOSE | re.IGNORECASE,
)
_CODE = re.compile(
    r"(?:await |not |lambda )?(?P<head>[A-Za-z_]\w*(?:\??\.[A-Za-z_]\w*)*)(?P<tail>[(\[][\w.,:=|&/+*(){}\[\]\"'-]*)?"
)
_STRUCTURE = re.compile(r"[\[{(]\s*(?:[\"'\[{(()\]}]|\w+\s*[=:(.]|$)|[\[(](?:\w+[,)]|[a-z_]+)$")
_OF_A_SECRET = re.compile(
    r"pass|pw|secret|tok|key|cred|auth|user|val|param|conf|setting|sess|sig|self|arg", re.IGNORECASE
)
_SHORT_NAME = re.compile(r"[a-z_]{1,3}\d?|[A-Z][A-Za-z]{1,2}")
_NAME_IN_ONE_CASE = re.compile(
    r"_{0,2}(?:[a-z]+\d?(?:_[a-z]+\d?)+|[A-Z]+(?:_[A-Z]+)+)_{0,2}|[a-z]{2,}(?:[A-Z][a-z]{2,})+"
)
_NUMBERED_NAME = re.compile(
    r"(?:self|cls|args?|params?|config|cfg|conf|settings|os|env)(?:\.\w+)+|[a-z_]{1,5}\d|[A-Z_]+_\d"
)
_COMMON_PASSWORD = re.compile(r"pass|admin|secret|root|test|user", re.IGNORECASE)
_WORD_AND_NUMBER = re.compile(
    r"(?=.{6,40}$)[$!]?(?:"
    r"\d{0,3}(?:[A-Za-z]+[-_.!@#$])*[A-Za-z]{3,}\d{2,4}"
    r"|(?:[A-Za-z]{2,}[-_.!@#$])+\d{2,4}"
    r"|[A-Za-z]{3,}\d{2,4}[A-Za-z]{2,}"
    r"|[A-Za-z]*[a-z][0134578][a-z]+\d*"
    r"|[A-Z][0134578][A-Za-z]{4,}\d*"
    r"|[A-Za-z]{2,}[!@$][A-Za-z]{2,}\d+"
    r"|[A-Z]?[a-z]{2,}\d[A-Za-z]{3,}\d{1,3}"
    r"|(?:[A-Z][a-z]+[-_.!]?){2,4}\d{1,4}"
    r")[!?$#*.]?"
)
_ONE_WORD = re.compile(r"(?=(?:[^A-Za-z]*[A-Za-z]){3})[A-Za-z0-9!._@#$%^&*+=~?-]{6,40}")
_VERSION = re.compile(r"\d\.\d|\d{4}-\d\d|[<>=~]=")
_TECHNICAL = re.compile(
    r"(?:hmac|pbkdf|scram|sha|md|utf|base|blake|[hrep]s|u?int|float|char|varchar|ascii|cp|iso|win(?:dows)?|python|postgres|"
    r"arm|amd|aes|rsa|dsa|ed|secp|prime|part|step|worker|node|test|user|host|line|row|col|year|version|key|tls|ssl|oauth|"
    r"krb|ipv|http|x|ora|error|code|http-|exit|run|task|page|q[1-4]|type|arg|var|val|tmp|node|item|foo|bar)[-_.]?"
    r"(?:sha[-_]?)?\d+[a-z]{0,8}\d{0,2}",
    re.IGNORECASE,
)
_SEGMENTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[A-Z]|\d+")
_DIGITS_INSIDE = re.compile(r"[A-Za-z]\d+[A-Za-z]")
_UNSPEAKABLE = re.compile(r"(?i:(?!https|length)[bcdfghjklmnpqrstvwxz]{5,})")
_MIXED = re.compile(r"[a-z][A-Z]{2,}[0-9]|[0-9][a-z]+[A-Z]|[0-9][A-Z]+[a-z]+[A-Z]|[a-z][A-Z]{3,}[a-z]|\d[A-Za-z]\d")
_WORDS_ONLY = re.compile(r"[A-Za-z0-9 |_\-./:@,'\\]+")
_PATH = re.compile(
    r"(?:~|\.{0,2}|[A-Za-z]:)?[/\\][\w./\\ @-]*|[\w-]+(?:/[\w.-]+)+|"
    r"[\w./-]+\.(?:py|json|ya?ml|pem|key|txt|crt|p8|p12|env|toml|sql)"
)
_COMMON = re.compile(
    r"\b(?:the|a|an|to|for|of|is|are|was|be|or|and|not|used|if|in|with|from|must|should|when|by|that|this|your|has|"
    r"no|does|did|can|cannot|could|will|must|may|on|at|as|it|than|expected|got|invalid|missing|failed|denied)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[-+]?\d[\d.,:_ -]*(?:[a-z%]{1,3})?")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{3,8}")
_AROUND_MARKS = re.compile(r"\\[nrt]|\W|bearer|basic|token", re.IGNORECASE)

_VOWELS = re.compile(r"[aeiouyAEIOUY]")

_ENOUGH_LETTERS = 8
_SHORTEST_SECRET = 6
_SHORT = 4
_LONGEST_MIXED_WORD = 20
_MOST_NUMBERS = 2
_LETTERS_A_WORD = 3.3
_LETTERS_A_NUMBER = 4
_WORDS_LOOKED_AT = 12


def says_nothing(value: str) -> bool:
    """Whether `value` is a word for a value, a mask, a placeholder, or only marks of what was redacted."""
    bare = ANY_MARK.sub("", value)
    if bare != value and len(_AROUND_MARKS.sub("", bare)) < _SHORT:
        return True
    if len(value) > LONGEST_HARMLESS:
        return False
    bare = value.strip().strip("\"'()[]{},;.!").lower()
    return not bare or bare in _SAYS_NOTHING or bool(_MASK.fullmatch(value) or _PLACEHOLDER.fullmatch(value))


def wordish(value: str) -> bool:
    """Whether `value` is made of words and small numbers, as `db-credentials`, `Token.Name` or `test_login_2`."""
    if len(value) > LONGEST_HARMLESS or not _WORDS_ONLY.fullmatch(value) or _MIXED.search(value):
        return False
    if len(value) > _LONGEST_MIXED_WORD and _DIGITS_INSIDE.search(value):
        return False
    segments = _SEGMENTS.findall(value)
    words = [segment for segment in segments if not segment[0].isdigit()]
    numbers = [segment for segment in segments if segment[0].isdigit()]
    letters = sum(map(len, words))
    return (
        bool(words)
        and not any(map(_UNSPEAKABLE.search, words))
        and letters >= max(_LETTERS_A_WORD * len(words), _LETTERS_A_NUMBER * len(numbers))
        and (letters < _ENOUGH_LETTERS or len(_VOWELS.findall(value)) >= letters / 5)
        and len(numbers) <= _MOST_NUMBERS
        and all(len(number) <= _SHORT for number in numbers)
    )


def word_and_number(value: str) -> bool:
    """Whether `value` is a word with a number to it, as people make passwords: `Summer24`, `T0pSecret1`."""
    return (
        len(value) <= LONGEST_HARMLESS and bool(_WORD_AND_NUMBER.fullmatch(value)) and not _TECHNICAL.fullmatch(value)
    )


def letters_and_digits(value: str) -> bool:
    """Whether `value` has at least three letters and two digits that are none of a technical term's or a version's."""
    if word_and_number(value):
        return True
    if not _ONE_WORD.fullmatch(value) or _VERSION.search(value):
        return False
    parts = [part for part in re.split(r"[-_.]", value) if not _TECHNICAL.fullmatch(part)]
    return sum(map(str.isdigit, "".join(parts))) > 1


def strongly_mixed(value: str) -> bool:
    """Whether `value` is long and of small and large letters and digits, as generated keys are."""
    return (
        bool(re.fullmatch(r"[A-Za-z0-9+=_~-]{20,200}", value))
        and random_looking(value)
        and all(re.search(some, value) for some in ("[a-z].*[a-z]", "[A-Z].*[A-Z]", "[0-9].*[0-9]"))
    )


def code(value: str, following: str) -> bool:
    """Whether the unquoted `value`, before `following`, is a name, an attribute, a call or a structure in code."""
    if len(value) > LONGEST_HARMLESS:
        return False
    if _STRUCTURE.match(value) and not value.startswith("{{"):
        return True
    found = _CODE.fullmatch(value)
    if not found or not all(map(_is_name, found["head"].split("."))):
        return False
    if found["tail"]:
        return len(found["head"]) > 1 and not any(
            random_looking(part) and not _is_name(part) for part in re.split(r"\W+", found["tail"])
        )
    if re.search(r"\d", value):
        # password1 is one; pw2 and self.key1 are variables.
        return bool(_NUMBERED_NAME.fullmatch(value)) and not _COMMON_PASSWORD.match(value)
    return (
        following in ("(", "[", ",", ")")
        or "." in value
        or len(value) < _SHORTEST_SECRET
        or _OF_A_SECRET.search(value) is not None
    )


def _is_name(part: str) -> bool:
    if re.search(r"\d{3}", part):
        return False
    if _SHORT_NAME.fullmatch(part) or wordish(part.rstrip("0123456789")):
        return True
    return bool(_NAME_IN_ONE_CASE.fullmatch(part)) and not any(map(_UNSPEAKABLE.search, _SEGMENTS.findall(part)))


def prose(value: str) -> bool:
    """Whether `value` is a piece of a sentence."""
    words = value[: 20 * LONGEST_HARMLESS].split()
    return (
        len(words) > 1
        and bool(_COMMON.search(value))
        and all(
            wordish(word.strip("\"'`()[]{}<>,.;:!?*=%")) or len(word) <= _SHORT for word in words[:_WORDS_LOOKED_AT]
        )
    )


def path(value: str) -> bool:
    """Whether `value` is the path of a file."""
    if len(value) > LONGEST_HARMLESS or not _PATH.fullmatch(value):
        return False
    return all(wordish(part) or len(part) < _SHORT for part in re.split(r"[/\\.]", value) if part)


def number(value: str) -> bool:
    """Whether `value` is a number, a date, a time or a colour."""
    return len(value) <= LONGEST_HARMLESS and bool(_NUMBER.fullmatch(value) or _COLOUR.fullmatch(value))


def random_looking(value: str) -> bool:
    """Whether `value` mixes letters, digits and others as no word does."""
    if len(value) > LONGEST_HARMLESS:
        return True
    if len(value) < _SHORTEST_SECRET or " " in value or wordish(value) or number(value) or path(value):
        return False
    small, large, digit, other = (bool(re.search(some, value)) for some in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9_]"))
    return small + large + digit + other > 1 and (digit or (small and large))
