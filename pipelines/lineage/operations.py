"""What SQL's operations do to their operands: which part each takes, and what is taken away from it. No scopes, no tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, TypeAlias

from sqlglot import exp

Part: TypeAlias = Literal["value", "condition", "filter", "join", "group", "order", "window", "counted"]
"""How a column takes part: its value is passed on, it decides between values or about rows, or rows are counted by it."""

AGGREGATE, COUNT, MIDDLE = "aggregate", "count", "middle"
"""A figure of many values; how many they are; one from the middle of many."""
SHIFT, CUT, COMPUTE = "shift", "cut_to_day", "compute"
"""An instant by the clock of Jakarta; a day; anything else that is worked out of a value."""
TEST, NAMED, FIRST = "test", "named", "first"
"""A comparison; one with what stands in the statement itself; to say by its rank which row of a group is taken."""
PICK = "pick"
"""One of the values of a group or window, or what may be one: several of them taken together are those of one person's."""
PLACE = "place"
"""A number that a window gives to rows by their order and partition: as fine as what these are of."""
ASKED = "asked"
"""Of an operand that is asked for yes or no: what that makes of its own operands is said in `comparing`."""

_COUNTS = (exp.Count, exp.ApproxDistinct)
_AGGREGATES = (exp.Sum, exp.Avg, exp.Stddev, exp.Variance)
# These choose one of the values, and tell no more of a group than that.
_CHOOSING = (
    exp.Max,
    exp.Min,
    exp.AnyValue,
    exp.First,
    exp.Last,
    exp.FirstValue,
    exp.LastValue,
    exp.NthValue,
    exp.Lag,
    exp.Lead,
    exp.ArgMax,
    exp.ArgMin,
)
# Aggregates that the parser does not know as such; of what they make one value may be taken.
_UNKNOWN = {
    "arbitrary",
    "arg_max_null",
    "arg_max_nulls_last",
    "arg_min_null",
    "arg_min_nulls_last",
    "bitstring_agg",
    "entropy",
    "favg",
    "fill",
    "fsum",
    "histogram",
    "histogram_exact",
    "kahan_sum",
    "kurtosis_pop",
    "mad",
    "mean",
    "product",
    "reservoir_quantile",
    "sem",
    "sum_no_overflow",
    "sumkahan",
}
_SHARES = (0.1, 0.9)
_JAKARTA = ("7", "HOUR")
# What these make of a key or a pseudonym still is one, and of an instant still its text.
_WIDE = {"BIGINT", "HUGEINT", "VARCHAR", "TEXT"}
_DAY_OR_LONGER = {"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}
_DATE_PARTS = re.compile(r"(?:[^%]|%-?[YymdjGVuUWbBaA])*")
_LEAVES = (
    exp.Literal,
    exp.RawString,
    exp.ByteString,
    exp.HexString,
    exp.BitString,
    exp.National,
    exp.UnicodeString,
    exp.Heredoc,
    exp.LimitOptions,
    exp.Boolean,
    exp.Null,
    exp.Var,
    exp.Identifier,
    exp.DataType,
    exp.CurrentDate,
    exp.CurrentTimestamp,
)
# These pass a value on as it is.
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
    exp.ArgMax,
    exp.ArgMin,
    exp.Ordered,
    exp.Distinct,
    exp.And,
    exp.Or,
    exp.Not,
    exp.Where,
    exp.Having,
    exp.Qualify,
    exp.Group,
    exp.Order,
    exp.Limit,
    exp.Offset,
    exp.Tuple,
    exp.WithinGroup,
    exp.IgnoreNulls,
    exp.RespectNulls,
    exp.Rollup,
    exp.Cube,
    exp.GroupingSets,
)


def is_leaf(node: exp.Expr) -> bool:
    """Say whether something is made of nothing else: a constant, a name, a type, the time of day."""
    return isinstance(node, _LEAVES)


def is_followed(node: exp.Expr) -> bool:
    """Say whether an operation is made of its operands alone: neither a star nor a whole row nor something unknown."""
    if isinstance(node, exp.TableColumn | exp.Star | exp.Table):
        return False
    has_operands = next(node.iter_expressions(), None) is not None
    # The group of everything, (), has none.
    return is_leaf(node) or has_operands or isinstance(node, exp.Func | exp.Tuple)


def operands(node: exp.Expr, part: Part) -> Iterator[tuple[exp.Expr, Part, str | None]]:
    """Yield the operands of an operation that is no comparison, with the part of each and what is done to it."""
    if isinstance(node, exp.Window):
        yield from _window(node, part)
    elif isinstance(node, exp.If | exp.Case):
        yield from _branches(node, part)
    elif isinstance(node, exp.Filter):
        yield node.this, part, None
        yield node.expression.this, deciding(part), ASKED
    elif isinstance(node, exp.ArgMin | exp.ArgMax):
        yield node.this, part, PICK
        yield node.expression, deciding(part), FIRST
    else:
        operation = _aggregate(node) or (CUT if _cuts(node) else SHIFT if _shifts(node) else None)
        operation = operation or (PICK if _picks(node) else None if passes_on(node) else COMPUTE)
        yield from ((each, part, operation) for each in node.iter_expressions() if not isinstance(each, exp.Star))


def deciding(part: Part) -> Part:
    """Return the part of what decides between values, or about what its result decides about."""
    return "condition" if part == "value" else part


def tells_of_its_group(node: exp.Expr) -> bool:
    """Say whether an operation is worked out of all the rows of a group or window; what is unknown may be."""
    return isinstance(node, exp.AggFunc | exp.Anonymous | exp.RowNumber) and not isinstance(node, exp.ParameterizedAgg)


def chooses(node: exp.Expr) -> bool:
    """Say whether an operation passes on one of the values of a group or window."""
    return isinstance(node, _CHOOSING)


def partition(node: exp.Expr) -> list[exp.Expr] | None:
    """Return by what the window of an operation is partitioned; None where it is over no window."""
    while isinstance(node.parent, exp.Filter | exp.IgnoreNulls | exp.RespectNulls | exp.WithinGroup):
        node = node.parent
    window = node if isinstance(node, exp.Window) else node.parent
    return list(window.args.get("partition_by") or ()) if isinstance(window, exp.Window) else None


def has_sets(group: exp.Expr) -> bool:
    """Say whether rows are grouped in several ways at once."""
    return any(group.args.get(each) for each in ("grouping_sets", "cube", "rollup")) or any(
        isinstance(each, exp.Tuple | exp.GroupingSets | exp.Cube | exp.Rollup) for each in group.expressions
    )


def within(node: exp.Window) -> exp.Expr:
    """Return what is worked out over a window, without what it leaves out."""
    inner: exp.Expr = node.this
    while isinstance(inner, exp.Filter | exp.IgnoreNulls | exp.RespectNulls | exp.WithinGroup):
        inner = inner.this
    return inner


def framing(node: exp.Window) -> list[exp.Expr]:
    """Return what decides which rows a window is of: partition, order and the bounds of its frame."""
    order, spec = node.args.get("order"), node.args.get("spec")
    bounds = [spec.args.get(name) for name in ("start", "end")] if spec else []
    return [
        *(node.args.get("partition_by") or ()),
        *([order] if order else ()),
        *(each for each in bounds if isinstance(each, exp.Expr)),
    ]


def _window(node: exp.Window, part: Part) -> Iterator[tuple[exp.Expr, Part, str | None]]:
    inner, outer = within(node), node.this
    while outer is not inner:
        if isinstance(outer, exp.Filter):
            yield outer.expression.this, deciding(part), ASKED
        elif isinstance(outer, exp.WithinGroup):
            yield outer.expression, part, PICK
        outer = outer.this
    # What is worked out over a window stands in every row: of one person's rows it is that person's.
    if _aggregate(inner):
        done = COUNT if isinstance(inner, _COUNTS) else None
        yield from ((each, part, done) for each in inner.iter_expressions() if not isinstance(each, exp.Star))
    else:
        yield inner, part, None
    yield from ((each, "window", None if chooses(inner) else PLACE) for each in framing(node))


def _branches(node: exp.If | exp.Case, part: Part) -> Iterator[tuple[exp.Expr, Part, str | None]]:
    # CASE x WHEN y compares x with y, which `comparing` says.
    if isinstance(node, exp.If) and not (isinstance(node.parent, exp.Case) and node.parent.this):
        yield node.this, deciding(part), ASKED
    for name in ("ifs", "true", "false", "default"):
        found = node.args.get(name)
        for each in found if isinstance(found, list) else [found] if found else []:
            yield each, part, None


def _aggregate(node: exp.Expr) -> str | None:
    """Return what an operation does with many values; an order statistic is one of them, unless it is from the middle."""
    if isinstance(node, _COUNTS):
        return COUNT
    if isinstance(node, _AGGREGATES):
        return AGGREGATE
    if isinstance(node, exp.Median):
        return MIDDLE
    inner = node.this if isinstance(node, exp.WithinGroup) else node
    if isinstance(inner, exp.PercentileCont):
        share = inner.this if isinstance(node, exp.WithinGroup) else inner.args.get("expression")
        is_number = isinstance(share, exp.Literal) and not share.is_string
        least, most = _SHARES
        return MIDDLE if is_number and least <= float(str(share)) <= most else None
    return None


def _picks(node: exp.Expr) -> bool:
    """Say whether an operation passes on one of many values, or what such a one can be taken from: any unknown aggregate."""
    if isinstance(node, exp.Anonymous):
        return str(node.name).lower() in _UNKNOWN
    return isinstance(node, exp.AggFunc | exp.WithinGroup) and not _aggregate(node)


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


def _shifts(node: exp.Expr) -> bool:
    """Say whether an operation is the one shift of an instant whose day may be taken: other days, together, tell the hour."""
    if not isinstance(node, exp.Add) or not isinstance(node.expression, exp.Interval):
        return False
    return (str(node.expression.name), node.expression.text("unit").upper()) == _JAKARTA


def passes_on(node: exp.Expr) -> bool:
    """Say whether an operation leaves a value what it is: then an instant's day can still be taken."""
    if isinstance(node, exp.Cast | exp.TryCast):
        kind = str(node.to.this.name)
        is_wide = isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast) and kind in _WIDE
        return kind.startswith(("TIMESTAMP", "DATETIME")) or (is_wide and not node.to.expressions)
    return isinstance(node, _TRANSPARENT) or is_leaf(node)
