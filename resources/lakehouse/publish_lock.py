"""The lock between processes around a publishing transaction, taken before BEGIN.

A file lock beside a SQLite catalog, an advisory lock in a PostgreSQL catalog: the operating system or the server
gives it back when its holder dies, so a killed process leaves none behind. Readers and builds never take it.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from resources.lakehouse.catalog import connect_postgres
from resources.lakehouse.configuration import Catalog, PostgresCatalog, SqliteCatalog
from resources.lakehouse.errors import LakehouseUnavailable, PublishLockTimeout, one_line

ADVISORY_LOCK_KEY = 0x1A4E_9B15
"""Any number that nobody else locks in the catalog's database; all versions of this platform must share it."""


@contextmanager
def publish_lock(catalog: Catalog, *, timeout_seconds: float) -> Iterator[None]:
    """Holds the catalog's publish lock.

    Raises:
        PublishLockTimeout: another process held it all the time.
        LakehouseUnavailable: the lock file cannot be written, or the catalog's database not be reached.
    """
    if isinstance(catalog, SqliteCatalog):
        held = _file_lock(catalog, timeout_seconds)
    else:
        held = _advisory_lock(catalog, timeout_seconds)
    with held:
        yield


@contextmanager
def _file_lock(catalog: SqliteCatalog, timeout_seconds: float) -> Iterator[None]:
    from filelock import FileLock, Timeout  # noqa: PLC0415 - readers need it not

    lock = FileLock(f"{catalog.path}.publish.lock", timeout=timeout_seconds, poll_interval=0.005)
    try:
        lock.acquire()
    except Timeout:
        raise _timed_out(catalog, timeout_seconds) from None
    except OSError as error:
        raise LakehouseUnavailable(f"the lock file beside {catalog.shown} cannot be used: {error}") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _advisory_lock(catalog: PostgresCatalog, timeout_seconds: float) -> Iterator[None]:
    import psycopg2  # type: ignore[import-untyped] # noqa: PLC0415 - only where the catalog is PostgreSQL

    # A session of its own: DuckDB's are pooled, and a lock would stay with whichever took it.
    with closing(connect_postgres(catalog)) as connection:
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", (f"{int(timeout_seconds * 1000)}ms",))
                cursor.execute("SELECT pg_advisory_lock(%s)", (ADVISORY_LOCK_KEY,))
        except psycopg2.errors.LockNotAvailable:
            raise _timed_out(catalog, timeout_seconds) from None
        except psycopg2.OperationalError as error:
            raise LakehouseUnavailable(f"the catalog {catalog.shown} was lost: {one_line(error)}") from error
        yield


def _timed_out(catalog: Catalog, timeout_seconds: float) -> PublishLockTimeout:
    return PublishLockTimeout(
        f"another process has held the publish lock of {catalog.shown} for {timeout_seconds:g} s; nothing was "
        "published. A publication takes under a second: look for a stuck one, or maintenance of a large table"
    )
