"""What SQL's operations do to their operands: which part each takes, and what is taken away from it. No scopes, no tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, TypeAlias

from sqlglot import exp

Part: TypeAlias = Literal["value", "condition", "filter", "join", "group", "order", "window", "counted"]
"""How a column takes part: its value is passed on, it decides between values or about rows, or rows are counted by it."""

AGGREGATE, MIDDLE, CUT, TEST, NAMED, COMPUTE = "aggregate", "middle", "cut_to_day", "test", "named", "compute"
"""A figure of many values; one from the middle of many; a day; a comparison, and one with a constant; anything else."""

_AGGREGATES = (exp.Count, exp.CountIf, exp.Sum, exp.Avg, exp.Stddev, exp.Variance, exp.ApproxDistinct)
_DAY_OR_LONGER = {"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}
_DATE_PARTS = re.compile(r"(?:[^%]|%-?[YymdjGVuUWbBaA])*")
_LEAVES = (
    exp.Literal,
    exp.Boolean,
    exp.Null,
    exp.Var,
    exp.Identifier,
    exp.DataType,
    exp.CurrentDate,
    exp.CurrentTimestamp,
)
# These pass an instant on as it is.
_TRANSPARENT = (
    exp.Alias,
    exp.Paren,
    exp.Coalesce,
    exp.Nullif,
    exp.Greatest,
    exp.Least,
    exp.Max,
    exp.Min,
    exp.Lag,
    exp.Lead,
    exp.FirstValue,
    exp.LastValue,
    exp.Ordered,
    exp.Distinct,
    exp.And,
    exp.Or,
    exp.Not,
)


def is_followed(node: exp.Expr) -> bool:
    """Say whether an operation is made of its operands alone: neither a star nor a whole row nor something unknown."""
    if isinstance(node, exp.TableColumn | exp.Star | exp.Table):
        return False
    return isinstance(node, _LEAVES) or next(node.iter_expressions(), None) is not None or isinstance(node, exp.Func)


def operands(node: exp.Expr, part: Part) -> Iterator[tuple[exp.Expr, Part, str | None]]:
    """Yield the operands of an operation, with the part that each takes and what the operation does to it."""
    decides: Part = "condition" if part == "value" else part
    if isinstance(node, exp.Window):
        yield from _window(node, part, decides)
    elif isinstance(node, exp.If | exp.Case):
        yield from _branches(node, part, decides)
    elif isinstance(node, exp.Filter | exp.ArgMin | exp.ArgMax):
        yield node.this, part, None
        yield node.expression, decides, TEST
    elif isinstance(node, exp.Predicate) and not isinstance(node, exp.Boolean):
        test = NAMED if _names_a_value(node) else TEST
        yield from ((each, decides, test) for each in node.iter_expressions())
    else:
        operation = _aggregate(node) or (CUT if _cuts(node) else None if _passes_on(node) else COMPUTE)
        yield from ((each, part, operation) for each in node.iter_expressions() if not isinstance(each, exp.Star))


def _window(node: exp.Window, part: Part, decides: Part) -> Iterator[tuple[exp.Expr, Part, str | None]]:
    inner = node.this
    while isinstance(inner, exp.Filter | exp.IgnoreNulls | exp.RespectNulls | exp.WithinGroup):
        if inner.args.get("expression"):
            yield inner.expression, decides, TEST
        inner = inner.this
    # What is worked out over a window stands in every row: of one person's rows it is that person's.
    if _aggregate(inner):
        yield from ((each, part, None) for each in inner.iter_expressions() if not isinstance(each, exp.Star))
    else:
        yield inner, part, None
    for each in [*(node.args.get("partition_by") or ()), *([node.args["order"]] if node.args.get("order") else ())]:
        yield each, "window", None


def _branches(node: exp.If | exp.Case, part: Part, decides: Part) -> Iterator[tuple[exp.Expr, Part, str | None]]:
    if node.this:
        # CASE x WHEN 'a' compares x with a constant.
        yield node.this, decides, NAMED if isinstance(node, exp.Case) else TEST
    for name in ("ifs", "true", "false", "default"):
        found = node.args.get(name)
        for each in found if isinstance(found, list) else [found] if found else []:
            yield each, part, None


def _names_a_value(node: exp.Expr) -> bool:
    """Say whether a comparison is with a value that stands in the statement, other than an empty one."""
    literals = (each for each in node.iter_expressions() if isinstance(each, exp.Literal))
    return not isinstance(node, exp.Is) and any(each.is_string and each.name != "" for each in literals)


def _aggregate(node: exp.Expr) -> str | None:
    """Return what an operation does with many values; an order statistic is one of them, unless it is from the middle."""
    if isinstance(node, _AGGREGATES):
        return AGGREGATE
    if isinstance(node, exp.Median):
        return MIDDLE
    inner = node.this if isinstance(node, exp.WithinGroup) else node
    if isinstance(inner, exp.PercentileCont):
        share = inner.this if isinstance(node, exp.WithinGroup) else inner.args.get("expression")
        is_number = isinstance(share, exp.Literal) and not share.is_string
        return MIDDLE if is_number and 0 < float(str(share)) < 1 else None
    return None


def _cuts(node: exp.Expr) -> bool:
    """Say whether an operation leaves of an instant no more than its day."""
    if isinstance(node, exp.Cast | exp.TryCast):
        return bool(node.to.this == exp.DataType.Type.DATE)
    if isinstance(node, exp.TimestampTrunc | exp.DateTrunc):
        return str(node.text("unit")).upper() in _DAY_OR_LONGER
    if isinstance(node, exp.TimeToStr):
        pattern = str(node.text("format"))
        return bool(pattern) and _DATE_PARTS.fullmatch(pattern) is not None
    return False


def _passes_on(node: exp.Expr) -> bool:
    """Say whether an operation leaves an instant what it is: then its day can still be taken, and of anything else not."""
    if isinstance(node, exp.Add | exp.Sub):
        return isinstance(node.expression, exp.Interval)
    if isinstance(node, exp.Cast | exp.TryCast):
        return str(node.to.this.name).startswith(("TIMESTAMP", "DATETIME"))
    return isinstance(node, _TRANSPARENT) or not isinstance(node, exp.Func | exp.Binary | exp.Unary)
