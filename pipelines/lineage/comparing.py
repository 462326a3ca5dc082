"""Which values a statement compares with which, and what it asks for yes or no. No scopes, no tables, no rule of what may be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from sqlglot import exp

Pair: TypeAlias = tuple[exp.Expr, exp.Expr | None]
"""Two sides of a comparison; None where there is nothing on the other: then a value is asked about by itself."""

# These are comparisons, and pass one of their operands on as well.
_CHOICES = (exp.Nullif, exp.Greatest, exp.Least)
_CONNECTING = (exp.And, exp.Or, exp.Xor, exp.Not, exp.Paren, exp.Coalesce)


def is_comparison(node: exp.Expr) -> bool:
    """Say whether an expression is yes or no of itself, and its operands are but compared."""
    return isinstance(node, exp.Predicate) and not isinstance(node, exp.Boolean | exp.And | exp.Or | exp.Xor)


def compares(node: exp.Expr) -> bool:
    """Say whether an expression compares some of its operands, whatever else it does."""
    return is_comparison(node) or isinstance(node, _CHOICES) or (isinstance(node, exp.Case) and node.this is not None)


def pairs(node: exp.Expr) -> Iterator[Pair]:
    """Yield what is compared with what, each two of them once; of what is not known every operand with nothing."""
    if isinstance(node, exp.In):
        for name in ("expressions", "query", "unnest", "field"):
            found = node.args.get(name)
            for each in found if isinstance(found, list) else [found] if found else []:
                yield from _sides(node.this, each)
    elif isinstance(node, exp.Between):
        yield from ((node.this, _of_many(node.args[bound])) for bound in ("low", "high"))
    elif isinstance(node, exp.Case):
        yield from (pair for each in node.args["ifs"] for pair in _sides(node.this, each.this))
    elif isinstance(node, exp.Greatest | exp.Least):
        every = list(node.iter_expressions())
        yield from ((one, other) for at, one in enumerate(every) for other in every[at + 1 :])
    elif isinstance(node, exp.Binary | exp.Nullif):
        one, other = _of_many(node.this), _of_many(node.expression)
        if one is None or other is None:
            yield from ((each, None) for each in (one, other) if each is not None)
        else:
            yield from _sides(one, other)
    else:
        yield from ((each, None) for each in node.iter_expressions())


def is_asked_for_null(node: exp.Expr) -> bool:
    """Say whether a comparison asks whether there is a value, or a row, and not which."""
    return isinstance(node, exp.Exists) or (isinstance(node, exp.Is) and isinstance(node.expression, exp.Null))


def is_empty_text(node: exp.Expr) -> bool:
    """Say whether something is the empty text: that a value is not empty tells of nobody."""
    return isinstance(node, exp.Literal) and bool(node.is_string) and not node.name


def asked(node: exp.Expr) -> Iterator[exp.Expr]:
    """Yield what a condition asks for yes or no, taken apart where it is made of several."""
    if isinstance(node, _CONNECTING):
        yield from (part for each in node.iter_expressions() for part in asked(each))
    elif isinstance(node, exp.Is) and isinstance(node.expression, exp.Boolean):
        yield from asked(node.this)
    else:
        yield node


def _sides(one: exp.Expr, other: exp.Expr) -> Iterator[Pair]:
    one, other = _bare(one), _bare(other)
    if isinstance(other, exp.Tuple) and not isinstance(one, exp.Tuple):
        one, other = other, one
    if not isinstance(one, exp.Tuple):
        yield one, other
    elif isinstance(other, exp.Query):
        yield from ((each, other) for each in one.expressions)
    elif isinstance(other, exp.Tuple) and len(one.expressions) == len(other.expressions):
        yield from (pair for each in zip(one.expressions, other.expressions, strict=True) for pair in _sides(*each))
    else:
        yield from ((each, None) for each in (*one.expressions, other))


def _of_many(node: exp.Expr) -> exp.Expr | None:
    """Return a side of a comparison, but none where it is a single value that a query finds: that stands for one constant."""
    return None if isinstance(node.unnest(), exp.Query) else node


def _bare(node: exp.Expr) -> exp.Expr:
    node = node.unnest()
    return _bare(node.this) if isinstance(node, exp.Any | exp.All) else node
