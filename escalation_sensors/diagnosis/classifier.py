"""The classifier: one pure function from a failure and rules to a diagnosis."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

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
        best: tuple[float, Rule, Link, str] | None = None
        for index in (self._own, self._index):
            for link, weight in _weighted(failure):
                text = flattened(link.message)
                for rule in index.candidates(link, text):
                    believed = rule.confidence * weight
                    if (best is None or believed > best[0]) and (evidence := rule.evidence(link, text)) is not None:
                        best = (believed, rule, link, evidence)
            if best is not None:
                break
        if best is None:
            return _diagnosis(failure, None, 0.5, "", _first(failure))
        confidence, rule, link, evidence = best
        return _diagnosis(failure, rule, confidence, evidence, link)


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
