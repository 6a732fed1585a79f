"""Files of rules: YAML, the ladder's own and a user's alike, validated with the line of what is wrong.

Beside each rule stand its examples: what it fires on, and what it keeps silent on. They are tests, not used here.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.lined_yaml import Lined, LinedYamlError, load_lined_yaml
from escalation_sensors.diagnosis.rule import Rule

MOST_FOR_TEXT = 0.93
"""A rule that rests on words alone is never surer: text does not beat a contradicting code."""
_CODE = re.compile(r"[a-z_]+:\S+")


class RuleFileError(Exception):
    """A file of rules cannot be used; one line that names file and line and says what is wrong."""


class Example(BaseModel):
    """A failure that a rule fires on, or keeps silent on: as `escalation diagnose --jsonl` takes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    exception: str = ""
    message: str = ""


Text = Annotated[str, Field(min_length=1)]


class WrittenRule(BaseModel):
    """A rule as it is written; see `Rule` for what the conditions mean."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: Annotated[str, Field(pattern=r"^[a-z0-9_.-]+$")]
    category: Category
    confidence: Annotated[float, Field(gt=0, le=1)] = 0.9
    types: tuple[Text, ...] = ()
    codes: tuple[Text, ...] = ()
    says: tuple[Text, ...] = ()
    says_also: tuple[Text, ...] = ()
    unless: tuple[Text, ...] = ()
    matches: str = ""
    recoverable: bool | None = None
    votes: bool = False
    fires_on: tuple[Example, ...] = ()
    silent_on: tuple[Example, ...] = ()

    @field_validator("types", "codes", "says", "says_also", "unless", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("fires_on", "silent_on", mode="before")
    @classmethod
    def _text_is_a_message(cls, value: object) -> object:
        values = value if isinstance(value, list) else [value]
        return [{"message": each} if isinstance(each, str) else each for each in values]

    @field_validator("codes")
    @classmethod
    def _are_codes(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        for code in codes:
            if not _CODE.fullmatch(code):
                raise ValueError(f"{code!r} is no code; write kind:value, as in sqlstate:40P01")
        return codes

    @field_validator("matches")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
        return pattern

    @model_validator(mode="after")
    def _has_a_condition(self) -> "WrittenRule":
        if not (self.types or self.codes or self.says or self.says_also or self.matches):
            raise ValueError("it has no condition; give types, codes, says or matches")
        return self

    def as_rule(self) -> Rule:
        """The rule without its examples."""
        rests_on_words = not self.types and not self.codes
        return Rule(
            name=self.rule,
            category=self.category,
            confidence=min(self.confidence, MOST_FOR_TEXT) if rests_on_words else self.confidence,
            types=self.types,
            codes=self.codes,
            says=self.says,
            says_also=self.says_also,
            unless=self.unless,
            matches=self.matches,
            recoverable=self.recoverable,
            votes=self.votes,
        )


def written_rules(path: Path) -> tuple[WrittenRule, ...]:
    """The rules of a file, in their order.

    Raises:
        RuleFileError: it cannot be read, or a rule is wrong.
    """
    try:
        document = load_lined_yaml(path)
    except LinedYamlError as error:
        raise RuleFileError(f"{error}; see `rules:` in the policy file") from error
    if document is None:
        return ()
    if not isinstance(document, list):
        raise RuleFileError(f"{path}:1: a file of rules is a list; begin each rule with `- rule: name`")
    rules = tuple(_rule(path, entry) for entry in document)
    names: dict[str, int] = {}
    for written, entry in zip(rules, document, strict=True):
        if written.rule in names:
            raise RuleFileError(
                f"{path}:{entry.line}: rule {written.rule} stands on line {names[written.rule]} already"
            )
        names[written.rule] = entry.line
    return rules


def load_rules(paths: Sequence[Path]) -> tuple[Rule, ...]:
    """The rules of several files, in their order.

    Raises:
        RuleFileError: one cannot be read, or a rule is wrong.
    """
    return tuple(written.as_rule() for path in paths for written in written_rules(path))


def _rule(path: Path, entry: object) -> WrittenRule:
    if not isinstance(entry, Lined):
        raise RuleFileError(f"{path}: {str(entry)[:60]!r} is no rule; begin each with `- rule: name`")
    try:
        return WrittenRule.model_validate(dict(entry))
    except ValidationError as error:
        first: Any = error.errors(include_url=False, include_context=False)[0]
        key = str(first["loc"][0]) if first["loc"] else ""
        line = entry.lines.get(key, entry.line)
        name = f"rule {entry.get('rule')}" if entry.get("rule") else "a rule without a name"
        told = first["msg"].removeprefix("Value error, ")
        raise RuleFileError(f"{path}:{line}: {name}{', ' + key if key else ''}: {told[:1].lower()}{told[1:]}") from None
