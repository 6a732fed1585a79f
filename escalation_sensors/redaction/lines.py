"""Values that have a line of their own: YAML blocks and lists, `name value` alone on a line, the line after a name."""

import re

from escalation_sensors.redaction.judging import prose, random_looking, says_nothing
from escalation_sensors.redaction.kind import Begins, Kind
from escalation_sensors.redaction.names import NAME, judged_harmless, kind_found, no_named_value
from escalation_sensors.redaction.secret_names import Certainty, kind_of
from escalation_sensors.redaction.values import QUOTED, value_of


def _no_next_line(found: re.Match[str]) -> bool:
    _, value = value_of(found)
    if value[-1] in ":,({[" or re.match(r"[-#<>|{(\[]", value):
        return True
    return judged_harmless(found["name"], "bare", value, "\n", at_most=Certainty.WEAK)


def _no_line(found: re.Match[str]) -> bool:
    """A value of several words that has the whole line: neither code nor a sentence nor several values."""
    value = found["line"]
    if re.search(r"[\"'(){}\[\]<>|`]|\w\s?=|: ", value) and not (
        random_looking(value.split()[0]) and re.search(r"\d", value.split()[0])
    ):
        return True
    if re.search(r"[\w.-]=\S|\s[|;&-]|//| if | or | and ", value):
        return True
    kind = kind_of(found["name"])
    if kind is None or kind[1] is not Certainty.SURE or says_nothing(value) or prose(value):
        return True
    return value[:1].isupper() and value.rstrip()[-1:] in ".:!?"


LINES = (
    # A YAML block, whose lines stand deeper than the name.
    Kind(
        "secret",
        rf"^(?P<deep>[ \t]{{0,40}}+)(?:-[ ])?[\"']?{NAME}[\"']?:[ ]{{0,4}}[|>][+-]?\d?[ ]{{0,4}}\n"
        r"(?P=deep)[ \t]++(?P<block>[^\s][^\n]*+(?:\n(?P=deep)[ \t]++[^\s][^\n]*+)*+)",
        lambda found: kind_of(found["name"]) is None or (prose(found["block"]) and " the " in found["block"]),
        kind_found,
        begins=Begins.ON_THE_LINE_OF_A_NAME,
    ),
    Kind(
        "secret",
        rf"^[ \t]{{0,40}}(?:-[ ]|export[ ]|set[ ])?[\"']?{NAME}[\"']?(?:[ \t]{{0,10}}=[ \t]{{0,10}}|:[ \t]{{1,10}})"
        r"(?=(?P<line>[^\s\"'\[{(|>&*#!%][^\s]*+[ ](?:[^\n#\\]|\\(?!n)|(?<!\s)#)*+)$)",
        _no_line,
        kind_found,
        begins=Begins.ON_THE_LINE_OF_A_NAME,
    ),
    # A name alone on a line and its value alone on the next; what pydantic says of a field.
    Kind(
        "secret",
        rf"^[ \t?]{{0,40}}(?:-[ ])?[\"']?{NAME}[\"']?(?:[ \t]{{0,4}}\n[ \t]{{0,40}})?:[ \t]{{0,4}}\n?[ \t]{{1,40}}"
        r"(?:-[ ])?(?=[\"']?(?P<next>[^\s\"']{6,200}+)[\"']?$)",
        _no_next_line,
        kind_found,
        begins=Begins.ON_THE_LINE_OF_A_NAME,
    ),
    Kind(
        "secret",
        rf"^{NAME}\n[^\n]{{0,300}}?input_value=(?={QUOTED})",
        no_named_value,
        kind_found,
        needs=("input_value",),
        begins=Begins.ON_THE_LINE_OF_A_NAME,
    ),
    # A line of nothing but a name and a value.
    Kind(
        "secret",
        rf"^[ \t]{{0,40}}(?:set[ ])?{NAME}[ \t]{{1,20}}(?=[\"']?(?P<after>[^\s\"']{{6,200}}+)[\"']?$)",
        _no_next_line,
        kind_found,
        begins=Begins.ON_THE_LINE_OF_A_NAME,
    ),
)
