"""`data-platform doctor`: examines the installation from the interpreter up to the definitions.

Each check is one function that yields findings; a check that needs the settings takes them. Nothing is
changed, except that `--repair` writes Dagster's configuration.
"""

import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from data_platform.cli.errors import expected_line
from data_platform.cli.findings import Finding, State, show
from data_platform.settings import CHECKOUT, Settings, SettingsError, load_settings, variable_of
from data_platform.supervision.dagster_home import repair_dagster_home, shortcomings
from data_platform.supervision.home_lock import holder
from data_platform.supervision.parts import serves_the_weather_api
from data_platform.supervision.ports import port_is_free

_OLDEST, _NEWEST = (3, 11), (3, 13)
_TIGHT_BYTES, _TOO_LITTLE_BYTES = 2_000_000_000, 200_000_000


def examine(*, repair: bool) -> int:
    """Print what was found; returns the exit code, 1 if anything fails."""
    return show(_findings(repair=repair))


def _findings(*, repair: bool) -> Iterator[Finding]:
    yield from python()
    yield from packages(CHECKOUT / "requirements.lock")
    yield from extensions()
    yield from clock(time.time())
    try:
        settings = load_settings()
    except SettingsError as error:
        yield Finding(State.FAIL, "settings", str(error), "correct that variable, or unset it")
        return
    yield Finding(State.OK, "settings", f"all state is under {settings.home}")
    checks = (dagster_home, ports, disk, drop_folder, catalog)
    for check in (dagster_yaml, *checks) if repair else checks:
        try:
            yield from check(settings)
        except PermissionError as error:
            way_out = f"give this user access, or set {variable_of('home')}"
            yield Finding(State.FAIL, check.__name__.replace("_", " "), f"{error.filename}: {error.strerror}", way_out)
    yield from definitions()


def python() -> Iterator[Finding]:
    """The interpreter's version."""
    running = sys.version_info[:2]
    state = State.OK if _OLDEST <= running <= _NEWEST else State.FAIL
    way_out = "" if state is State.OK else "make PYTHON=/path/to/python3.12 run"
    yield Finding(state, "python", f"{sys.version.split()[0]} at {sys.executable}", way_out)


def packages(lock: Path) -> Iterator[Finding]:
    """The installed packages against the lock, where the lock has one version for all machines."""
    pinned = re.findall(r"^([a-z0-9.-]+)(?:\[.*?\])?==(\S+) \\$", lock.read_text(encoding="utf-8"), re.MULTILINE)
    different = [
        f"{name} {found or 'missing'} (locked: {wanted})"
        for name, wanted in pinned
        if (found := _version(name)) != wanted
    ]
    if different:
        yield Finding(State.WARN, "packages", ", ".join(different[:5]), "`make run` installs the locked ones")
    else:
        yield Finding(State.OK, "packages", f"{len(pinned)} as locked")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def extensions() -> Iterator[Finding]:
    """DuckDB's extensions, loaded from their wheels without a network."""
    import duckdb

    from resources.lakehouse.errors import LakehouseError
    from resources.lakehouse.extensions import OFFLINE, load_extensions

    names = ("ducklake", "sqlite_scanner", "postgres_scanner", "httpfs")
    try:
        with duckdb.connect(config=dict(OFFLINE)) as connection:
            load_extensions(connection, *names)
    except LakehouseError as error:
        yield Finding(State.FAIL, "extensions", str(error), "`make run` installs them")
    else:
        yield Finding(State.OK, "extensions", f"DuckDB {duckdb.__version__} loads {', '.join(names)} offline")


def clock(now: float) -> Iterator[Finding]:
    """The machine's clock, which cannot be earlier than the checkout's own files. `now` is a Unix time in seconds."""
    if now < Path(__file__).stat().st_mtime - 60:
        told = f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime(now))} UTC is earlier than this checkout's files"
        yield Finding(State.FAIL, "clock", told, "set the machine's clock")
    else:
        yield Finding(State.OK, "clock", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now)))


def dagster_yaml(settings: Settings) -> Iterator[Finding]:
    """Dagster's configuration written anew, which is no check but can be refused as one."""
    kept = repair_dagster_home(settings.dagster_home)
    yield Finding(State.OK, "dagster.yaml", "written" + (f"; the one before is kept as {kept}" if kept else ""))


def dagster_home(settings: Settings) -> Iterator[Finding]:
    """Dagster's instance folder and its configuration."""
    home = settings.dagster_home
    elsewhere = os.environ.get("DAGSTER_HOME")
    if elsewhere and Path(elsewhere).resolve() != home.resolve():
        told = f"DAGSTER_HOME={elsewhere} is not the platform's; its own commands use {home}"
        yield Finding(State.WARN, "DAGSTER_HOME", told, f"for `dagster dev`: export DAGSTER_HOME={home}")
    if not (home / "dagster.yaml").exists():
        yield Finding(State.WARN, "dagster.yaml", f"{home} has none yet", "`make up` writes it, or doctor --repair")
        return
    try:
        lacking = shortcomings(home)
    except ValueError as error:
        yield Finding(State.FAIL, "dagster.yaml", str(error), "data-platform doctor --repair")
        return
    for one in lacking:
        state = State.FAIL if one.needed else State.WARN
        yield Finding(state, "dagster.yaml", f"lacks `{one.setting}`: {one.reason}", "add it, or doctor --repair")
    if not lacking:
        yield Finding(State.OK, "dagster.yaml", f"{home / 'dagster.yaml'} has what is needed")


def ports(settings: Settings) -> Iterator[Finding]:
    """The ports `make up` listens on, unless it is what uses them."""
    if pid := holder(settings.home):
        yield Finding(State.OK, "ports", f"the platform is up (process {pid})")
        return
    wanted = {"webserver_port": settings.webserver_port}
    if serves_the_weather_api(settings):
        wanted["weather_api_port"] = settings.weather_api_port
    for field, port in wanted.items():
        if port_is_free(port):
            yield Finding(State.OK, "ports", f"{port} is free")
        else:
            yield Finding(State.FAIL, "ports", f"{port} is in use", f"stop what uses it, or set {variable_of(field)}")


def disk(settings: Settings) -> Iterator[Finding]:
    """The space where the state is kept."""
    folder = next(one for one in (settings.home, *settings.home.parents) if one.exists())
    free = shutil.disk_usage(folder).free
    told = f"{free / 1e9:.1f} GB free at {folder}"
    if free < _TOO_LITTLE_BYTES:
        yield Finding(State.FAIL, "disk", told, f"make room, or set {variable_of('home')}")
    elif free < _TIGHT_BYTES:
        yield Finding(State.WARN, "disk", told, "`data-platform maintain` frees what old versions hold")
    else:
        yield Finding(State.OK, "disk", told)


def drop_folder(settings: Settings) -> Iterator[Finding]:
    """The folder that the flights' files are dropped into."""
    folder = settings.drop_folder
    if not folder.is_dir():
        way_out = "`data-platform run` seeds the demo's" if folder.is_relative_to(settings.home) else "create it"
        yield Finding(State.WARN, "drop folder", f"{folder} does not exist", way_out)
    elif not os.access(folder, os.R_OK | os.X_OK):
        yield Finding(State.FAIL, "drop folder", f"{folder} cannot be read", "give this user access")
    else:
        yield Finding(State.OK, "drop folder", f"{sum(1 for _ in folder.iterdir())} files in {folder}")


def catalog(settings: Settings) -> Iterator[Finding]:
    """The lakehouse's catalog, reached as a query reaches it."""
    from data_platform.cli.errors import CommandError
    from data_platform.cli.read_only import read_only_connection
    from resources.lakehouse.errors import LakehouseError

    try:
        with read_only_connection(settings) as connection:
            row = connection.execute("SELECT count(*) FROM duckdb_tables() WHERE database_name = 'lake'").fetchone()
    except CommandError as error:
        yield Finding(State.OK, "catalog", str(error))
    except LakehouseError as error:
        # The line has its own way out, in the lakehouse's words for the setting.
        yield Finding(State.FAIL, "catalog", re.sub(r"\bcatalog_url\b", variable_of("catalog_url"), str(error)))
    else:
        yield Finding(State.OK, "catalog", f"{row[0] if row else 0} tables")


def definitions() -> Iterator[Finding]:
    """Whether Dagster would load the definitions."""
    try:
        from data_platform.cli.definitions import platform_definitions

        jobs = len(list(platform_definitions().resolve_all_job_defs()))
    except Exception as error:  # noqa: BLE001 - whatever keeps them from loading is the finding
        told = expected_line(error) or f"{type(error).__name__}: {' '.join(str(error).split())}"
        yield Finding(State.FAIL, "definitions", told[:300], "mend what the line names")
    else:
        yield Finding(State.OK, "definitions", f"load, with {jobs} jobs")
