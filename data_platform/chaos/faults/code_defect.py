"""Our own code or configuration is wrong: level 1 does nothing, and says so at once."""

import json
from string import Template

import httpx

from data_platform.chaos.experiment import Experiment, passed_on
from data_platform.chaos.http_server import Answer, serving
from data_platform.chaos.small_asset import Work, run_small, select_of
from escalation_sensors.diagnosis.category import Category
from resources.lakehouse import LakehouseResource


def wrong_sql(_lakehouse: LakehouseResource) -> str:
    """SQL with a slip of the pen."""
    return "SELEC 1 AS number, 2.0 AS amount"


def unknown_function(_lakehouse: LakehouseResource) -> str:
    """A function that DuckDB does not have."""
    return "SELECT 1::BIGINT AS number, rond(2.5) AS amount"


def wrong_argument(_lakehouse: LakehouseResource) -> str:
    """A function of ours, called with an argument that it does not take."""
    return select_of(row=((1, 1.0),))  # type: ignore[call-arg] # the fault


def missing_attribute(lakehouse: LakehouseResource) -> str:
    """A method that was renamed."""
    return str(lakehouse.get_conection())  # type: ignore[attr-defined] # the fault


def unknown_name(_lakehouse: LakehouseResource) -> str:
    """A name that nobody defined."""
    return select_of(rowz)  # type: ignore[name-defined] # noqa: F821 - the fault


def bad_template(_lakehouse: LakehouseResource) -> str:
    """A template without one of its values."""
    return Template("SELECT $number::BIGINT AS number, $amount::DOUBLE AS amount").substitute(number=1)


def python_syntax(_lakehouse: LakehouseResource) -> str:
    """Code that Python cannot compile."""
    exec(compile("def total(:\n    return 1\n", "totals.py", "exec"), {})  # noqa: S102 - the fault
    return select_of()


def wrong_credentials(_lakehouse: LakehouseResource) -> str:
    """A password that was never right, told by a real server."""
    with serving(lambda *_: Answer(401, json.dumps({"error": "invalid username or password"}).encode())) as served:
        httpx.get(f"{served.address}/orders", auth=("reader", "wrong"), timeout=5, trust_env=False).raise_for_status()
    return select_of()


WHY = "it would fail again on any data: its owner must mend it"


def defect(name: str, work: Work) -> Experiment:
    """A defect, as a fault."""
    return passed_on(name, Category.CODE_DEFECT, run_small(name, work), WHY)


FAULTS = (
    defect("SQL with a syntax error", wrong_sql),
    defect("a function that the database does not have", unknown_function),
    defect("a wrong argument", wrong_argument),
    defect("a method that was renamed", missing_attribute),
    defect("a name that nobody defined", unknown_name),
    defect("a template without a value", bad_template),
    defect("Python that does not compile", python_syntax),
    defect("a password that was never right", wrong_credentials),
)
