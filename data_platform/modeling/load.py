"""Reads model files: front matter, SQL, dependencies. What a model is, is in `model.py`.

SQL whose column lineage could not be derived is refused here, with file and line, because everything later
(the audit's impact, the report's "which columns use this") stands on that lineage.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import sqlglot
import yaml
from pydantic import ValidationError
from sqlglot import exp

from data_platform.modeling.model import FrontMatter, Model, ModelError
from resources.lakehouse import InvalidName, TableName

DAY_PARAMETERS = frozenset({"start_date", "end_date"})
_FRONT_MATTER = re.compile(r"\A\s*/\*(?P<yaml>.*?)\*/", re.DOTALL)


def load_models(folder: Path) -> tuple[Model, ...]:
    """All models below `folder`, one a file `<schema>/<table>.sql`, in the order of their names.

    Raises:
        ModelError: a file is not one valid model, or two models need each other.
    """
    models = tuple(load_model(path) for path in sorted(folder.glob("*/*.sql")))
    _refuse_cycles(models)
    return models


def load_model(path: Path) -> Model:
    """The model in one file.

    Raises:
        ModelError: naming the file and the line.
    """
    where = f"{path.parent.name}/{path.name}"
    try:
        name = TableName(path.parent.name, path.stem)
    except InvalidName as error:
        raise ModelError(f"{where}: {error}") from error
    text = path.read_text(encoding="utf-8")
    match = _FRONT_MATTER.match(text)
    if match is None:
        raise ModelError(f"{where}:1: begin the file with /* description: …, owners: […] */")
    front_matter = _front_matter(where, match["yaml"])
    # Blank lines in the place of the front matter keep the line numbers of the file.
    sql = "\n" * match[0].count("\n") + text[match.end() :]
    query = _one_query(where, sql)
    _refuse_underivable(where, query)
    _check_day_parameters(where, query, front_matter)
    return Model(name, path, sql, front_matter, _tables(where, query))


def _front_matter(where: str, text: str) -> FrontMatter:
    try:
        return FrontMatter.model_validate(yaml.safe_load(text) or {})
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + 1
        raise ModelError(f"{where}:{line}: the front matter is not YAML: {error.problem}") from error
    except ValidationError as error:
        first = error.errors()[0]
        setting = ".".join(str(part) for part in first["loc"]) or "the front matter"
        line = next(
            (i for i, row in enumerate(text.splitlines(), 1) if row.strip().startswith(f"{first['loc'][0]}:")), 1
        )
        told = first["msg"].replace("a valid tuple", "a list, as in [one, two]")
        raise ModelError(f"{where}:{line}: {setting}: {told}") from error


def _one_query(where: str, sql: str) -> exp.Query:
    try:
        statements = [statement for statement in sqlglot.parse(sql, dialect="duckdb") if statement is not None]
    except sqlglot.ParseError as error:
        first = error.errors[0]
        raise ModelError(f"{where}:{first['line']}: {first['description']} near {first['highlight']!r}") from error
    if len(statements) != 1:
        raise ModelError(f"{where}: a model is exactly one SELECT, found {len(statements)} statements")
    if not isinstance(statements[0], exp.Query):
        raise ModelError(f"{where}: a model is exactly one SELECT, this is {statements[0].key.upper()}")
    return statements[0]


def _underivable(query: exp.Query) -> Iterator[tuple[exp.Expr, str]]:
    for node in query.walk():
        if isinstance(node, exp.Pivot):
            yield node, "PIVOT: write the columns out with sum(…) FILTER (WHERE …)"
        elif isinstance(node, exp.Columns):
            yield node, "COLUMNS(…): write the columns out"
        elif isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
            yield node, "*: write the columns out"
        elif isinstance(node, exp.Select) and node.args.get("windows"):
            yield node, "a named window: write OVER (…) out"
        elif isinstance(node, exp.Table) and not isinstance(node.this, exp.Identifier):
            yield node, "a table function: declare a source and read its raw table"


def _refuse_underivable(where: str, query: exp.Query) -> None:
    for node, reason in _underivable(query):
        raise ModelError(f"{where}:{_line(node)}: column lineage cannot be derived through {reason}")


def _check_day_parameters(where: str, query: exp.Query, front_matter: FrontMatter) -> None:
    used = {node.name: node for node in query.find_all(exp.Placeholder, exp.Parameter)}
    for name, node in used.items():
        if name not in DAY_PARAMETERS:
            raise ModelError(f"{where}:{_line(node)}: unknown parameter ${name}; there are $start_date and $end_date")
    if front_matter.partition_column is not None and set(used) != DAY_PARAMETERS:
        raise ModelError(f"{where}: it has a partition_column, so it must filter with both $start_date and $end_date")
    if front_matter.partition_column is None and used:
        raise ModelError(f"{where}: it uses ${next(iter(used))} but names no partition_column")


def _tables(where: str, query: exp.Query) -> tuple[TableName, ...]:
    common = {cte.alias for cte in query.find_all(exp.CTE)}
    found: set[TableName] = set()
    for table in query.find_all(exp.Table):
        if not table.db and table.name in common:
            continue
        if not table.db:
            raise ModelError(f"{where}:{_line(table)}: write {table.name!r} as schema.table")
        try:
            found.add(TableName(table.db, table.name))
        except InvalidName as error:
            raise ModelError(f"{where}:{_line(table)}: {error}") from error
    return tuple(sorted(found, key=str))


def _refuse_cycles(models: tuple[Model, ...]) -> None:
    needs = {model.name: set(model.depends_on) for model in models}
    while ready := {name for name, upstream in needs.items() if not upstream & needs.keys()}:
        for name in ready:
            del needs[name]
    if needs:
        raise ModelError(f"these models need each other: {', '.join(sorted(map(str, needs)))}")


def _line(node: exp.Expr) -> int:
    """The line of the nearest token sqlglot has placed: itself, something inside it, or what holds it."""
    around: exp.Expr | None = node
    while around is not None:
        lines = [int(part.meta["line"]) for part in around.walk() if "line" in part.meta]
        if lines:
            return min(lines)
        around = around.parent
    return 1
