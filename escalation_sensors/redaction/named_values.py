"""Values under names of secrets: `name=value`, `name: value`, `"name": "value"`, XML, YAML, pairs of name and value.

Which names those are is said in `secret_names.py`, how values are written in `values.py`, and which values are none of
secrets in `names.py`.
"""

import re

from escalation_sensors.redaction.judging import word_and_number
from escalation_sensors.redaction.kind import Begins, Kind
from escalation_sensors.redaction.names import IN_QUOTES, NAME, judged_harmless, kind_found, no_named_value
from escalation_sensors.redaction.secret_names import Certainty, kind_of
from escalation_sensors.redaction.values import QUOTED, VALUE, value_of

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
_SAYS_LITTLE = re.compile(r"[ ]?(?:(?:is|ist|est|es|lautet)|\||\.{3,60}|\t)[ \t]*+")


def _no_secret(found: re.Match[str]) -> bool:
    form, value = value_of(found)
    following = found.string[found.end(form) : found.end(form) + 40].split("\n", 1)[0]
    if found["sep"] == ":" and found.string[found.start() - 1 : found.start()] == ":":
        return True  # a part of an ARN
    if form == "backtick" and " " in value:
        return True  # a command in a shell
    at_most = Certainty.WEAK if _SAYS_LITTLE.fullmatch(found["sep"]) else Certainty.SURE
    if re.match(r"[ \t]:(?!=)", found["sep"]) and form not in IN_QUOTES:
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


def _told_beside_its_name(pattern: str, *needs: str, begins: Begins = Begins.BEFORE_A_NAME) -> Kind:
    """A secret whose name, and nothing around it, says that it is one."""
    return Kind("secret", pattern, no_named_value, kind_found, needs, begins)


NAMED = (
    _told_beside_its_name(
        rf"(?i:(?<![a-z])(?:name|key|k|id|field|option)[\"']?\s{{0,4}}[:=]\s{{0,4}}[\"']?){NAME}[\"']?[,;]?\s{{0,40}}[\"']?"
        rf"(?i:value|val|v|stringvalue|defaultvalue)[\"']?\s{{0,4}}[:=]\s{{0,4}}(?={VALUE})"
    ),
    _told_beside_its_name(
        rf"<(?:\w{{1,30}}:)?{NAME}(?:\s[^<>]{{0,200}})?>\s{{0,40}}(?:<!\[CDATA\[)?(?=(?P<xml>[^<]++)(?:</|\]\]))",
        "</",
        "]]",
    ),
    _told_beside_its_name(
        rf"(?i:name|key)=[\"']{NAME}[\"']\s{{0,4}}>\s{{0,40}}(?:<value>\s{{0,40}})?(?=(?P<xml>[^<]++)</)", "</"
    ),
    _told_beside_its_name(
        rf"{NAME}{_CLOSED}[ ]?:\s{{0,4}}\{{[^{{}}\n]{{0,200}}?[\"'](?i:value|plaintext)[\"']\s?:\s?(?={QUOTED})",
        "value",
        "plaintext",
        begins=Begins.AT_A_NAME,
    ),
    _told_beside_its_name(
        rf"(?i:name|key)>\s{{0,40}}{NAME}\s{{0,40}}</(?i:\w{{0,3}}name|key)>\s{{0,40}}<(?i:value|string)>\s{{0,40}}(?=(?P<xml>[^<]++))",
        "</",
    ),
    # Secret("..."), and one argument of a command or one variable in quotes.
    Kind(
        "secret",
        rf"(?<![\w.])(?=(?i:secret|pass|token|api|fernet)){NAME}\(\s?b?(?={QUOTED})",
        _no_argument,
        kind_found,
        begins=Begins.AT_A_NAME,
        needs=("(",),
    ),
    Kind(
        "secret",
        rf"(?<='){NAME}=(?=(?P<single>(?:[^'\\\n]|\\[^\n])++)')",
        _no_argument,
        kind_found,
        begins=Begins.AT_A_NAME,
    ),
    Kind(
        "secret",
        rf"(?<=\"){NAME}=(?=(?P<double>(?:[^\"\\\n]|\\[^\n])++)\")",
        _no_argument,
        kind_found,
        begins=Begins.AT_A_NAME,
    ),
    _told_beside_its_name(rf"&lt;{NAME}&gt;(?=(?P<xml>[^&\n]++)&lt;)", "&lt;"),
    _told_beside_its_name(
        rf"(?i:value)[\"']?:[ ]{{0,4}}[\"']?(?=[^\s\"']{{1,200}}+[\"']?,?\s{{1,40}}[\"']?(?i:name|key)[\"']?:\s{{0,4}}"
        rf"[\"']?{NAME})"
        r"(?P<bare>[^\s\"']{1,200}+)",
        "value",
    ),
    Kind(
        "secret",
        rf"set-output[ ]name={NAME}::(?=(?P<line>[^\n]{{1,2000}}+))",
        lambda found: kind_of(found["name"]) is None,
        kind_found,
        needs=("set-output",),
        begins=Begins.BEFORE_A_NAME,
    ),
    # A function that is named as a secret, with a name and a value.
    Kind(
        "secret",
        rf"{NAME}\(\s{{0,4}}[\"'][^\"'\n]{{0,100}}[\"'],\s{{0,4}}(?={QUOTED})",
        _no_argument,
        kind_found,
        needs=("('", '("', "( "),
        begins=Begins.AT_A_NAME,
    ),
    # A line of an environment holds nothing else.
    _told_beside_its_name(
        rf"^[ \t]{{0,8}}(?:export[ ])?{NAME}=(?=(?P<whole>[^\s\"'][^\s]*+)$)", begins=Begins.ON_THE_LINE_OF_A_NAME
    ),
    Kind("secret", rf"{NAME}{_CLOSED}{_SAYS}(?={VALUE})", _no_secret, kind_found, begins=Begins.AT_A_NAME),
    # A sentence that quotes a secret, or has one that no other word looks like.
    Kind(
        "secret",
        rf"{NAME}{_CLOSED}{_TOLD}(?=\\?[\"'](?P<quoted>[^\"'\s\\]{{6,200}})\\?[\"']|(?P<told>[^\s\"'`()<>,;]{{8,200}}+))",
        _no_told_value,
        kind_found,
        begins=Begins.AT_A_NAME,
    ),
    # ("password", "..."), as headers, options and arguments are listed.
    Kind("secret", rf"(?<=[\"']){NAME}[\"'],\s{{0,4}}b?(?={QUOTED})", _no_pair, kind_found, begins=Begins.AT_A_NAME),
)
