"""Exceptions that only carry another one, or say that something failed: never a cause by themselves."""

from collections.abc import Sequence

_WRAPPERS = frozenset(
    {
        "DagsterExecutionStepExecutionError",
        "DagsterExecutionLoadInputError",
        "DagsterExecutionHandleOutputError",
        "DagsterResourceFunctionError",
        "DagsterTypeCheckError",
        "DagsterUserCodeExecutionError",
        "DagsterMaxRetriesExceededError",
        "DagsterUserCodeProcessError",
        "DagsterCodeLocationLoadError",
        "SensorExecutionError",
        "ScheduleExecutionError",
        "PartitionExecutionError",
        "RetryRequested",
        "RetryRequestedFromPolicy",
        "RetryError",
        "MaxRetryError",
        "ExceptionGroup",
        "BaseExceptionGroup",
        "_RemoteTraceback",
        "RemoteError",
        "PipelineStepFailed",
        "ResourceExtractionError",
        "AirflowException",
        "AirflowFailException",
        "DbtRuntimeError",
        "UnfinishedRun",
        "FailedRun",
        "CrashedRun",
    }
)


def is_wrapper(types: Sequence[str]) -> bool:
    """Whether an exception of these types (most specific first) only carries another."""
    return bool(types) and types[0].rpartition(".")[2] in _WRAPPERS
