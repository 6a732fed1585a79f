"""Code that must be there and is not: modules, extensions, libraries, executables."""

import ctypes
import importlib
import subprocess
from collections.abc import Callable

from data_platform.chaos.allowed_wheel import BROKEN_MODULE, MODULE, SECOND_MODULE, TAMPERED_MODULE
from data_platform.chaos.experiment import Experiment, passed_on, repairable
from data_platform.chaos.small_asset import GOOD, Work, rows_of, run_small, select_of
from escalation_sensors.diagnosis.category import Category
from resources.lakehouse import LakehouseResource

DEPENDENCY = Category.MISSING_DEPENDENCY
DOUBLED = tuple((number, amount * 2) for number, amount in GOOD)


def decoding_with(module: str) -> Work:
    """Work that needs a module."""

    def work(_lakehouse: LakehouseResource) -> str:
        decode = importlib.import_module(module).decode
        return select_of(tuple((number, decode(amount)) for number, amount in GOOD))

    return work


def extension(_lakehouse: LakehouseResource) -> str:
    """SQL that needs an extension whose wheel is installed and that nobody loaded."""
    return "SELECT query_nr::BIGINT AS number, 1.0::DOUBLE AS amount FROM tpch_queries() WHERE query_nr <= 3"


def unknown_extension(lakehouse: LakehouseResource) -> str:
    """An extension that is not installed."""
    with lakehouse.connection() as connection:
        connection.execute("LOAD spatial")
    return select_of()


def executable(_lakehouse: LakehouseResource) -> str:
    """A program that is not installed."""
    subprocess.run(["chaos-no-such-tool", "--version"], check=True, timeout=10)  # noqa: S607 - it is not there
    return select_of()


def shared_library(_lakehouse: LakehouseResource) -> str:
    """A shared library that is not installed."""
    ctypes.CDLL("libchaos-no-such-library.so.1")
    return select_of()


def missing(name: str, work: Work, reason: str, *, may_act: bool = False) -> Experiment:
    """What level 1 may not install."""
    return passed_on(name, DEPENDENCY, run_small(name, work), reason, may_act=may_act)


def allowed(name: str, work: Callable[[LakehouseResource], str], reason: str) -> Experiment:
    """What level 1 may install."""
    return repairable(name, DEPENDENCY, run_small(name, work, truth=rows_of(DOUBLED)), reason)


FAULTS: tuple[Experiment, ...] = (
    allowed("a module of the allow-list", decoding_with(MODULE), "its wheel is on the allow-list, with its hash"),
    allowed(
        "a submodule of a package of the allow-list",
        decoding_with(SECOND_MODULE),
        "the package it belongs to is allowed",
    ),
    repairable(
        "an extension that nobody loaded",
        DEPENDENCY,
        run_small("an extension that nobody loaded", extension, truth=rows_of(((1, 1.0), (2, 1.0), (3, 1.0)))),
        "its wheel is installed: it only has to be loaded",
    ),
    missing("a module that nobody allows", decoding_with("chaos_forbidden_codec"), "it is not on the allow-list"),
    missing(
        "a module whose wheel has another hash",
        decoding_with(TAMPERED_MODULE),
        "what is offered is not what was allowed",
        may_act=True,
    ),
    missing(
        "an allowed module that needs one that is not",
        decoding_with(BROKEN_MODULE),
        "the second module is not on the allow-list",
        may_act=True,
    ),
    missing("an extension that is not installed", unknown_extension, "there is nothing to load", may_act=False),
    missing("a program that is not installed", executable, "level 1 installs no programs"),
    missing("a shared library that is not installed", shared_library, "level 1 installs no libraries"),
)
