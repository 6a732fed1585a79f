"""How values are written: in quotes of every kind, in braces, or bare up to where the next thing begins.

Each form is a group with its own name, so that a judgement sees how the value was written. Every repetition is
possessive: a value is read once.
"""

import re

_NAME = r"[\w.\-%\[\]]{1,40}+"

# A quote that a letter follows belongs to the value: it was written without care for quotes.
_DOUBLE = r'(?:[^"\\]|\\[\s\S]|""(?=[\w$@#^~*!])|"(?=[\w$@#^~*!]))*+'
_SINGLE = r"(?:[^'\\]|\\[\s\S]|''|'(?=[\w$@#^~*!]))*+"
# Inside another string \" opens and closes, and \\\" belongs to the value.
_ESCAPED = r"(?:[^\\\n]|\\\\\\[\"']|\\\\(?!\\{0,2}[\"'])|\\(?![\"'\\])[^\n])*+"
_ENDING = rf"[,;](?:[\s(\"'\[{{]|$|{_NAME}[=:])"
_BARE = "".join(
    (
        r"(?:[^\s&;,\"'`)\]}>\\<]",
        # \n and the like end a line of another text, \" another string.
        rf"|\\(?![nrt](?:{_NAME}[ ]?[=:]|[\s\"'\\,)]|$))(?![\"'](?:[\s,;:)\]}}\\]|$))(?:[ ])?+",
        rf"|&(?!(?:amp;)?{_NAME}=|quot;)",
        r"|;(?!\s|$|[\"']|[\w .-]{1,40}+=)",
        r"|,(?!\s|$|[\w.-]{1,40}+[=:]|[\"'{\[])",
        # A closing quote or bracket closes before what ends a value, with others between them.
        rf"|[\"'`](?![\"'`]?+[)\]}}>]{{0,8}}+(?:[\s:\\]|{_ENDING}|\.(?:\s|$)|&[\w.;-]{{1,40}}+=|$))",
        rf"|[)\]}}>](?![)\]}}>]{{0,8}}+(?:[\s:\"'\\]|{_ENDING}|\.(?:\s|$)|&[\w.;-]{{1,40}}+=|$))",
        r"|<(?!/))++",
    )
)

QUOTED = "|".join(
    (
        r'"""(?P<triple>(?:[^"\\]|\\[\s\S]|"(?!""))*+)"""',
        r"'''(?P<triple_single>(?:[^'\\]|\\[\s\S]|'(?!''))*+)'''",
        rf'"(?P<double>{_DOUBLE})"',
        rf"'(?P<single>{_SINGLE})'",
        rf"\\+[\"'](?P<escaped>{_ESCAPED})\\+[\"']",
        r"&quot;(?P<entity>[^&\n]*+)&quot;",
        r"`(?P<backtick>[^`\n]++)`",
        r"\$\$(?P<dollars>[^$\n]++)\$\$",
        # Cut off before its end.
        r"[\"'](?P<cut>[^\n]++)",
    )
)
BRACED = r"\{(?P<braced>(?:[^}\n]|\}\})++)\}(?=[;\"'\s,)]|$)"
BARE = rf"(?P<bare>{_BARE})"

VALUE = rf"(?:(?:[bBrRuUfFNE]{{1,2}}(?=[\"']))?(?:\[(?=\\?[\"']))?(?:{QUOTED})|{BRACED}|{BARE})"
"""A value after `name=` or `name: `."""


def value_of(found: re.Match[str]) -> tuple[str, str]:
    """The form of the value that was found and the value."""
    form = found.lastgroup or "secret"
    return form, found[form]
