"""Which SELECTs read but some of the rows, picked one by one, so that a sum of them may be of one person. No labels."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

_TAKING_SOME = ("limit", "offset", "qualify", "sample")


def takes_few(scope: Scope) -> bool:
    """Say whether what a SELECT works out may be of a few rows: of the first ones, or of those with a place in a window."""
    below = (*_sources(scope), *scope.subquery_scopes)
    return _is_picked_from(scope) or any(is_cut_short(each) for each in below)


def takes_the_first(scope: Scope) -> bool:
    """Say whether a SELECT reads, on whatever way, but as many rows as a number says."""
    below = (*_sources(scope), *scope.subquery_scopes, *scope.set_operation_scopes)
    return any(
        any(each.expression.args.get(clause) for clause in ("limit", "offset", "sample")) or takes_the_first(each)
        for each in below
    )


def is_cut_short(scope: Scope) -> bool:
    """Say whether a query yields but some of its rows, be it the first ones or those with a place in a window."""
    tree = scope.expression
    distinct = tree.args.get("distinct")
    if any(tree.args.get(clause) for clause in _TAKING_SOME) or (
        isinstance(distinct, exp.Distinct) and distinct.args.get("on")
    ):
        return True
    if isinstance(tree, exp.SetOperation):
        return any(is_cut_short(side) for side in scope.set_operation_scopes)
    return takes_few(scope)


def _is_picked_from(scope: Scope) -> bool:
    tree = scope.expression
    if not isinstance(tree, exp.Select):
        return False
    conditions = [tree.args.get("where"), *(join.args.get("on") for join in tree.args.get("joins") or ())]
    conditions += [each.this for select in tree.selects for each in select.find_all(exp.If)]
    conditions += [each.expression for select in tree.selects for each in select.find_all(exp.Filter)]
    found = [each for each in conditions if each is not None]
    return any(_tells_a_place(each, scope) or _equals_what_was_picked(each, scope) for each in found)


def _equals_what_was_picked(node: exp.Expr, scope: Scope) -> bool:
    """Say whether a condition asks for the rows of one value that was picked of all: those of the greatest instant."""
    for equation in node.find_all(exp.EQ, exp.NullSafeEQ):
        for side in (equation.left, equation.right):
            if side.find(exp.Subquery) or any(_was_picked(column, scope) for column in side.find_all(exp.Column)):
                return True
    return False


def _was_picked(column: exp.Column, scope: Scope) -> bool:
    source = scope.sources.get(column.table)
    if not isinstance(source, Scope):
        return False
    for side in source.set_operation_scopes or [source]:
        selects = side.expression.selects if isinstance(side.expression, exp.Query) else []
        for each in selects:
            if each.alias_or_name == column.name:
                is_of_all = not side.expression.args.get("group") and not each.find(exp.Window)
                if (is_of_all and each.find(exp.AggFunc)) or any(
                    _was_picked(own, side) for own in each.find_all(exp.Column)
                ):
                    return True
    return False


def _tells_a_place(node: exp.Expr, scope: Scope) -> bool:
    """Say whether an expression is made of what a window told of a row."""
    if node.find(exp.Window):
        return True
    for column in node.find_all(exp.Column):
        source = scope.sources.get(column.table)
        if not isinstance(source, Scope):
            continue
        sides = source.set_operation_scopes or [source]
        for side in sides:
            selects = side.expression.selects if isinstance(side.expression, exp.Query) else []
            if any(_tells_a_place(each, side) for each in selects if each.alias_or_name == column.name):
                return True
    return False


def _sources(scope: Scope) -> list[Scope]:
    return [source for _, source in scope.selected_sources.values() if isinstance(source, Scope)]
