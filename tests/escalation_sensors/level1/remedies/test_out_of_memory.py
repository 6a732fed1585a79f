"""Memory exhausted: smaller batches, one thread, a limit from the cgroup of either version."""

from pathlib import Path

import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.remedies import out_of_memory
from escalation_sensors.level1.situation import MayNotAct
from escalation_sensors.level1.tuning import Tuning
from tests.escalation_sensors.level1.remedies.situations import situation


def planned(before: Tuning) -> Plan | MayNotAct:
    return out_of_memory.plan(situation(Category.OUT_OF_MEMORY, tuning=before))


def test_batches_get_smaller_with_each_attempt_and_everything_else_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(out_of_memory, "cgroup_limit_bytes", lambda: 1_000_000_000)
    first = planned(Tuning())
    assert isinstance(first, Plan)
    expected = Tuning(batches=4, threads=1, memory_limit_bytes=700_000_000, preserve_order=False, spill=True)
    assert first.tuning == expected
    second = planned(first.tuning)
    assert isinstance(second, Plan)
    assert second.tuning.batches == 16


def test_without_a_limit_of_the_cgroup_the_limit_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(out_of_memory, "cgroup_limit_bytes", lambda: None)
    found = planned(Tuning(memory_limit_bytes=5))
    assert isinstance(found, Plan)
    assert found.tuning.memory_limit_bytes == 5


def test_what_failed_with_the_smallest_batch_is_handed_on() -> None:
    found = planned(Tuning(batches=64))
    assert isinstance(found, MayNotAct)
    assert "smallest batch" in found.reason


@pytest.mark.parametrize(
    ("v2", "v1", "limit"),
    [
        ("2147483648\n", None, 2147483648),
        (None, "1073741824\n", 1073741824),
        ("max\n", "9223372036854771712\n", None),  # both say that there is none
        ("max\n", "1073741824\n", 1073741824),
        ("0\n", None, None),
        (None, None, None),
    ],
)
def test_the_limit_is_read_from_either_version_of_cgroups(
    tmp_path: Path, v2: str | None, v1: str | None, limit: int | None
) -> None:
    files = {}
    for name, text in {"memory.max": v2, "memory.limit_in_bytes": v1}.items():
        files[name] = tmp_path / name
        if text is not None:
            files[name].write_text(text, encoding="ascii")
    assert out_of_memory.cgroup_limit_bytes(files["memory.max"], files["memory.limit_in_bytes"]) == limit
