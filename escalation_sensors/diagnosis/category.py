"""The ten categories of failure, in the order in which level 1 would rather repair them. What each means: docs."""

from enum import StrEnum


class Category(StrEnum):
    """Which repair would help. The values are used in code, in the store, in GraphQL and in reports."""

    SOURCE_UNAVAILABLE = "source_unavailable"
    PIPELINE_TIMEOUT = "pipeline_timeout"
    DATA_QUALITY = "data_quality"
    SCHEMA_MISMATCH = "schema_mismatch"
    MISSING_DEPENDENCY = "missing_dependency"
    OUT_OF_MEMORY = "out_of_memory"
    SLOW_PERFORMANCE = "slow_performance"
    SCHEDULING_CONFLICT = "scheduling_conflict"
    CODE_DEFECT = "code_defect"
    UNKNOWN = "unknown"

    @property
    def recoverable(self) -> bool:
        """Whether an attempt could pass, unless a rule knows better (expired credentials)."""
        return self is not Category.CODE_DEFECT
