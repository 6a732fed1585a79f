"""`data-platform up`: seed the demo, then serve everything until a signal."""

from data_platform.cli.demo_sources import seed
from data_platform.cli.terminal import output
from data_platform.settings import load_settings
from data_platform.supervision.up import up


def serve() -> None:
    """Serve the platform.

    Raises:
        SupervisionError: it is up already, a port is in use, or Dagster's instance cannot be used.
    """
    settings = load_settings()
    up(settings, tell=_say, prepare=lambda: seed(settings, tell=_say))


def _say(line: str) -> None:
    output().print(line, markup=False, soft_wrap=True)
