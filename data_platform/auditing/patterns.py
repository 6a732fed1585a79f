"""Which regular expressions mean the same to DuckDB (RE2) and to polars (Rust's regex).

RE2's `\\d \\w \\s \\b` are ASCII, Rust's are Unicode; a dot, flags and look-around differ too. Such patterns go to pandera.
"""

import re

_SAME = re.compile(
    r"""(?:
        [A-Za-z0-9 _\-,:;/'"=<>!@#%&~`]       # characters that mean themselves
      | [\^$|()*+?]                             # anchors, alternation, groups, repetition (no flags: see below)
      | \{\d{1,3}(?:,\d{0,3})?\}                # counted repetition
      | \\[.\-\[\](){}*+?^$|/\\]                # a special character, escaped
      | \[\^?(?:[A-Za-z0-9 _,:;/'"=<>!@\#%~`.+*]|\\[.\-\[\]^\\]|[A-Za-z0-9]-[A-Za-z0-9])+-?\]  # a class of ASCII characters
    )*""",
    re.VERBOSE,
)


def means_the_same(pattern: str) -> bool:
    """Whether both engines find the pattern in the same texts, for all that is known."""
    return "(?" not in pattern and _SAME.fullmatch(pattern) is not None
