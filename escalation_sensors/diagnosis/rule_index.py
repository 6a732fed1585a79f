"""Finds the few rules that can fire on a link, out of hundreds: by what they need to be there."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from escalation_sensors.diagnosis.failure import Link
from escalation_sensors.diagnosis.rule import BUILT_IN, Flat, Rule, package_of


class RuleIndex:
    """Rules in their order, each filed under one thing it needs: a word of each phrase, a code, or a type."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        words: dict[str, int] = defaultdict(int)
        for rule in rules:
            for phrase in rule.first_phrases:
                for word in phrase.words:
                    words[word] += 1
        self._by_word: dict[str, list[int]] = defaultdict(list)
        self._by_code: dict[str, list[int]] = defaultdict(list)
        self._by_type: dict[str, list[int]] = defaultdict(list)
        self._by_package: dict[str, list[int]] = defaultdict(list)
        """Those that a pattern over the classes of one package fires on."""
        self._always: list[int] = []
        self.ambiguous = _ambiguous(rules)
        for number, rule in enumerate(rules):
            for shelf in self._shelves(rule, words):
                shelf.append(number)

    def candidates(self, link: Link, text: Flat) -> Iterator[Rule]:
        """The rules that may fire, in their order."""
        numbers = set(self._always)
        for word in text.words & self._by_word.keys():
            numbers.update(self._by_word[word])
        for code in link.codes:
            numbers.update(self._by_code.get(code, ()))
            numbers.update(self._by_code.get(code.partition(":")[0] + ":*", ()))
        for name in link.types:
            numbers.update(self._by_type.get(name.rpartition(".")[2], ()))
            numbers.update(self._by_package.get(package_of(name), ()))
        for number in sorted(numbers):
            yield self.rules[number]

    def _shelves(self, rule: Rule, words: dict[str, int]) -> Iterable[list[int]]:
        if rule.codes:
            return [self._by_code[_shelf_of(code)] for code in rule.codes]
        if rule.types and not any("*" in name and not package_of(name) for name in rule.types):
            return [
                self._by_package[package_of(name)] if "*" in name else self._by_type[name.rpartition(".")[2]]
                for name in rule.types
            ]
        keys = [
            min(phrase.words, key=lambda word: (words[word], -len(word)), default=None) for phrase in rule.first_phrases
        ]
        if keys and None not in keys:
            return [self._by_word[key] for key in keys if key]
        return [self._always]


def _ambiguous(rules: Sequence[Rule]) -> frozenset[str]:
    """Names that classes of several packages have, of which the class alone means different categories."""
    meanings: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for rule in rules:
        if rule.rests_on_the_class:
            for name in rule.types:
                meanings[name.rpartition(".")[2]].add((package_of(name), rule.category))
    return frozenset(
        name
        for name, found in meanings.items()
        if name not in BUILT_IN
        and len({category for _, category in found}) > 1
        and len({package for package, _ in found}) > 1
    )


def _shelf_of(code: str) -> str:
    return code.partition(":")[0] + ":*" if "*" in code else code
