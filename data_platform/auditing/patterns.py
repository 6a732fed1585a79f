r"""Which regular expressions mean the same to DuckDB (RE2) and to polars (Rust's regex).

RE2's `\d \w \s \b` are ASCII, Rust's are Unicode; a dot, flags, look-around, repetitions of repetitions and operations
on sets (`[a&&b]`, `[a~~b]`) differ too. Patterns with any of these go to pandera.
"""

import re

_SAME = re.compile(
    r"""(?:
        [A-Za-z0-9 _\-,:;/'"=<>!@#%&~`]           # characters that mean themselves
      | [\^$|()*+?]                               # anchors, alternation, groups, repetition
      | \{\d{1,3}(?:,\d{0,3})?\}                  # counted repetition
      | \\[.\-\[\](){}*+?^$|/\\]                  # a special character, escaped
      | \[\^?(?:                                  # a class of ASCII characters, each alone, escaped or of a range
            [A-Za-z0-9 _,:;/'"=<>!@\#%`.+*] | \\[.\-\[\]^\\] | [a-z]-[a-z] | [A-Z]-[A-Z] | [0-9]-[0-9]
        )+-?\]
    )*""",
    re.VERBOSE,
)
# RE2 also refuses a group that is counted too often, (a{100}){100}.
_DIFFERENT = re.compile(r"\(\?|[*+?}][*+{]|\)\{")


def means_the_same(pattern: str) -> bool:
    """Whether both engines find the pattern in the same texts, for all that is known."""
    return _DIFFERENT.search(pattern) is None and _SAME.fullmatch(pattern) is not None
