"""`escalation diagnose`: a traceback or a log in, its diagnosis out: three lines for people, JSON for programs."""

import json
from pathlib import Path
from typing import BinaryIO, TextIO

from escalation_sensors.cli.errors import CommandError
from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.classifier import Classifier
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.diagnosis.observed import failure_from
from escalation_sensors.diagnosis.own_rules import own_rules
from escalation_sensors.diagnosis.rule_file import RuleFileError, load_rules
from escalation_sensors.redaction import redact

FIELDS = ("id", "exception", "message")
NEXT = {
    Category.SOURCE_UNAVAILABLE: "level 1 probes the source and tries again when it answers",
    Category.PIPELINE_TIMEOUT: "level 1 splits the work and runs it again in parts",
    Category.DATA_QUALITY: "level 1 extracts again, or sets the bad rows aside as far as the contract allows",
    Category.SCHEMA_MISMATCH: "level 1 compares with the contract, and evolves or maps what is unambiguous",
    Category.MISSING_DEPENDENCY: "level 1 installs what the project's allow-list names",
    Category.OUT_OF_MEMORY: "level 1 runs it again in smaller batches, with fewer threads, spilling to disk",
    Category.SLOW_PERFORMANCE: "level 1 keeps the profile and improves the layout of what is read",
    Category.SCHEDULING_CONFLICT: "level 1 finds the holder and waits for it",
    Category.CODE_DEFECT: "it goes to level 2 at once, for a fix by the owner: the same code would fail again",
    Category.UNKNOWN: "level 1 tries once more as it was, then it goes to level 2 for a diagnosis",
}
"""What level 1 does by category; see the protocol."""


def diagnose_text(source: BinaryIO, target: TextIO, rules: Path | None) -> None:
    """Diagnose all of `source` as one text.

    Raises:
        CommandError: there is no text, or the rules cannot be used.
    """
    text = source.read().decode("utf-8", errors="replace")
    if not text.strip():
        raise CommandError("there is nothing to diagnose; pipe a traceback or a log in: escalation diagnose < run.log")
    found = classifier_with(rules).diagnose(failure_from("", text))
    target.write("\n".join(in_words(found)) + "\n")


def diagnose_lines(source: BinaryIO, target: TextIO, rules: Path | None) -> None:
    """Diagnose each line of `source`, a JSON object with `FIELDS`.

    Raises:
        CommandError: a line is none, named by its number, or the rules cannot be used.
    """
    classifier = classifier_with(rules)
    for number, line in enumerate(source, 1):
        if line.strip():
            identity, exception, message = _fields(number, line)
            found = classifier.diagnose(failure_from(exception, message))
            target.write(json.dumps({"id": identity, **as_json(found)}) + "\n")


def classifier_with(rules: Path | None) -> Classifier:
    """The classifier, with a user's rules before its own.

    Raises:
        CommandError: the file of rules cannot be used; it names file and line.
    """
    try:
        return Classifier(own_rules(), own=load_rules([rules]) if rules else ())
    except RuleFileError as error:
        raise CommandError(str(error)) from error


def in_words(found: Diagnosis) -> tuple[str, str, str]:
    """What, why and next."""
    then = NEXT[found.category]
    if not found.recoverable and found.category is not Category.CODE_DEFECT:
        then = "it goes to level 2 at once: trying again would fail again until a person has renewed what expired"
    because = f"rule {found.rule}" + (f", by {redact(found.evidence)}" if found.evidence else "")
    return (
        f"what: {found.category} ({found.confidence:.0%} sure)",
        f"why:  {because if found.rule != 'none' else 'no rule knows it'}",
        f"next: {then}",
    )


def as_json(found: Diagnosis) -> dict[str, object]:
    """The diagnosis as programs take it."""
    return {
        "category": found.category.value,
        "confidence": found.confidence,
        "rule": found.rule,
        "recoverable": found.recoverable,
        "fingerprint": found.fingerprint,
    }


def _fields(number: int, line: bytes) -> tuple[object, str, str]:
    try:
        entry = json.loads(line)
    except ValueError as error:
        raise CommandError(f"line {number}: it is not JSON ({error}); write one object a line") from error
    if not isinstance(entry, dict) or "id" not in entry:
        raise CommandError(
            f'line {number}: it is no object with an id; write {{"id": 1, "exception": "", "message": ""}}'
        )
    for name in FIELDS[1:]:
        if not isinstance(entry.get(name) or "", str):
            raise CommandError(f"line {number}: {name} is not a text")
    return entry["id"], entry.get("exception") or "", entry.get("message") or ""
