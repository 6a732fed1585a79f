import signal
from collections.abc import Mapping
from multiprocessing.synchronize import Event
from typing import Any

import pytest

from resources.lakehouse import LakehouseResource, PublishLockTimeout
from tests.resources.lakehouse.building import build_and_publish, rows_of, settings_of
from tests.resources.lakehouse.processes import DEADLINE_SECONDS, other_processes, running


def _hold(settings: Mapping[str, Any], held: Event) -> None:
    with LakehouseResource(**settings).publish_lock():
        held.set()
        signal.pause()


def test_waiting_for_the_lock_is_bounded_and_a_killed_holder_leaves_none(each_catalog: LakehouseResource) -> None:
    build_and_publish(each_catalog, "core.flight", "SELECT 1::BIGINT AS id")
    held = other_processes().Event()
    with running(_hold, settings_of(each_catalog), held) as holder:
        assert held.wait(DEADLINE_SECONDS)
        impatient = each_catalog.model_copy(update={"lock_timeout_seconds": 0.3})
        with pytest.raises(PublishLockTimeout, match=r"for 0\.3 s; nothing was published") as refused:
            build_and_publish(impatient, "core.flight", "SELECT 2::BIGINT AS id")
        assert "correct-horse" not in str(refused.value)
        # Readers do not wait for it.
        assert rows_of(each_catalog, "SELECT id FROM core.flight") == [(1,)]
    assert holder.exitcode == -signal.SIGKILL
    build_and_publish(each_catalog, "core.flight", "SELECT 3::BIGINT AS id")
    assert rows_of(each_catalog, "SELECT id FROM core.flight") == [(3,)]


def test_holders_within_one_process_exclude_each_other_too(each_catalog: LakehouseResource) -> None:
    with each_catalog.connection():
        pass
    impatient = each_catalog.model_copy(update={"lock_timeout_seconds": 0.2})
    with each_catalog.publish_lock(), pytest.raises(PublishLockTimeout), impatient.publish_lock():
        pass
