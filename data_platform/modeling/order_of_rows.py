"""Whether a value depends on the order in which rows come, which with several threads is another each time.

Sums of floating point numbers do in their last digits, lists in their order, row_number() among ties.
"""

from sqlglot import exp

from data_platform.modeling.engine_functions import names_of

_EXACT = (
    *(exp.Count, exp.CountIf, exp.ApproxDistinct, exp.Min, exp.Max, exp.LogicalAnd, exp.LogicalOr),
    *(exp.BitwiseAndAgg, exp.BitwiseOrAgg, exp.BitwiseXorAgg, exp.Median, exp.PercentileCont, exp.PercentileDisc),
    *(exp.Quantile, exp.Rank, exp.DenseRank, exp.PercentRank, exp.CumeDist),
)
"""Aggregates and ranks that are the same in whatever order the rows come."""
_EXACT_NAMES = frozenset({"count_star", "bool_and", "bool_or", "bit_and", "bit_or", "bit_xor", "quantile_disc", "mad"})
_SUMS = (exp.Sum, exp.Avg)
_LISTS = (exp.ArrayAgg, exp.GroupConcat)
MOST_CHARACTERS = 80
_INEXACT_TYPES = (*exp.DataType.FLOAT_TYPES, exp.DataType.Type.UNKNOWN, exp.DataType.Type.NULL)


def is_about_order(function: exp.Expr) -> bool:
    """Whether a window function is about the place of a row among others, ties not being one place."""
    while isinstance(function, exp.IgnoreNulls | exp.RespectNulls | exp.Filter):
        function = function.this
    ordinal = (exp.RowNumber, exp.Ntile, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue)
    return isinstance(function, (*ordinal, exp.First, exp.Last, exp.AnyValue, *_LISTS))


def has_rows_frame(window: exp.Window) -> bool:
    """Whether a window ends at a row, and not at a value of its order: of ties some are in it and some are not."""
    spec = window.args.get("spec")
    return spec is not None and spec.args.get("kind") != "RANGE"


def why_inexact(aggregate: exp.Expr) -> str | None:
    """Why an aggregate may be another value of the same rows; None if it may not."""
    if isinstance(aggregate, _EXACT) and not isinstance(aggregate, exp.ApproxQuantile):
        return None
    if names_of(aggregate) & _EXACT_NAMES:
        return None
    if isinstance(aggregate, _SUMS):
        of = aggregate.this.expressions[0] if isinstance(aggregate.this, exp.Distinct) else aggregate.this
        kind = of.type.this if of.type is not None else exp.DataType.Type.UNKNOWN
        return (
            "which depends on the order in which numbers with a floating point are added"
            if kind in _INEXACT_TYPES
            else None
        )
    order = aggregate.this if isinstance(aggregate, _LISTS) and isinstance(aggregate.this, exp.Order) else None
    if order is not None and any(each.this == order.this for each in order.expressions):
        return None  # ties are equal
    return "which depends on the order in which rows come"


def told(node: exp.Expr) -> str:
    """An expression as it is told to people: in one line, shortened."""
    text = " ".join(node.sql(dialect="duckdb", comments=False).split())
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
