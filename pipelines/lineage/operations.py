"""What SQL's operations do to their operands: which part each takes, and what is taken away from it. No scopes, no tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from sqlglot import exp

Part: TypeAlias = Literal["value", "condition", "filter", "join", "group", "order", "window"]
"""How a column takes part: its value is passed on, it decides between values, or it decides about rows."""

AGGREGATE, CUT, TEST = "aggregate", "cut_to_day", "test"
_AGGREGATES = (
    exp.Count,
    exp.CountIf,
    exp.Sum,
    exp.Avg,
    exp.Median,
    exp.PercentileCont,
    exp.PercentileDisc,
    exp.Quantile,
    exp.Stddev,
    exp.Variance,
    exp.ApproxDistinct,
)
_DAY_OR_LONGER = {"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}


def operands(node: exp.Expr, part: Part) -> Iterator[tuple[exp.Expr, Part, str | None]]:
    """Yield the operands of an operation, with the part that each takes and what the operation does to it."""
    decides: Part = "condition" if part == "value" else part
    if isinstance(node, exp.Window):
        # What is worked out over a window stands in every row: of one person's rows it is that person's.
        inner = node.this
        if _is_aggregate(inner):
            yield from ((each, part, None) for each in inner.iter_expressions())
        else:
            yield inner, part, None
        for each in [*(node.args.get("partition_by") or ()), *([node.args["order"]] if node.args.get("order") else ())]:
            yield each, "window" if part == "value" else part, None
        return
    if isinstance(node, exp.If | exp.Case):
        yield from _branches(node, part, decides)
        return
    if isinstance(node, exp.Filter):
        yield node.this, part, None
        yield node.expression, decides, TEST
        return
    if isinstance(node, exp.ArgMin | exp.ArgMax):
        yield node.this, part, None
        yield node.expression, decides, TEST
        return
    is_test = isinstance(node, exp.Predicate) and not isinstance(node, exp.Boolean)
    operation = AGGREGATE if _is_aggregate(node) else CUT if _cuts(node) else TEST if is_test else None
    for each in node.iter_expressions():
        yield each, decides if is_test else part, operation


def _branches(node: exp.If | exp.Case, part: Part, decides: Part) -> Iterator[tuple[exp.Expr, Part, str | None]]:
    if node.this:
        yield node.this, decides, TEST
    for name in ("ifs", "true", "false", "default"):
        found = node.args.get(name)
        for each in found if isinstance(found, list) else [found] if found else []:
            yield each, part, None


def _is_aggregate(node: exp.Expr) -> bool:
    inner = node.this if isinstance(node, exp.WithinGroup) else node
    return isinstance(inner, _AGGREGATES)


def _cuts(node: exp.Expr) -> bool:
    """Say whether an operation leaves of an instant no more than its day."""
    if isinstance(node, exp.Cast | exp.TryCast):
        return bool(node.to.this == exp.DataType.Type.DATE)
    if isinstance(node, exp.TimestampTrunc | exp.DateTrunc):
        return str(node.text("unit")).upper() in _DAY_OR_LONGER
    if isinstance(node, exp.TimeToStr):
        pattern = str(node.text("format"))
        return bool(pattern) and not any(
            each in pattern for each in ("%H", "%I", "%M", "%S", "%f", "%s", "%c", "%X", "%T")
        )
    return False
