"""One rule of diagnosis: a value that says when it fires and what it then says. Files of rules: `rule_file.py`."""

import builtins
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property, lru_cache, partial

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.failure import Link


@dataclass(frozen=True)
class Rule:
    """Fires when every condition that it has holds; within one condition any of its values will do.

    Attributes:
        types: classes of the exception or its bases; with a module (`duckdb.IOException`) the top package has to be
            the same, unless the failure names no module.
        codes: `kind:value`, where `*` stands for anything (`sqlstate:08*`).
        says: phrases of the message, in any case, blanks of any kind and number; `…` stands for anything on the way to
            the next words, within the same line.
        says_also: a second such condition.
        unless: phrases that keep it from firing.
        matches: a regular expression over the message, for what phrases cannot say.
        recoverable: where it is another than the category's.
        votes: it is not asked by itself: the words of all such rules are weighed where no other rule is sure.
    """

    name: str
    category: Category
    confidence: float
    types: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    says_also: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    matches: str = ""
    recoverable: bool | None = None
    votes: bool = False

    @property
    def is_recoverable(self) -> bool:
        """Whether an attempt could pass where this rule fires."""
        return self.category.recoverable if self.recoverable is None else self.recoverable

    @cached_property
    def rests_on_the_class(self) -> bool:
        """Whether the class of an exception is all that it asks for."""
        return bool(self.types) and not (self.codes or self.asks_for_words)

    @cached_property
    def asks_for_words(self) -> bool:
        """Whether it asks for words too, or for words alone."""
        return bool(self.says or self.says_also or self.matches)

    def evidence(self, link: Link, text: "Flat") -> str | None:
        """What speaks for the rule in one link, whose message is `text`; else None."""
        if self._unless and _said(self._unless, link, text) is not None:
            return None
        found = []
        for condition in self._conditions:
            one = condition(link, text)
            if one is None:
                return None
            found.append(one)
        return ", ".join(each for each in found if each)

    @cached_property
    def _conditions(self) -> "tuple[Callable[[Link, Flat], str | None], ...]":
        """Each condition that the rule has, as a function that yields what speaks for it."""
        conditions: list[Callable[[Link, Flat], str | None]] = []
        if self.types:
            conditions.append(lambda link, _: _type_of(self.types, link.types))
        if self.codes:
            conditions.append(lambda link, _: next((c for c in sorted(link.codes) if self._is_wanted(c)), None))
        conditions += [partial(_said, phrases) for phrases in (self._says, self._says_also) if phrases]
        if self._matches:
            conditions.append(self._matched)
        return tuple(conditions)

    def codes_found(self, link: Link) -> frozenset[str]:
        """Those of the link's codes that the rule asks for."""
        return frozenset(filter(self._is_wanted, link.codes))

    def _is_wanted(self, code: str) -> bool:
        return any(_like(code, wanted) for wanted in self.codes)

    def _matched(self, link: Link, _: "Flat") -> str | None:
        match = self._matches.search(link.message) if self._matches else None
        return repr(match[0]) if match else None

    @cached_property
    def _says(self) -> "tuple[Phrase, ...]":
        return tuple(map(Phrase, self.says))

    @cached_property
    def _says_also(self) -> "tuple[Phrase, ...]":
        return tuple(map(Phrase, self.says_also))

    @cached_property
    def _unless(self) -> "tuple[Phrase, ...]":
        return tuple(map(Phrase, self.unless))

    @cached_property
    def _matches(self) -> re.Pattern[str] | None:
        return re.compile(self.matches) if self.matches else None

    @cached_property
    def first_phrases(self) -> "tuple[Phrase, ...]":
        """Phrases of which one has to be there, for an index."""
        return self._says or self._says_also


class Flat:
    """A text as phrases are looked for in it.

    Attributes:
        text: in lower case, with single blanks; see `flattened`.
        words: those that it is made of.
    """

    def __init__(self, text: str) -> None:
        self.text = flattened(text)
        self.words = frozenset(_WORD.findall(self.text))


class Phrase:
    """Whole words that stand in a message; `…` stands for anything within the same line, or for the rest of a word."""

    def __init__(self, phrase: str) -> None:
        self.source = flattened(phrase.strip())
        pieces = [piece for piece in self.source.split("…") if piece.strip()]
        self.parts = tuple(piece.strip() for piece in pieces)
        self._pattern = re.compile(r"[^\n]*?".join(map(self._bounded, pieces)))
        self.words = tuple(_WORD.findall(_HALF_WORD.sub(" ", self.source)))
        """Words that are whole in every text that holds the phrase."""
        self.key = max(self.words, key=len, default="")
        """The one that is looked for first; empty if there is none."""

    def _bounded(self, piece: str) -> str:
        """The piece, ending its words where the phrase or a blank does."""
        part = piece.strip()
        open_before = not piece[0].isspace() and not self.source.startswith(piece)
        open_after = not piece[-1].isspace() and not self.source.endswith(piece)
        begin = r"(?<!\w)" if _is_word(part[0]) and not open_before else ""
        end = r"(?!\w)" if _is_word(part[-1]) and not open_after else ""
        return begin + re.escape(part) + end

    def found_in(self, text: str) -> str | None:
        """The words as they stand in a flattened text."""
        for part in self.parts:
            if part not in text:
                return None
        match = self._pattern.search(text)
        return match[0] if match else None


BUILT_IN = frozenset(dir(builtins))
_WORD = re.compile(r"\w+")
_HALF_WORD = re.compile(r"\w*…\w*")
_BLANKS = re.compile(r"[^\S\n]+")
_QUOTES = str.maketrans("\u2019\u2018\u201c\u201d`", "''\"\"'")


def flattened(text: str) -> str:
    """Lower case, single blanks, straight quotes; line breaks stay."""
    return _BLANKS.sub(" ", text.translate(_QUOTES).lower())


def _said(phrases: "Sequence[Phrase]", _: Link, text: Flat) -> str | None:
    words = text.words
    for phrase in phrases:  # written out, since it is the hottest loop
        if not phrase.key or phrase.key in words:
            found = phrase.found_in(text.text)
            if found is not None:
                return repr(found)
    return None


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _type_of(wanted: Sequence[str], types: Sequence[str]) -> str | None:
    for found in types:
        package, name = package_of(found), found.rpartition(".")[2]
        for want in wanted:
            of, last, is_pattern = _parts_of(want)
            if not (fnmatchcase(name, last) if is_pattern else name == last):
                continue
            if not of or package == of or (not package and name == last and name not in BUILT_IN):
                return name
    return None


@cache
def _parts_of(want: str) -> tuple[str, str, bool]:
    """The top package of a wanted class, its name, and whether that is a pattern."""
    return package_of(want), want.rpartition(".")[2], "*" in want


@lru_cache(maxsize=1024)
def package_of(name: str) -> str:
    """The top package of a qualified name: `_duckdb` and `duckdb` are one, psycopg2 and psycopg too."""
    top, dot, _ = name.partition(".")
    return top.lstrip("_").rstrip("0123456789").lower() if dot else ""


def _like(code: str, wanted: str) -> bool:
    return code == wanted or ("*" in wanted and fnmatchcase(code, wanted))
