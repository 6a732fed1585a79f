"""The classifier: one pure function from a failure and rules to a diagnosis."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.codes_in_text import codes_in
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.diagnosis.failure import Failure, Link, vendor_codes
from escalation_sensors.diagnosis.fingerprint import fingerprint
from escalation_sensors.diagnosis.log_reading import links_in, shortened, unwrapped_link, without_quiet_lines
from escalation_sensors.diagnosis.rule import Rule, flattened
from escalation_sensors.diagnosis.rule_index import RuleIndex

NO_RULE = "none"
_LATER_LINK, _WHOLE_TEXT, _QUIET_TEXT = 0.985, 0.88, 0.8
"""How much less a rule is believed on a link further out, on text of which no part stands out as the error, and on text
that its own logger thought harmless."""
_FEW_LINES = 3
_AMBIGUOUS = 0.92
"""How much less a class is believed whose package is not known, where those of that name mean different things."""
_UNSURE, _CLASS_WORDS = 0.65, 0.95
"""Below this the words of the class itself are asked, and how much less a rule is believed that they satisfy."""
_SURE, _CONTRADICTED, _RIVAL, _TELLING, _NEAR, _LONG = 0.9, 0.89, 0.1, 0.86, 0.98, 1_000
"""A sure diagnosis is told as unsure where another rule, telling enough and less than `_RIVAL` behind it, fired on the
same or the next link and says another thing. What a long message (in characters) also holds contradicts nothing."""
_WORD_OF_A_CLASS = re.compile(r"(?<=[a-z0-9])[A-Z]|(?<=[A-Z])[A-Z](?=[a-z])")


class Classifier:
    """Diagnoses failures by rules, in the order of belief: a user's own first, then by confidence, then as they stand.

    Attributes:
        own: rules of the user's; one of them that fires is believed before all others.
        rules: the ladder's own.
    """

    def __init__(self, rules: Sequence[Rule], own: Sequence[Rule] = ()) -> None:
        self._own = RuleIndex(own)
        self._index = RuleIndex(rules)

    def diagnose(self, failure: Failure) -> Diagnosis:
        """The diagnosis of a failure; `unknown` by the rule `none` where no rule fires."""
        if stated := _stated(failure):
            return stated
        belief = _Belief(self._own)
        for link, weight in _weighted(failure):
            belief.ask(link, weight)
        if belief.best is None:
            belief = _Belief(self._index)
            for link, weight in _weighted(failure):
                belief.ask(link, weight)
            if belief.best is None or belief.best.believed < _UNSURE:
                _ask_spelled_out(failure, belief)
        if belief.best is None:
            return _diagnosis(failure, None, 0.5, "", _first(failure))
        best = belief.best
        return _diagnosis(failure, best.rule, belief.confidence(best), best.evidence, best.link)


class _Fired(NamedTuple):
    """A rule that fired, how much it is believed, and on what."""

    believed: float
    rule: Rule
    link: Link
    evidence: str


class _Belief:
    """The surest of the rules asked so far."""

    def __init__(self, index: RuleIndex) -> None:
        self._index = index
        self._near: list[tuple[Link, str, float, list[Rule]]] = []
        self.best: _Fired | None = None

    def ask(self, link: Link, weight: float) -> None:
        """Ask the rules about a link."""
        text = flattened(link.message)
        bare = bool(link.types) and link.types[0] in self._index.ambiguous
        candidates: Iterable[Rule] = self._index.candidates(link, text)
        if weight >= _NEAR and len(text) <= _LONG:
            candidates = kept = list(candidates)
            self._near.append((link, text, weight, kept))
        for rule in candidates:
            believed = rule.confidence * weight
            if bare and rule.rests_on_the_class:
                believed *= _AMBIGUOUS
            if (self.best is None or believed > self.best.believed) and (
                evidence := rule.evidence(link, text)
            ) is not None:
                self.best = _Fired(believed, rule, link, evidence)

    def confidence(self, best: _Fired) -> float:
        """How sure the best is: less so where something that knows as much contradicts it."""
        return _CONTRADICTED if best.believed >= _SURE and self._is_contradicted(best) else best.believed

    def _is_contradicted(self, best: _Fired) -> bool:
        """Whether a rule says another thing nearly as surely, and not only of less than the best one looked at."""
        mine, least = best.rule, max(_TELLING, best.believed - _RIVAL)
        for link, text, weight, candidates in self._near:
            for rule in candidates:
                if rule.category == mine.category or rule.confidence * weight < least:
                    continue
                if mine.asks_for_words and ((rule.codes and mine.codes) or (rule.types and mine.types)):
                    continue
                if rule.rests_on_the_class and mine.types and mine.codes:
                    continue
                if rule.codes and rule.codes_found(link) <= frozenset(mine.codes):
                    continue  # the best names those codes themselves
                if rule.evidence(link, text) is not None:
                    return True
        return False


def _ask_spelled_out(failure: Failure, belief: _Belief) -> None:
    """Ask about a class of which no rule knows, which speaks for itself: `ConnectionShutdown`."""
    for link in (*failure.links, *links_in(failure.text)):
        words = spelled(link.type)
        if words != link.type.lower():
            belief.ask(replace(link, types=(), message=f"{words}: {link.message}"), _CLASS_WORDS)


def spelled(name: str) -> str:
    """The words of a class: `KafkaTimeoutError` is "kafka timeout error"."""
    return _WORD_OF_A_CLASS.sub(r" \g<0>", name.replace("_", " ")).strip().lower()


def _weighted(failure: Failure) -> Iterator[tuple[Link, float]]:
    """What rules are tried on, the likeliest cause first, and how much it counts."""
    weight = 1.0
    for link in failure.links:
        for each in unwrapped_link(link):
            yield replace(each, codes=each.codes | failure.codes), weight
            weight *= _LATER_LINK
    if not failure.text:
        if failure.codes and not failure.links:
            yield Link(codes=failure.codes), 1.0
        return
    for link in links_in(failure.text):
        yield replace(link, codes=link.codes | failure.codes), weight
        weight *= _LATER_LINK
    text = shortened(failure.text)
    loud = without_quiet_lines(text)
    short = text.count("\n") < _FEW_LINES and not failure.links
    yield Link((), loud, codes_in(loud) | failure.codes, quoted=True), 1.0 if short else _WHOLE_TEXT
    if loud != text:
        yield Link((), text, codes_in(text) | failure.codes, quoted=True), _QUIET_TEXT


def _stated(failure: Failure) -> Diagnosis | None:
    """What an exception says of itself; see `exceptions.STATED`."""
    for link in failure.links:
        for code in link.codes:
            if code.startswith("stated:"):
                category = Category(code.removeprefix("stated:"))
                rule = Rule("stated", category, 1.0, recoverable=False if "stated-final" in link.codes else None)
                return _diagnosis(failure, rule, 1.0, f"{link.type} says so", link)
    return None


def _first(failure: Failure) -> Link:
    return failure.links[0] if failure.links else Link()


def _diagnosis(failure: Failure, rule: Rule | None, confidence: float, evidence: str, link: Link) -> Diagnosis:
    category = rule.category if rule else Category.UNKNOWN
    return Diagnosis(
        category=category,
        confidence=round(confidence, 3),
        rule=rule.name if rule else NO_RULE,
        evidence=" ".join(evidence.split())[:300],
        fingerprint=fingerprint(
            code_location=failure.code_location,
            subject=failure.subject,
            category=category,
            exception_type=link.type,
            codes=vendor_codes(link.codes),
        ),
        recoverable=rule.is_recoverable if rule else True,
    )
