"""Which remedy belongs to which category. A category that is not named here is handed on at once."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.remedies import (
    data_quality,
    missing_dependency,
    out_of_memory,
    pipeline_timeout,
    plain,
    scheduling_conflict,
    schema_mismatch,
    slow_performance,
    source_unavailable,
)
from escalation_sensors.level1.situation import MayNotAct, Situation

Remedy = Callable[[Situation], Plan | MayNotAct]

NEEDS_READING = frozenset(
    {
        out_of_memory.NAME,
        pipeline_timeout.NAME,
        data_quality.EXTRACT_AGAIN,
        data_quality.QUARANTINE,
        schema_mismatch.NAME,
        missing_dependency.EXTENSION,
    }
)
"""The remedies that act only if the asset, or a resource of it, reads `current_tuning()`."""

REMEDIES: Mapping[Category, Remedy] = MappingProxyType(
    {
        Category.SOURCE_UNAVAILABLE: source_unavailable.plan,
        Category.PIPELINE_TIMEOUT: pipeline_timeout.plan,
        Category.DATA_QUALITY: data_quality.plan,
        Category.SCHEMA_MISMATCH: schema_mismatch.plan,
        Category.MISSING_DEPENDENCY: missing_dependency.plan,
        Category.OUT_OF_MEMORY: out_of_memory.plan,
        Category.SLOW_PERFORMANCE: slow_performance.plan,
        Category.SCHEDULING_CONFLICT: scheduling_conflict.plan,
        Category.UNKNOWN: plain.plan,
    }
)
