"""The stable key of a cause: what comes back under it is the same trouble. No run id, partition or free text enters."""

import hashlib
from collections.abc import Iterable

from escalation_sensors.diagnosis.category import Category


def fingerprint(
    *, code_location: str, subject: str, category: Category, exception_type: str, codes: Iterable[str] = ()
) -> str:
    """16 hexadecimal digits over the parts; `subject` and `exception_type` are empty where unknown."""
    parts = [code_location, subject, category.value, exception_type, *sorted(codes)]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
