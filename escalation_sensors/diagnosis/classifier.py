"""The classifier: one pure function from a failure and rules to a diagnosis."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.codes_in_text import codes_in
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.diagnosis.failure import Failure, Link, vendor_codes
from escalation_sensors.diagnosis.fingerprint import fingerprint
from escalation_sensors.diagnosis.log_lines import readable
from escalation_sensors.diagnosis.log_reading import links_in, telling_lines, unwrapped_link, without_quiet_lines
from escalation_sensors.diagnosis.nothing_failed import nothing_failed_but_time_passed
from escalation_sensors.diagnosis.rule import BUILT_IN, Flat, Rule
from escalation_sensors.diagnosis.rule_index import RuleIndex
from escalation_sensors.diagnosis.weighed_words import WeighedWords

NO_RULE = "none"
_SLOW = Rule("nothing_failed", Category.SLOW_PERFORMANCE, 0.5)
_LATER_LINK, _WHOLE_TEXT, _QUIET_TEXT = 0.985, 0.88, 0.8
"""How much less a rule is believed on a link further out, on text of which no part stands out as the error, and on text
that its own logger thought harmless."""
_FEW_LINES = 3
_AMBIGUOUS = 0.92
"""How much less a class is believed whose package is not known, where those of that name mean different things."""
_OF_THE_CODE = frozenset({"AssertionError", "KeyError", "IndexError", "StopIteration"})
_REMARK = 0.7
"""How much less a rule is believed that goes by words alone, where the class says that they are a key or a remark of
the code's own: `KeyError: 'not found'` is a key of that name. Such words do not vote either."""
_UNSURE, _CLASS_WORDS = 0.76, 0.95
"""Below this the words of the class itself are asked, and how much less a rule is believed that they satisfy."""
_SURE, _CONTRADICTED, _RIVAL, _TELLING, _NEAR, _LONG = 0.9, 0.89, 0.1, 0.86, 0.98, 1_000
"""A sure diagnosis is told as unsure where another rule, telling enough and less than `_RIVAL` behind it, fired on the
same or the next link and says another thing. What a long message (in characters) also holds contradicts nothing."""
_LONGEST_VOTE = 2_000
_NAME_OF_AN_ERROR = re.compile(
    r"\b(?:[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"
    r"|(?=\w*(?:error|exce|invalid|expired|fail|timeout|denied|not_found|limit|unavail|conflict|missing))[a-z][a-z0-9]*(?:_[a-z0-9]+)+"
    r"|(?=\w*(?:Error|Exce|Invalid|Expired|Fail|Timeout|TimedOut|Denied|NotFound|Limit|Unavail|Conflict|Missing|Mismatch|Busy|Full|Lock|Cancel"
    r"|Abort|Reject|Refus|Unsupported|Illegal|Already|Too[A-Z]|Corrupt|Malformed|Closed|Exhausted|Killed|Violation|Duplicate|Undefined|Warning))"
    r"[A-Z]\w*[a-z][A-Z]\w*)\b"
)
"""`REQUEST_LIMIT_EXCEEDED`, `token_expired`, `ConsumerBusyException`; names of tables and columns stay as they are."""
_PACKAGE = re.compile(r"\b(?:[a-z_]\w*\.){2,}(?=[A-Z]\w*[a-z])")
"""`java.util.concurrent.` before a class is where it lives, not what happened."""
_FRAME = re.compile(r"(?m)^\s+(?:at |File \"|\.\.\. \d+ more|[~^]+\s*$).*\n?")
_WORD_OF_A_CLASS = re.compile(r"(?<=[a-z0-9])[A-Z]|(?<=[A-Z])[A-Z](?=[a-z])")


class Classifier:
    """Diagnoses failures by rules, in the order of belief: a user's own first, then by confidence, then as they stand.

    Attributes:
        own: rules of the user's; one of them that fires is believed before all others.
        rules: the ladder's own.
    """

    def __init__(self, rules: Sequence[Rule], own: Sequence[Rule] = ()) -> None:
        self._own = RuleIndex([rule for rule in own if not rule.votes])
        self._index = RuleIndex([rule for rule in rules if not rule.votes])
        self._voting = WeighedWords([*own, *rules])

    def diagnose(self, failure: Failure) -> Diagnosis:
        """The diagnosis of a failure; `unknown` by the rule `none` where no rule fires."""
        if stated := _stated(failure):
            return stated
        belief = _believed(self._own, failure)
        if belief.best is None:
            belief = _believed(self._index, failure)
            if belief.best is None or belief.best.believed < _UNSURE:
                _ask_spelled_out(failure, belief)
            if (belief.best is None or belief.best.believed < _UNSURE) and (voted := self._vote(failure, belief.best)):
                return voted
        if belief.best is None:
            slow = nothing_failed_but_time_passed(failure)
            return _diagnosis(failure, _SLOW if slow else None, 0.5, slow, _first(failure))
        best = belief.best
        return _diagnosis(failure, best.rule, belief.confidence(best), best.evidence, best.link)

    def _vote(self, failure: Failure, best: "_Fired | None") -> Diagnosis | None:
        """What the words say, all weighed."""
        already = best.rule if best else None
        links = _links_or_text(failure)
        if _is_remark(links[0]):
            return None
        knows_class = already is not None and already.rests_on_the_class
        vote = self._voting.vote(
            (_spelled_out(replace(link, types=()) if knows_class else link) for link in links), already
        )
        if vote is None and failure.text:
            vote = self._voting.vote([_spelled_text(without_quiet_lines(failure.text))], already)
        if vote is None:
            return None
        if best is not None and best.rule.category == vote.rule.category:
            return _diagnosis(failure, best.rule, max(best.believed, vote.believed), best.evidence, best.link)
        return _diagnosis(failure, vote.rule, vote.believed, ", ".join(map(repr, vote.words)), _first(failure))


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
        self._near: list[tuple[Link, Flat, float, list[Rule]]] = []
        self.best: _Fired | None = None

    def ask(self, link: Link, weight: float) -> None:
        """Ask the rules about a link."""
        text = Flat(link.message)
        bare = bool(link.types) and link.types[0] in self._index.ambiguous
        is_remark = _is_remark(link)
        candidates: Iterable[Rule] = self._index.candidates(link, text)
        if weight >= _NEAR and len(text.text) <= _LONG:
            candidates = kept = list(candidates)
            self._near.append((link, text, weight, kept))
        for rule in candidates:
            believed = rule.confidence * weight
            if bare and rule.rests_on_the_class:
                believed *= _AMBIGUOUS
            if is_remark and not rule.types and not rule.codes:
                believed *= _REMARK
            if (self.best is None or believed > self.best.believed) and (
                evidence := rule.evidence(link, text)
            ) is not None:
                self.best = _Fired(believed, rule, link, evidence)

    def is_at_least(self, weight: float) -> bool:
        """Whether nothing that counts so much could be surer than the best."""
        return self.best is not None and self.best.believed >= weight

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
    for link in _links_or_text(failure):
        said = _spelled_out(link)
        if not _is_remark(link) and said.lower() != f"{link.type}: {link.message}".lower():
            belief.ask(replace(link, types=(), message=said), _CLASS_WORDS)


def _is_remark(link: Link) -> bool:
    return bool(link.types) and link.types[0].rpartition(".")[2] in _OF_THE_CODE


def _links_or_text(failure: Failure) -> tuple[Link, ...]:
    """The links, those that a text tells of included; the text itself if there are none."""
    links = (*failure.links, *links_in(failure.text))
    return links or (Link(message=without_quiet_lines(failure.text) or telling_lines(failure.text), quoted=True),)


def _spelled_out(link: Link) -> str:
    text = _spelled_text(link.message)
    return f"{spelled(link.type)}: {text}" if link.types and link.type not in BUILT_IN else text


def _spelled_text(text: str) -> str:
    """A text in which names of several words are words: `REQUEST_LIMIT_EXCEEDED`, `ConsumerBusyException`."""
    without_frames = _PACKAGE.sub("", _FRAME.sub("", text[: 2 * _LONGEST_VOTE]))[:_LONGEST_VOTE]
    return _NAME_OF_AN_ERROR.sub(
        lambda match: _WORD_OF_A_CLASS.sub(r" \g<0>", match[0].replace("_", " ")), without_frames
    )


def spelled(name: str) -> str:
    """The words of a class: `KafkaTimeoutError` is "kafka timeout error"."""
    return _WORD_OF_A_CLASS.sub(r" \g<0>", name.replace("_", " ")).strip().lower()


def _believed(index: RuleIndex, failure: Failure) -> "_Belief":
    """What the rules say of the links, and of the whole text where that could still be surer."""
    belief = _Belief(index)
    if not index.rules:
        return belief
    weight = 1.0
    links = [each for link in failure.links for each in unwrapped_link(link)]
    told = links_in(failure.text) if failure.text else ()
    for link in (*links, *told):
        belief.ask(replace(link, codes=link.codes | failure.codes), weight)
        weight *= _LATER_LINK
    if not failure.text:
        if failure.codes and not failure.links:
            belief.ask(Link(codes=failure.codes), 1.0)
        return belief
    text = readable(failure.text)
    short = text.count("\n") < _FEW_LINES and not failure.links
    if not short and belief.is_at_least(_WHOLE_TEXT):
        return belief
    loud = without_quiet_lines(text)
    belief.ask(Link((), loud, codes_in(loud) | failure.codes, quoted=True), 1.0 if short else _WHOLE_TEXT)
    if loud != text and not belief.is_at_least(_QUIET_TEXT):
        belief.ask(Link((), text, codes_in(text) | failure.codes, quoted=True), _QUIET_TEXT)
    return belief


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
