"""Dagster's own retries of runs: none of what level 1 does not try again, by the real daemon's own logic."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from escalation_sensors.level1.escalate import escalate
from escalation_sensors.level1.process_ledger import forget_ledger


@pytest.fixture
def instance(tmp_path: Path, own_store: None, short_waits: None) -> Iterator[dg.DagsterInstance]:
    """One whose runs are retried by default."""
    (tmp_path / "dagster.yaml").write_text("run_retries:\n  enabled: true\n  max_retries: 3\n", encoding="utf-8")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


def failing(error: Callable[[], BaseException], **options: Any) -> dg.Definitions:
    @dg.asset(name="failing", **options)
    def asset() -> None:
        raise error()

    return dg.Definitions(assets=[asset])


def will_be_retried(instance: dg.DagsterInstance, defs: dg.Definitions, **tags: str) -> bool:
    """Whether the daemon would retry the failed run: it goes by the tag that Dagster set when the run failed."""
    job = defs.resolve_implicit_global_asset_job_def()
    run_id = job.execute_in_process(instance=instance, raise_on_error=False, tags=tags).run_id
    run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.status is dg.DagsterRunStatus.FAILURE
    return run.tags.get("dagster/will_retry") == "true"


DEFECT = lambda: TypeError("unsupported operand type(s) for +: 'int' and 'str'")  # noqa: E731
CASES: dict[str, tuple[Callable[[], BaseException], dict[str, Any]]] = {
    "a code defect": (DEFECT, {}),
    "side effects": (lambda: MemoryError("no"), {"tags": {"escalation/side_effects": "true"}}),
    "two attempts that failed": (lambda: MemoryError("no"), {}),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("tags", [{}, {"dagster/max_retries": "2"}], ids=["of the instance", "of the run"])
def test_what_is_handed_on_is_not_retried_by_dagster_either(
    case: str, tags: dict[str, str], instance: dg.DagsterInstance
) -> None:
    error, options = CASES[case]
    assert will_be_retried(instance, failing(error, **options), **tags)
    assert not will_be_retried(instance, escalate(failing(error, **options)), **tags)


def test_with_the_ledger_down_runs_are_retried_as_without_it(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESCALATION_STORE_URL", "postgresql://me:hunter2@127.0.0.1:1/none")
    forget_ledger()
    assert will_be_retried(instance, escalate(failing(DEFECT)))
