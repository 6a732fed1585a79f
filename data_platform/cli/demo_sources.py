"""The demo's outside world as the commands need it: seeded where it is the demo's own, served, made to misbehave."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from filelock import FileLock

from data_platform.cli.errors import CommandError
from data_platform.cli.terminal import output
from data_platform.settings import Settings, load_settings, variable_of
from data_platform.supervision.parts import serves_the_weather_api
from data_platform.supervision.ports import port_is_free, require_free_port

SEEDED_WITHIN_SECONDS = 120


def seed(settings: Settings, *, tell: Callable[[str], None], everything: bool = False) -> None:
    """Fill what is missing of the demo's drop folder and operational database.

    A folder or database that somebody named in a setting is theirs, and filled only if `everything` is asked for.
    """
    demo = settings.home / "demo"
    demo.mkdir(parents=True, exist_ok=True)
    # Two first runs at once would seed the same files.
    with FileLock(demo / "seed.lock", timeout=SEEDED_WITHIN_SECONDS):
        _seed(settings, demo, tell=tell, everything=everything)


def _seed(settings: Settings, demo: Path, *, tell: Callable[[str], None], everything: bool) -> None:
    from data_platform.demo.drop_folder import seed_drop_folder
    from data_platform.demo.operational_database import seed_operational_database

    if everything or settings.drop_folder.is_relative_to(demo):
        files = seed_drop_folder(settings.drop_folder)
        if files:
            tell(f"seeded {files} files of flights in {settings.drop_folder}")
    own_database = settings.operational_database_url.startswith(f"sqlite:///{demo}/")
    if (everything or own_database) and seed_operational_database(settings.operational_database_url):
        tell("seeded the operational database with planes, airports and airlines")


@contextmanager
def serving_the_weather_api(settings: Settings) -> Iterator[None]:
    """Serve the demo's weather API while the block runs, unless another process does or it is not the demo's."""
    if not serves_the_weather_api(settings) or not port_is_free(settings.weather_api_port):
        yield
        return
    from data_platform.demo.weather_api import WeatherApi

    with WeatherApi(settings.weather_api_port):
        yield


def seed_everything() -> None:
    """Seed the demo's world wherever the settings place it."""
    seed(load_settings(), tell=_say, everything=True)


def deliver(day: str, *, corrected: bool) -> None:
    """Drop a day's file anew: late, or corrected.

    Raises:
        CommandError: it is not a day of 2013, or its file lies there as it is.
    """
    from data_platform.demo.drop_folder import deliver_correction, deliver_late, is_delivered

    try:
        of = date.fromisoformat(day)
    except ValueError:
        raise CommandError(f"{day} is not a day; write it as 2013-12-31") from None
    if of.year != 2013:  # noqa: PLR2004 - the demo's data
        raise CommandError(f"{day}: the demo has flights of 2013 only")
    folder, now = load_settings().drop_folder, datetime.now(UTC)
    if not corrected and is_delivered(folder, of):
        way_out = f"remove its file for a day that is late, or see `data-platform demo correct {day}`"
        raise CommandError(f"{day} was delivered already, and is as it was; {way_out}")
    path = deliver_correction(folder, of, now) if corrected else deliver_late(folder, of, now)
    _say(f"delivered {path}; with `make up` the sensor loads it within half a minute")


def serve() -> None:
    """Serve the weather API until Ctrl-C.

    Raises:
        SupervisionError: its port is in use.
    """
    from data_platform.demo.weather_api import WeatherApi

    settings = load_settings()
    require_free_port(settings.weather_api_port, "demo's weather API", variable_of("weather_api_port"))
    api = WeatherApi(settings.weather_api_port)
    _say(f"weather API: {api.url} (Ctrl-C ends it)")
    try:
        api.serve_forever()
    except KeyboardInterrupt:
        _say("stopped")


def _say(line: str) -> None:
    output().print(line, markup=False, soft_wrap=True)
