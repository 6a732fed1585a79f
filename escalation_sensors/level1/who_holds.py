"""Looks for who holds what a failed execution wanted: pools, files, runs of the same. What is done then is not here.

Each part is looked for by itself, within bounded time: one that cannot be asked is told, and counts as empty.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import dagster as dg
from sqlalchemy import exists, select

from escalation_sensors.dagster_internals import pool_in_use, pools_of_step, pools_with_a_limit, run_limits_of
from escalation_sensors.diagnosis.category import Category
from escalation_sensors.level1.better_schedule import better_schedule
from escalation_sensors.level1.deadline import deadline
from escalation_sensors.level1.failed import Failed
from escalation_sensors.level1.file_holders import holders_of, lock_files_of, own_open_files, paths_in, process_here
from escalation_sensors.level1.held import BusyRun, Earlier, Held, PoolInUse, ProcessHolder, RunLimit
from escalation_sensors.level1.holders import Execution, others
from escalation_sensors.level1.ledger import Ledger
from escalation_sensors.level1.proposed import Proposed
from escalation_sensors.level1.remedies import scheduling_conflict
from escalation_sensors.level1.setup import Setup, trouble
from escalation_sensors.level1.tuning import PLAIN, Tuning
from escalation_sensors.store.tables import attempts, cases, failures

Part = TypeVar("Part")
MOST_SECONDS = 5.0
"""How long each part may take; on the main thread it is interrupted then."""
MOST_EARLIER = 20
_PROCESS = re.compile(r"\bPID:? (\d{1,9})\b")
"""How DuckDB, and who writes lock files, names the process that holds a file."""
_ABOUT_POOLS = re.compile(r"\b(?:pool|slot|concurrency|limit)", re.IGNORECASE)


def who_holds(
    instance: dg.DagsterInstance,
    tags: Mapping[str, str],
    ledger: Ledger,
    setup: Setup,
    connections: Callable[[], Sequence[str]] = tuple,
) -> Callable[[Failed], Held]:
    """What looks, when it is needed, for the holders of a failure of a run with these tags.

    `connections` are texts that say what the step connects to: paths, URLs.
    """

    def look(failed: Failed) -> Held:
        return Held(
            pools=_asked(failed, "pools", partial(_pools, instance, failed), ()),
            run_limits=_asked(failed, "limits of runs", partial(_run_limits, instance, tags, failed), ()),
            processes=_asked(failed, "processes", partial(_processes, instance, ledger, connections, failed), ()),
            runs=_asked(failed, "runs", partial(_runs, ledger, setup, failed), ()),
            earlier=_asked(failed, "earlier conflicts", partial(_earlier, ledger, failed), ()),
            better_schedule=_asked(failed, "schedule", partial(_better, instance, tags, ledger, setup, failed), None),
        )

    return look


def _asked(failed: Failed, what: str, ask: Callable[[], Part], otherwise: Part) -> Part:
    try:
        with deadline(MOST_SECONDS):
            return ask()
    except Exception as error:  # noqa: BLE001 - Dagster's or the store's own; a remedy that knows less still acts
        trouble(f"{failed.subject.name}: its {what} cannot be looked at: {type(error).__name__}: {error}")
        return otherwise


def _pools(instance: dg.DagsterInstance, failed: Failed) -> tuple[PoolInUse, ...]:
    names = pools_of_step(instance, failed.run_id, failed.step_key)
    said = _said(failed)
    if _ABOUT_POOLS.search(said):
        names += [name for name in pools_with_a_limit(instance) if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said)]
    # In flight, the step gives its own slot back and takes one again; a run that is over keeps what it did not give.
    besides = (failed.run_id, failed.step_key) if failed.is_in_flight else ("", "")
    found = [pool_in_use(instance, name, besides) for name in dict.fromkeys(names)]
    return tuple(pool for pool in found if pool is not None)


def _run_limits(instance: dg.DagsterInstance, tags: Mapping[str, str], failed: Failed) -> tuple[RunLimit, ...]:
    return tuple(run_limits_of(instance, failed.run_id, tags))


def _processes(
    instance: dg.DagsterInstance, ledger: Ledger, connections: Callable[[], Sequence[str]], failed: Failed
) -> tuple[ProcessHolder, ...]:
    said = _said(failed)
    named = [int(number) for number in _PROCESS.findall(said)]
    if paths := paths_in(said):
        found = sorted(holders_of([*paths, *lock_files_of(paths)]), key=lambda each: each.process not in named)
    else:
        found = [each for process in named if (each := process_here(process))]
    if found or not failed.is_in_flight:
        return tuple(found)
    wanted = [text for text in connections() if "\n" not in text]
    files = [
        *(path for text in wanted for path in paths_in(f"{text} '{text}'")),
        *own_open_files(_ours(instance, ledger)),
    ]
    return tuple(holders_of(files, only_writers=True))


def _ours(instance: dg.DagsterInstance, ledger: Ledger) -> list[str]:
    """Dagster's own databases and the ladder's: others write them all the time, and nobody waits for that."""
    root = Path(instance.root_directory)
    return [str(root / "history"), str(root / "schedules"), *paths_in(ledger.store.url)]


def _runs(ledger: Ledger, setup: Setup, failed: Failed) -> tuple[BusyRun, ...]:
    of = Execution(failed.run_id, failed.step_key, failed.subject, failed.partition, failed.at)
    beating = others(ledger.store, of, datetime.now(UTC), setup.policy.stale_heartbeat_seconds)
    return tuple(BusyRun(each.run_id, each.started_at) for each in beating)


def _earlier(ledger: Ledger, failed: Failed) -> tuple[Earlier, ...]:
    query = (
        select(attempts.c.fingerprint, attempts.c.tuning)
        .join(cases, cases.c.id == attempts.c.case_id)
        .where(cases.c.code_location == failed.subject.code_location, cases.c.subject == failed.subject.name)
        .where(attempts.c.remedy == scheduling_conflict.NAME)
        .order_by(attempts.c.id.desc())
        .limit(MOST_EARLIER)
    )
    of_case = select(attempts.c.id).where(attempts.c.case_id == failures.c.case_id)
    without_attempt = (
        select(failures.c.fingerprint)
        .where(failures.c.code_location == failed.subject.code_location, failures.c.subject == failed.subject.name)
        .where(failures.c.category == Category.SCHEDULING_CONFLICT.value, failures.c.run_id != failed.run_id)
        .where(~exists(of_case))
        .order_by(failures.c.id.desc())
        .limit(MOST_EARLIER)
    )
    with ledger.store.reading() as connection:
        rows = connection.execute(query).all()
        alone = connection.execute(without_attempt).scalars().all()
    known = [Earlier(row.fingerprint, Tuning.from_json(row.tuning)) for row in rows]
    return (*known, *(Earlier(fingerprint, PLAIN) for fingerprint in alone))


def _better(
    instance: dg.DagsterInstance, tags: Mapping[str, str], ledger: Ledger, setup: Setup, failed: Failed
) -> Proposed | None:
    return better_schedule(instance, tags, ledger.store, setup, failed.subject)


def _said(failed: Failed) -> str:
    """All that the failure says, and not only the line that is shown."""
    links = [link.message for link in failed.failure.links]
    return "\n".join([*links, failed.failure.text, failed.said])
