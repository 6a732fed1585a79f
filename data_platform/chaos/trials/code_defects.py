"""Code that is wrong in as many ways: SQL that the engine refuses, and Python that really is compiled and run."""

from data_platform.chaos.experiment import Experiment, trial
from data_platform.chaos.small_asset import Work, run_small, select_of
from escalation_sensors.diagnosis.category import Category
from resources.lakehouse import LakehouseResource

KIND = "code defect"
WHY = "it would fail again on any data"

SQL = (
    "SELEC 1 AS number",
    "SELECT 1 AS number,, 2.0 AS amount",
    "SELECT 1 AS number 2.0 AS amount",
    "SELECT (1 AS number, 2.0 AS amount",
    "SELECT 1 AS number, 2.0 AS amount FORM x",
    "SELECT 1 AS number, 2.0 AS amount WHERE",
    "SELECT 1 AS number, 2.0 AS amount GROUP",
    "SELECT 1 AS number, 2.0 AS amount ORDER BY",
    "SELECT 1 AS number, 2.0 AS amount LIMIT LIMIT 1",
    "SELECT 1 AS number, CASE WHEN true THEN 2.0 AS amount",
    "SELECT 1 AS number, CAST(2 AS DOUBEL) AS amount",
    "SELECT 1 AS number, CAST(2 DOUBLE) AS amount",
    "SELECT 1 AS number, rond(2.0) AS amount",
    "SELECT 1 AS number, summ(2.0) AS amount",
    "SELECT 1 AS number, sqrt() AS amount",
    "SELECT 1 AS number, sqrt(1, 2, 3) AS amount",
    "SELECT 1 AS number, date_trunk('day', now()) AS amount",
    "SELECT 1 AS number, 2.0 AS amount UNION",
    "WITH a AS SELECT 1 SELECT 1 AS number, 2.0 AS amount",
    "SELECT 1 AS number, 2.0 AS amount JOIN",
    "SELECT 1 AS number, 'two AS amount",
    'SELECT 1 AS "number, 2.0 AS amount',
    "SELECT 1 AS number, 2.0 AS amount HAVING",
    "SELECT DISTINCT ON 1 AS number, 2.0 AS amount",
    "SELECT 1 AS number, 2.0 OVER () AS amount",
    "SELECT 1 AS number, sum(sum(2.0)) AS amount",
    "INSERT 1 AS number",
    "SELECT 1 AS number, 2.0 AS amount WHERE sum(1) > 0",
    "SELECT 1 AS number, [1, 2 AS amount",
    "SELECT 1 AS number, {'a': 1 AS amount",
)
PYTHON = (
    "totals = undefined_total",
    "import math\nmath.sqroot(2)",
    "len(5)",
    "'a' + 1",
    "None.amount",
    "[1, 2].push(3)",
    "{}.append(1)",
    "(1, 2)[0] = 3",
    "def f(a): return a\nf()",
    "def f(a): return a\nf(1, b=2)",
    "def f(a): return a\nf(1, 2)",
    "int([])",
    "sorted([1, 'a'])",
    "open()",
    "class A:\n    def m(self): return 1\nA.m()",
    "for x in 5: pass",
    "with 5: pass",
    "raise 5",
    "x = 1\nx()",
    "def f():\n    y += 1\n    y = 0\nf()",
    "if True\n    pass",
    "def broken(:\n    pass",
    "return 1",
    "  x = 1",
    "x = = 1",
    "[].sort(1, 2, 3)",
    "'{:d}'.format('a', b=1)[99].x",
    "sum('a')",
    "isinstance(1, 'int')",
    "super().run()",
)


def _sql(text: str) -> Work:
    return lambda _lakehouse: text


def _python(text: str) -> Work:
    def work(_lakehouse: LakehouseResource) -> str:
        exec(compile(text, "totals.py", "exec"), {})  # noqa: S102 - the defect
        return select_of()

    return work


def _defect(name: str, work: Work) -> Experiment:
    return trial(name, KIND, run_small(name, work), WHY, Category.CODE_DEFECT)


TRIALS = (
    *(_defect(f"defect of SQL {number:02}", _sql(text)) for number, text in enumerate(SQL, 1)),
    *(_defect(f"defect of Python {number:02}", _python(text)) for number, text in enumerate(PYTHON, 1)),
)
