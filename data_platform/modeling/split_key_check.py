"""Whether a model may be built in parts by the hash of its split key: each part runs the model's query anew.

The parts are the whole only if a row has the same key in every run of the query, and if which rows there are does not
depend on a choice that the query leaves open. What is not so is told with its reason, and the key is not used.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from data_platform.modeling.column_lineage import Schema
from data_platform.modeling.engine_functions import engine_functions, names_of
from data_platform.modeling.order_of_rows import has_rows_frame, is_about_order, told, why_inexact
from data_platform.modeling.total_order import UniqueKeys, is_total, is_total_for_result, meant_by

Origins = Sequence[set[tuple[int, str, str]]]
"""For each column of the key where it is only passed on: the scope, the source that it comes from there, its name."""

_IN_ROWS = ("where", "having", "qualify", "group")
"""The clauses that decide which rows there are; ON and DISTINCT ON besides."""


def reason_against_key(sql: str, key: Sequence[str], schema: Schema, unique: UniqueKeys) -> str | None:
    """Why a model's query may not be split by the hash of these columns of its result; None if it may.

    Raises:
        sqlglot.errors.SqlglotError: the query reads what `schema` does not have.
    """
    nested: dict[str, Any] = {}
    for table, columns in schema.items():
        nested.setdefault(table.schema, {})[table.table] = dict(columns)
    query = parse_one(sql, dialect="duckdb")
    query = qualify(query, dialect="duckdb", schema=nested, quote_identifiers=False, identify=False)
    root = build_scope(annotate_types(query, schema=nested, dialect="duckdb"))
    return next(_Query(root, unique).reasons(key), None) if root is not None else "it is no query"


class _Query:
    """A query with its scopes, each found again by the SELECT that it is of."""

    def __init__(self, root: Scope, unique: UniqueKeys) -> None:
        self.root, self.unique = root, unique
        self.scopes = {id(scope.expression): scope for scope in root.traverse()}

    def reasons(self, key: Sequence[str]) -> Iterator[str]:
        """Everything that speaks against the key."""
        is_plain = True
        origins = [set(self.plain_origins(self.root, column)) for column in key]
        if self.root.expression.find(exp.TableSample):
            yield "the query takes a sample"
        for column in key:
            for scope, part in self.made_of(self.root, column):
                is_plain = is_plain and not _is_of_many_rows(part)
                for reason in self.undetermined(scope, part):
                    yield f"{column} is computed from {reason}"
        for scope in self.scopes.values():
            yield from self.open_choices(scope, origins)
            for part in _deciding(scope.expression):
                yield from self.undetermined_rows(part, origins, is_plain=is_plain)

    def made_of(
        self, scope: Scope, column: str, seen: set[tuple[int, str]] | None = None
    ) -> Iterator[tuple[Scope, exp.Expr]]:
        """The expressions that a column of a scope is made of, through all the queries below it, each once."""
        seen = set() if seen is None else seen
        place, query = (id(scope), column), scope.expression
        if place in seen or not isinstance(query, exp.Query):
            return
        seen.add(place)
        for branch in scope.set_operation_scopes:
            if isinstance(branch.expression, exp.Query):
                names = branch.expression.named_selects
                yield from self.made_of(branch, names[query.named_selects.index(column)], seen)
        if scope.set_operation_scopes:
            return
        for selected in query.selects:
            if selected.alias_or_name == column:
                yield from self.below(scope, selected.unalias(), seen)

    def below(
        self, scope: Scope, part: exp.Expr, seen: set[tuple[int, str]] | None = None
    ) -> Iterator[tuple[Scope, exp.Expr]]:
        """An expression, and those that its columns are made of."""
        yield scope, part
        seen = set() if seen is None else seen
        for column in part.find_all(exp.Column):
            of = self.scopes.get(id(column.parent_select), scope)
            source = of.sources.get(column.table)
            if isinstance(source, Scope):
                yield from self.made_of(source, column.name, seen)

    def plain_origins(self, scope: Scope, column: str) -> Iterator[tuple[int, str, str]]:
        """Where a column comes from that is only passed on: in each scope, by the source that it has it from."""
        for of, part in self.made_of(scope, column):
            if isinstance(part, exp.Column):
                yield id(of), part.table, part.name

    def undetermined(self, scope: Scope, part: exp.Expr) -> Iterator[str]:
        """What in an expression may be another value when the query runs again."""
        known = engine_functions()
        for node in part.walk():
            names = names_of(node)
            if names & (known.volatile | known.of_transaction):
                yield f"{told(node)}, which is another each time"
            elif isinstance(node, exp.Window):
                yield from self.undetermined_window(scope, node)
            elif isinstance(node, exp.AggFunc) or names & known.aggregates:
                in_window = isinstance(node.find_ancestor(exp.Window, exp.Select), exp.Window)
                if not (in_window and is_about_order(node)) and (why := why_inexact(node)):
                    yield f"{told(node)}, {why}"

    def undetermined_window(self, scope: Scope, window: exp.Window) -> Iterator[str]:
        """A window whose result depends on which of equal rows comes first."""
        if not is_about_order(window.this) and not has_rows_frame(window):
            return
        order = window.args.get("order")
        ordered = [each.this for each in order.expressions] if order is not None else []
        of = self.scopes.get(id(window.parent_select), scope)
        if not is_total(of, [*(window.args.get("partition_by") or ()), *ordered], self.unique):
            yield f"{told(window)}, whose order is not total"

    def open_choices(self, scope: Scope, origins: Origins) -> Iterator[str]:
        """Rows that a query chooses without saying which."""
        query = scope.expression
        if not isinstance(query, exp.Query):
            return
        limited = query.args.get("limit") or query.args.get("offset")
        if limited is not None and not is_total_for_result(scope, query.args.get("order"), self.unique):
            yield f"{told(limited)} takes rows of an order that is not total"
        distinct = query.args.get("distinct")
        if isinstance(distinct, exp.Distinct) and (on := distinct.args.get("on")) is not None:
            order = query.args.get("order")
            ordered = [meant_by(query, each.this) for each in order.expressions] if order is not None else []
            apart = [meant_by(query, each) for each in (on.expressions if isinstance(on, exp.Tuple) else [on])]
            if not _have_the_key(scope, apart, origins) and not is_total(scope, [*apart, *ordered], self.unique):
                yield f"{told(distinct)} takes one row of several in an order that is not total"
        if any(join.args.get("method") == "POSITIONAL" for join in query.args.get("joins") or ()):
            yield "the query joins rows by their position"

    def undetermined_rows(self, part: exp.Expr, origins: Origins, *, is_plain: bool) -> Iterator[str]:
        """What decides about rows and may decide otherwise in another part.

        A key that is only passed on from a table has all rows of one value in one part: what is chosen among them, or
        added up of them, is chosen and added up once.
        """
        known = engine_functions()
        first = self.scopes.get(id(part.parent_select), self.root)
        for scope, each in self.below(first, part):
            for node in each.walk():
                if names_of(node) & known.volatile:
                    yield f"which rows there are depends on {told(node)}, which is another each time"
                elif isinstance(node, exp.Window):
                    of = self.scopes.get(id(node.parent_select), scope)
                    if not _have_the_key(of, node.args.get("partition_by") or (), origins):
                        for reason in self.undetermined_window(of, node):
                            yield f"which rows there are depends on {reason}"
                elif is_plain or not isinstance(node, exp.AggFunc) or isinstance(node.parent, exp.Window):
                    continue
                elif why := why_inexact(node):
                    yield f"which rows there are depends on {told(node)}, {why}"


def _deciding(query: exp.Expr) -> Iterator[exp.Expr]:
    if not isinstance(query, exp.Select):
        return
    for clause in _IN_ROWS:
        if (found := query.args.get(clause)) is not None:
            yield found
    for join in query.args.get("joins") or ():
        if (on := join.args.get("on")) is not None:
            yield on


def _have_the_key(scope: Scope, columns: Sequence[exp.Expr], origins: Origins) -> bool:
    """Whether some columns of a scope have all of the key among them, so that rows that agree in them have one key."""
    places = {(id(scope), each.table, each.name) for each in columns if isinstance(each, exp.Column)}
    return all(places & each for each in origins)


def _is_of_many_rows(part: exp.Expr) -> bool:
    aggregates = engine_functions().aggregates
    return any(isinstance(node, exp.AggFunc | exp.Window) or names_of(node) & aggregates for node in part.walk())
