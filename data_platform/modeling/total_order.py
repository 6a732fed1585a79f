"""Whether an order leaves no two rows in either order: then LIMIT and row_number() choose the same each time.

What is unique is known of tables by their contracts, of grouped and distinct rows by what they are grouped by.
"""

from collections.abc import Collection, Iterable, Mapping

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from resources.lakehouse import InvalidName, TableName

UniqueKeys = Mapping[TableName, Collection[Collection[str]]]
"""For each table the sets of columns of which no two of its rows agree in all."""


def is_total_for_result(scope: Scope, order: exp.Order | None, unique: UniqueKeys) -> bool:
    """Whether an ORDER BY at the end of a query orders its rows totally; twins in all columns are one row here."""
    query = scope.expression
    if isinstance(query, exp.Select) and _is_one_row(query):
        return True
    if order is None or not isinstance(query, exp.Query):
        return False
    if any(isinstance(each.this, exp.Var) and each.name == "ALL" for each in order.expressions):
        return True
    ordered = [meant_by(query, each.this) for each in order.expressions]
    outputs = query.selects
    if all(_covers(ordered, each.unalias()) or _covers(ordered, exp.column(each.alias_or_name)) for each in outputs):
        return True
    return isinstance(query, exp.Select) and is_total(scope, ordered, unique)


def is_total(scope: Scope, ordered: Collection[exp.Expr], unique: UniqueKeys) -> bool:
    """Whether no two rows that a SELECT chooses from agree in all of these expressions."""
    query = scope.expression
    if not isinstance(query, exp.Select):
        return False
    if group := query.args.get("group"):
        return all(_covers(ordered, each) for each in group.expressions)
    names: dict[str, set[str]] = {}
    for each in ordered:
        if isinstance(each, exp.Column):
            names.setdefault(each.table, set()).add(each.name)
    joins = {join.alias_or_name: join for join in query.args.get("joins") or ()}
    return all(
        _has_key(source, names.get(name, set()), unique)
        or (name in joins and _has_key(source, _equated(joins[name], name), unique))
        for name, (_, source) in scope.selected_sources.items()
    )


def _is_one_row(query: exp.Select) -> bool:
    is_aggregated = any(each.find(exp.AggFunc) and not each.find(exp.Window) for each in query.selects)
    return is_aggregated and not query.args.get("group")


def meant_by(query: exp.Query, expression: exp.Expr) -> exp.Expr:
    """What ORDER BY or DISTINCT ON means by a column of the result: the expression that it is."""
    if isinstance(expression, exp.Column) and not expression.table and isinstance(query, exp.Select):
        return next((each.unalias() for each in query.selects if each.alias == expression.name), expression)
    return expression


def _covers(ordered: Iterable[exp.Expr], wanted: exp.Expr) -> bool:
    return any(each == wanted for each in ordered)


def _has_key(source: object, columns: Collection[str], unique: UniqueKeys) -> bool:
    keys = _keys_of(source, unique)
    return any(set(key) <= set(columns) for key in keys)


def _keys_of(source: object, unique: UniqueKeys) -> Collection[Collection[str]]:
    if isinstance(source, exp.Table):
        try:
            return unique.get(TableName(source.db, source.name), ())
        except InvalidName:
            return ()
    query = source.expression if isinstance(source, Scope) else None
    if not isinstance(query, exp.Select):
        return ()
    if (distinct := query.args.get("distinct")) and not distinct.args.get("on"):
        return ([each.alias_or_name for each in query.selects],)
    if group := query.args.get("group"):
        named = {each.unalias(): each.alias_or_name for each in query.selects}
        return ([named[each] for each in group.expressions],) if all(e in named for e in group.expressions) else ()
    return ()


def _equated(join: exp.Join, name: str) -> set[str]:
    """The columns of what is joined that are equal to something of the others: at most one row of it fits each."""
    on = join.args.get("on")
    found = set()
    for each in on.flatten() if isinstance(on, exp.And) else [on]:
        if isinstance(each, exp.EQ):
            sides = [side for side in (each.this, each.expression) if isinstance(side, exp.Column)]
            mine = [side.name for side in sides if side.table == name]
            if len(mine) == 1:
                found.add(mine[0])
    return found
