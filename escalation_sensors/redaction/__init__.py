"""Secrets taken out of texts before they are stored, shown or sent."""

from escalation_sensors.redaction.redact import redact

__all__ = ["redact"]
