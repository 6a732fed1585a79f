"""The audit and pandera's polars backend find the same rows, for every check of texts."""

import re
import warnings
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.data_platform.auditing.kinds import KINDS, TEXTS, column_of, thoroughly
from tests.data_platform.auditing.verdicts import audited, contract_of, field, judged_by_pandera, numbered

PATTERNS = [
    "a",
    "^a",
    "b$",
    "^N[0-9]{1,5}$",
    "[^a]",
    "a|b",
    "^$",
    "e",
    r"\d",
    r"\w",
    r"^\w+$",
    r"\s",
    r"\bab",
    ".",
    "^.$",
    "é",
    "(?i)a",
]


@st.composite
def text_checks(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments for every check of texts."""
    text, length = st.sampled_from(TEXTS), st.integers(0, 4)
    lengths = [length.map(lambda each: {"min_value": each}), length.map(lambda each: {"max_value": each})]
    lengths += [
        length.map(lambda each: {"exact_value": each}),
        st.tuples(length, length).map(lambda both: {"min_value": min(both), "max_value": max(both)}),
    ]
    return {
        "str_matches": draw(st.sampled_from(PATTERNS)),
        "str_contains": draw(st.sampled_from(PATTERNS)),
        "str_startswith": draw(text),
        "str_endswith": draw(text),
        "str_length": draw(st.one_of(lengths)),
    }


@settings(thoroughly, max_examples=120)
@given(frame=column_of(KINDS["text"]), arguments=text_checks(), nullable=st.booleans())
def test_text_checks_fail_the_same_rows(frame: pl.DataFrame, arguments: dict[str, Any], *, nullable: bool) -> None:
    contract = contract_of({"value": pl.String}, {"value": field(nullable=nullable, **arguments)})
    assert audited(frame, contract) == judged_by_pandera(frame, contract)


@pytest.mark.parametrize(
    "arguments",
    [
        {"str_matches": "a|b"},  # pandera reads it as ^a|b, which is found anywhere
        {"str_matches": "(a|b)"},
        {"str_matches": "a$"},
        {"str_matches": "^$"},
        {"str_contains": "^b|a$"},
        {"str_startswith": "x", "ignore_na": False},
        {"isin": ["a", "b"], "ignore_na": False},
        {"notin": ["a", "b"]},
        {"isin": [f"{number}" for number in range(99)] + ["a"]},
        {"notin": [f"{number}" for number in range(99)] + ["a"], "ignore_na": False},
        {"isin": "ab"},
        {"isin": []},
        {"notin": []},
    ],
)
def test_special_cases_are_judged_alike(arguments: dict[str, Any]) -> None:
    values = ["", "a", "b", "ab", "ba", "xb", "xa", "a\n", "\na", "ü", None]
    frame = numbered(pl.DataFrame({"value": pl.Series(values, dtype=pl.String)}))
    contract = contract_of({"value": pl.String}, {"value": field(nullable=True, **arguments)})
    assert audited(frame, contract) == judged_by_pandera(frame, contract)


def is_pattern(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)  # of sets that will mean something else
        try:
            re.compile(text)
        except (re.error, FutureWarning):
            return False
    return True


@settings(thoroughly, max_examples=120)
@given(
    values=st.lists(st.text(max_size=6), max_size=12),
    pattern=st.text(alphabet="ab1^$.|()[]-+*?{},\\dwé \n", max_size=6),
)
def test_any_pattern_is_either_compiled_rightly_or_left_to_pandera(values: list[str], pattern: str) -> None:
    assume(is_pattern(pattern))  # pandera refuses to make a check of anything else
    frame = numbered(
        pl.DataFrame({"value": pl.Series([*values, "a", "b", "ab", "xb", "1a", "a.b", "a\nb"], dtype=pl.String)})
    )
    contract = contract_of({"value": pl.String}, {"value": field(str_matches=pattern, nullable=True)})
    assert audited(frame, contract) == judged_by_pandera(frame, contract)


@thoroughly
@given(
    values=st.lists(st.none() | st.sampled_from(TEXTS[:4]), max_size=6), expected=st.sets(st.sampled_from(TEXTS[:4]))
)
def test_sets_of_values_are_judged_alike(values: list[str | None], expected: set[str]) -> None:
    frame = numbered(pl.DataFrame({"value": pl.Series(values, dtype=pl.String)}))
    contract = contract_of({"value": pl.String}, {"value": field(unique_values_eq=expected, nullable=True)})
    assert audited(frame, contract) == judged_by_pandera(frame, contract)
