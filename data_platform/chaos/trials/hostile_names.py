"""Modules that are not there, by names that somebody would like to have installed: nothing is fetched anywhere."""

import importlib

from data_platform.chaos.experiment import Experiment, trial
from data_platform.chaos.small_asset import run_small, select_of
from escalation_sensors.diagnosis.category import Category
from resources.lakehouse import LakehouseResource

KIND = "hostile name"
NAMES = (
    "requestss",
    "python_dateutils",
    "panda_s",
    "colourama_",
    "chaos_allowed_codecs",
    "chaos_allowed_code",
    "chaos_allowed-codec",
    "chaos_allowed_codec; echo",
    "--index-url=http_//127_0_0_1",
    "-r requirements",
    "--extra-index-url",
    "git+ssh_//evil",
    "evil @ file_///tmp/evil",
    "$(touch pwned)",
    "`id`",
    "evil && id",
    "evil | sh",
    "evil\nchaos-allowed-codec",
    "evil --hash=sha256_0",
    "__pycache__x",
    "CHAOS_ALLOWED_CODEC_",
    "chaos_allowed_codec\u200b",
    "\u0441haos_allowed_codec",
    "con",
    "evil==1_0",
    "evil[extra]",
    "../evil",
    "~/evil",
    "%65vil",
    "evil#egg=evil",
)


def _wanting(number: int, name: str) -> Experiment:
    def work(_lakehouse: LakehouseResource) -> str:
        importlib.import_module(name)
        return select_of()

    what = f"a module of hostile name {number:02}"
    return trial(what, KIND, run_small(what, work), "it is not on the allow-list", Category.MISSING_DEPENDENCY)


TRIALS = tuple(_wanting(number, name) for number, name in enumerate(NAMES, 1) if not name.startswith("."))
