"""Words that vote: the last resort, where no rule is sure. All that a text says is weighed; the heaviest category wins.

A phrase of two words counts more than two phrases of one. Where each stands does not count, only how near its link is
to the cause. Which words vote stands in the rules marked `votes`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from escalation_sensors.diagnosis.rule import Flat, Phrase, Rule, flattened
from escalation_sensors.diagnosis.things_and_troubles import troubles_of_things

if TYPE_CHECKING:
    from escalation_sensors.diagnosis.category import Category

_LINK = 0.4
"""How much less the words of each link further out weigh."""
_PAIR = 0.6
"""How much a thing and its trouble weigh."""
_NO_CAUSE = 0.5
"""How much less words weigh that name no cause: "job failed" stands beside most causes."""
_GUESS, _TOLD = 0.55, 0.7
"""A rule's confidence that is no more than a guess, and that from which it knows, if only that there is no cause."""
_SINGLE_WORD, _LEAST = 0.6, 0.5
_LEAST_SHARE, _MOST = 0.45, 0.85
_LONGEST_TEXT, _LONGEST_WORDS = 2_000, 90
_TAKEN = " | "
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True)
class Vote:
    """The rule whose words weigh most, how much it is believed, and those words."""

    rule: Rule
    believed: float
    words: tuple[str, ...]


class WeighedWords:
    """The rules that vote."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._by_word: dict[str, list[tuple[Phrase, Rule]]] = {}
        for rule in rules:
            if rule.votes:
                for phrase in rule.first_phrases:
                    self._by_word.setdefault(phrase.key, []).append((phrase, rule))
        self._of_category: dict[Category, Rule] = {}
        for rule in rules:
            if rule.votes:
                self._of_category.setdefault(rule.category, rule)

    def vote(self, texts: Iterable[str], already: Rule | None) -> Vote | None:
        """The heaviest; None if no words speak, or several categories about as loudly.

        Args:
            texts: what the links say, the likeliest cause first.
            already: the rule that fired without being sure; it counts as some words of its category.
        """
        said: dict[Category, dict[Rule, list[str]]] = {}
        weights: dict[Category, float] = {already.category: _weight_of(already)} if already else {}
        factor = 1.0
        for text in texts:
            for rule, phrase in self._said_in(Flat(text[:_LONGEST_TEXT])):
                said.setdefault(rule.category, {}).setdefault(rule, []).append(phrase)
                weights[rule.category] = weights.get(rule.category, 0.0) + factor * _weight(phrase) * _share_of(rule)
            for category, weight, pair in troubles_of_things(flattened(text[:_LONGEST_TEXT])):
                speaker = next(iter(said.get(category, {})), None) or self._of_category.get(category)
                if speaker is not None:
                    said.setdefault(category, {}).setdefault(speaker, []).append(pair)
                    weights[category] = weights.get(category, 0.0) + factor * _PAIR * weight
            factor *= _LINK
        if not said:
            return None
        best = max(weights, key=lambda category: weights[category])
        share = weights[best] / sum(weights.values())
        if share < _LEAST_SHARE or best not in said or weights[best] < _LEAST:
            return None
        rule = max(said[best], key=lambda each: sum(map(_weight, said[best][each])))
        words = [word for each in said[best].values() for word in each]
        return Vote(rule, round(min(_MOST, 0.5 + 0.35 * share), 3), tuple(dict.fromkeys(words)))

    def _said_in(self, flat: Flat) -> Iterator[tuple[Rule, str]]:
        """What is said of what; the longest first, and what is part of it not again."""
        found = [
            (words, rule)
            for key in flat.words & self._by_word.keys()
            for phrase, rule in self._by_word[key]
            if (words := phrase.found_in(flat.text)) is not None and len(words) <= _LONGEST_WORDS
        ]
        text = flat.text
        for words, rule in sorted(found, key=lambda each: (-len(each[0]), each[1].name)):
            if words in text:
                yield rule, words
                text = text.replace(words, _TAKEN)


def _weight_of(already: Rule) -> float:
    """A rule that is nearly sure weighs as much as a phrase of three words, one that only guesses as one word."""
    weight = 0.5 + max(0.0, already.confidence - _GUESS) * 20
    return weight * _share_of(already) if already.confidence < _TOLD else weight


def _share_of(rule: Rule) -> float:
    return _NO_CAUSE if rule.category == "unknown" else 1.0


def _weight(phrase: str) -> float:
    words = len(_WORDS.findall(phrase))
    return _SINGLE_WORD if words == 1 else words**1.5
