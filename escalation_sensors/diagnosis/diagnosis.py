"""What the classifier yields."""

from dataclasses import dataclass

from escalation_sensors.diagnosis.category import Category


@dataclass(frozen=True)
class Diagnosis:
    """Why something failed.

    Attributes:
        confidence: between 0 and 1; from 0.9 on it is wrong in fewer than 2 of 100 cases.
        rule: the name of the rule that said so.
        evidence: the words or codes that the rule rests on; one line, not redacted.
        fingerprint: stable key of the cause; see `fingerprint.py`.
        recoverable: whether an attempt could pass.
    """

    category: Category
    confidence: float
    rule: str
    evidence: str
    fingerprint: str
    recoverable: bool
