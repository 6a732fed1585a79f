"""Which remedy belongs to which category. A category that is not named here is handed on at once."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.remedies import (
    data_quality,
    out_of_memory,
    pipeline_timeout,
    plain,
    scheduling_conflict,
    source_unavailable,
)
from escalation_sensors.level1.situation import MayNotAct, Situation

Remedy = Callable[[Situation], Plan | MayNotAct]

REMEDIES: Mapping[Category, Remedy] = MappingProxyType(
    {
        Category.SOURCE_UNAVAILABLE: source_unavailable.plan,
        Category.PIPELINE_TIMEOUT: pipeline_timeout.plan,
        Category.DATA_QUALITY: data_quality.plan,
        Category.OUT_OF_MEMORY: out_of_memory.plan,
        Category.SCHEDULING_CONFLICT: scheduling_conflict.plan,
        Category.UNKNOWN: plain.plan,
    }
)
