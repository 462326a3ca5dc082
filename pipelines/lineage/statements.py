"""What each column of a SELECT is made of, by its syntax tree: columns, in which part they play, and through which operations.

Nothing is run. What cannot be resolved is an error, never an empty answer. Not here: which statements there are (assembling),
what may come of what (taint).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from pipelines.lineage import comparing, operations
from pipelines.lineage.dependencies import Column, Dependency, Operation, Statement, is_real
from pipelines.lineage.operations import AGGREGATE, ASKED, COMPUTE, COUNT, FIRST, MIDDLE, NAMED, PICK, TEST, Part
from pipelines.lineage.parsing import LineageUnresolved, scope_of, table_of
from pipelines.lineage.picking import is_cut_short, takes_few, takes_the_first


def read(
    sql: str, *, name: str, known: Mapping[str, Sequence[str]], before: Mapping[str, Statement] = MappingProxyType({})
) -> Statement:
    """Return what the columns of the SELECT `name` are made of; `known` are the tables that it may read, with their columns.

    Of tables that are statements themselves, `before` says which. A comparison with what is fixed there is with a constant.

    Raises LineageUnresolved.
    """
    scope = scope_of(sql, name=name, known=known)
    reader = _Reader(name, before)
    try:
        columns, rows = reader.read(scope, ())
    except RecursionError:
        raise LineageUnresolved(f"{name} is nested too deeply") from None
    return Statement(columns, rows, frozenset(reader.tables), is_cut_short(scope))


_Columns: TypeAlias = Mapping[str, frozenset[Dependency]]


class _Reader:
    def __init__(self, name: str, before: Mapping[str, Statement]) -> None:
        self._name, self._before = name, before
        self._done: dict[int, tuple[_Columns, frozenset[Dependency]]] = {}
        self.tables = set[str]()

    def read(self, scope: Scope, outer: tuple[Scope, ...]) -> tuple[_Columns, frozenset[Dependency]]:
        if id(scope) not in self._done:
            self._done[id(scope)] = self._read(scope, outer)
        return self._done[id(scope)]

    def reads_some(self, scope: Scope) -> bool:
        """Say whether one of the tables that a SELECT reads is but the first rows of another."""
        return any(each in self._before and self._before[each].is_cut_short for each in _tables(scope))

    def is_real(self, found: Iterable[Dependency]) -> bool:
        """Say whether something is a value of a table, and of no statement in which it is fixed."""
        return is_real(each for each in found if not self._is_fixed(each.column))

    def _is_fixed(self, column: Column) -> bool:
        statement = self._before.get(column.dataset)
        return statement is not None and statement.is_fixed(column.name)

    def _read(self, scope: Scope, outer: tuple[Scope, ...]) -> tuple[_Columns, frozenset[Dependency]]:
        tree = scope.expression
        if isinstance(tree, exp.SetOperation):
            return self._read_union(scope, outer)
        if isinstance(tree, exp.Values):
            names = tree.args["alias"].columns if tree.args.get("alias") else []
            return {each.name: frozenset() for each in names}, frozenset()
        if not isinstance(tree, exp.Select):
            raise LineageUnresolved(f"{self._name} has a part that is no SELECT: {type(tree).__name__}")
        self.tables.update(_tables(scope))
        within = _Scope(self, scope, outer)
        columns = {each.alias_or_name: frozenset(within.of(each, "value", ())) for each in tree.selects}
        names = [each.alias_or_name for each in tree.selects]
        if twice := sorted({each for each in names if each in ("", "*") or names.count(each) > 1}):
            listed = ", ".join(each or "(none)" for each in twice)
            raise LineageUnresolved(f"{self._name} has columns without names of their own: {listed}; name each once")
        return columns, frozenset(within.rows(tree))

    def _read_union(self, scope: Scope, outer: tuple[Scope, ...]) -> tuple[_Columns, frozenset[Dependency]]:
        if scope.expression.args.get("by_name"):
            raise LineageUnresolved(f"{self._name} has a union by name")
        if scope.expression.args.get("limit"):
            raise LineageUnresolved(f"{self._name} takes the first of a union: put the union into a CTE")
        sides = [self.read(side, outer) for side in scope.set_operation_scopes]
        (left, _), (right, _) = sides
        if len(left) != len(right):
            raise LineageUnresolved(f"{self._name} has a union of sides with different columns")
        pairs = zip(left.items(), right.values(), strict=True)
        rows = frozenset().union(*(own for _, own in sides))
        # Of EXCEPT and INTERSECT, and of a union without ALL, every value decides about rows.
        decisive = isinstance(scope.expression, exp.Except | exp.Intersect) or scope.expression.args.get("distinct")
        columns = {name: own | other for (name, own), other in pairs}
        for own, other in zip(left.values(), right.values(), strict=True) if decisive else ():
            for side, against in ((own, other), (other, own)):
                compared = Operation(TEST if self.is_real(against) else NAMED)
                rows |= {_as(each, "filter", (compared,)) for each in side}
        return columns, rows


class _Scope:
    """One SELECT with the tables and subqueries that it reads."""

    def __init__(self, reader: _Reader, scope: Scope, outer: tuple[Scope, ...]) -> None:
        self._reader, self._scope, self._outer = reader, scope, outer
        self._below = {id(each.expression): each for each in scope.subquery_scopes}
        self._group: tuple[Dependency, ...] | None = None
        # For each row around it such a query works out something else: what it counts is of that row alone.
        self._is_of_a_row = any(each.is_subquery and each.external_columns for each in (scope, *outer))
        self._is_of_few = self._is_of_a_row or takes_few(scope) or reader.reads_some(scope)
        # What is asked of the few rows that were taken is asked of one that was picked.
        self._asked_of = (Operation(PICK),) if takes_the_first(scope) else ()

    def rows(self, tree: exp.Select) -> Iterator[Dependency]:
        """Yield what decides about the rows of the SELECT and of what it reads."""
        for _, source in self._scope.selected_sources.values():
            if isinstance(source, Scope):
                yield from self._reader.read(source, self._around())[1]
        yield from self._clauses(tree)
        if distinct := tree.args.get("distinct"):
            for each in tree.selects if not distinct.args.get("on") else distinct.args["on"].expressions:
                yield from self.of(each, "group", ())
        for join in tree.args.get("joins") or ():
            if node := join.args.get("on"):
                yield from self._asked(node, "join")

    def _clauses(self, tree: exp.Select) -> Iterator[Dependency]:
        for clause in ("where", "having", "qualify"):
            if node := tree.args.get(clause):
                yield from self._asked(node.this, "filter")
        clauses: list[tuple[Part, str]] = [("group", "group")]
        # An order decides about rows where only the first of them are taken.
        clauses += [("order", "order"), ("filter", "limit"), ("filter", "offset")] if tree.args.get("limit") else []
        for part, clause in clauses:
            if node := tree.args.get(clause):
                yield from self.of(node, part, ())

    def of(self, node: exp.Expr, part: Part, through: tuple[Operation, ...]) -> Iterator[Dependency]:
        """Yield what an expression is made of; `through` are the operations around it, the outermost first."""
        if isinstance(node, exp.Column):
            yield from self._column(node, part, through)
        elif isinstance(node, exp.Subquery | exp.Query):
            yield from self._subquery(node.unnest() if isinstance(node, exp.Subquery) else node, part, through)
        elif not operations.is_followed(node):
            said = node.sql() or type(node).__name__
            raise LineageUnresolved(f"{self._reader._name} takes a whole row or a star for a value: {said}")
        else:
            yield from self._worked_out(node, part, through)

    def _worked_out(self, node: exp.Expr, part: Part, through: tuple[Operation, ...]) -> Iterator[Dependency]:
        if part == "value":
            yield from self._counted(node, through)
        if comparing.compares(node):
            yield from self._compared(node, operations.deciding(part))
        for below, its_part, name in operations.operands(node, part) if not comparing.is_comparison(node) else ():
            # What decides, and is not passed on, is not what the operations around it are done to.
            outer = () if name == FIRST or its_part not in (part, "value") else through
            if name == ASKED:
                yield from self._asked(below, its_part)
            else:
                yield from self.of(below, its_part, (*outer, *self._done_by(name, node)))

    def _asked(self, node: exp.Expr, part: Part) -> Iterator[Dependency]:
        """Yield what a condition is made of: what it asks for yes or no by itself, it asks of a value that it knows."""
        for each in comparing.asked(node):
            yield from self.of(each, part, () if comparing.compares(each) else (*self._asked_of, Operation(NAMED)))

    def _compared(self, node: exp.Expr, part: Part) -> Iterator[Dependency]:
        if comparing.is_asked_for_null(node):
            yield from self.of(node.this, part, (Operation(TEST),))
            return
        for one, other in comparing.pairs(node):
            for side, against in ((one, other), (other, one)):
                if side is not None:
                    is_fair = against is not None and (self._is_real(against) or comparing.is_empty_text(against))
                    yield from self.of(side, part, (*self._asked_of, Operation(TEST if is_fair else NAMED)))

    def _is_real(self, node: exp.Expr) -> bool:
        if isinstance(node, exp.Query) and (scope := self._below.get(id(node))):
            return all(map(self._reader.is_real, self._reader.read(scope, self._around())[0].values()))
        return self._reader.is_real(self.of(node, "value", ()))

    def _done_by(self, name: str | None, node: exp.Expr) -> tuple[Operation, ...]:
        if name == PICK:
            computed = () if operations.passes_on(node) else (Operation(COMPUTE),)
            return (*computed, Operation(PICK, self._picked_for_each(node)))
        if name in (AGGREGATE, COUNT, FIRST, MIDDLE):
            return (Operation(name, self._grouped_by(), self._is_of_few),)
        return (Operation(name),) if name else ()

    def _counted(self, node: exp.Expr, through: tuple[Operation, ...]) -> Iterator[Dependency]:
        """Yield what rows are counted by: a count of each person's rows, or a place among them, is known of that person."""
        by = tuple(sorted(set(self._told_by(node))))
        for each in by:
            yield Dependency(each.column, "counted", (*each.through, Operation(COUNT, by), *reversed(through)))

    def _told_by(self, node: exp.Expr) -> Iterator[Dependency]:
        inner = operations.within(node) if isinstance(node, exp.Window) else node
        if not operations.tells_of_its_group(inner):
            return
        # The first or the largest of several values is one of them, and bears the labels that those have.
        if operations.chooses(inner) and is_real(self.of(inner.this, "value", ())):
            return
        if isinstance(node, exp.Window):
            yield from (found for each in operations.framing(node) for found in self.of(each, "value", ()))
            return
        yield from self._grouped_by()
        for at, each in enumerate(around := self._around()):
            for column in each.external_columns if each.is_subquery else ():
                yield from _Scope(self._reader, each, around[:at])._column(column, "value", ())

    def _grouped_by(self) -> tuple[Dependency, ...]:
        if self._group is None:
            self._group = ()  # an aggregate among the groups, which no engine takes, is grouped by nothing
            group = self._scope.expression.args.get("group")
            self._group = tuple(sorted(set(self.of(group, "value", ())))) if group else ()
        return self._group

    def _picked_for_each(self, node: exp.Expr) -> tuple[Dependency, ...]:
        """Return what one is picked for each of, as it stands in a table: what is worked out may be the same for all."""
        over, group = operations.partition(node), self._scope.expression.args.get("group")
        if over is None:
            # Of several sets of groups one may be of everything.
            over = [] if group is None or operations.has_sets(group) or not self._grouped_by() else group.expressions
        every = [frozenset(self.of(each, "value", ())) for each in over]
        return tuple(sorted({found for own in every if all(map(_stands, own)) for found in own}))

    def _column(self, node: exp.Column, part: Part, through: tuple[Operation, ...]) -> Iterator[Dependency]:
        tree = self._scope.expression
        selects = tree.selects if isinstance(tree, exp.Select) and not node.table else []
        named = [each for each in selects if each.alias_or_name == node.name]
        if len(named) == 1 and (part != "value" or all(each is not node for each in named[0].walk())):
            # A name of the SELECT itself, as in ORDER BY.
            yield from self.of(named[0], part, through)
            return
        for scope in (self._scope, *reversed(self._outer)):
            source = scope.sources.get(node.table)
            if isinstance(source, Scope):
                columns, _ = self._reader.read(source, self._around())
                if node.name not in columns:
                    break
                yield from (_as(each, part, through) for each in columns[node.name])
                return
            table = table_of(source) if isinstance(source, exp.Table) else None
            if table is not None:
                yield Dependency(Column(table, node.name), part, tuple(reversed(through)))
                return
        raise LineageUnresolved(f"{self._reader._name} reads {node.sql()}, which no table of it has")

    def _subquery(self, node: exp.Expr, part: Part, through: tuple[Operation, ...]) -> Iterator[Dependency]:
        scope = self._below.get(id(node))
        if scope is None:
            raise LineageUnresolved(f"{self._reader._name} has a subquery that cannot be resolved")
        columns, rows = self._reader.read(scope, self._around())
        yield from (_as(each, part, through) for own in columns.values() for each in own)
        yield from (_as(each, "filter", through) for each in rows)

    def _around(self) -> tuple[Scope, ...]:
        return (*self._outer, self._scope)


def _stands(found: Dependency) -> bool:
    return found.part == "value" and not found.through


def _as(found: Dependency, part: Part, through: Iterable[Operation] = ()) -> Dependency:
    """Return a dependency as one of what is made of the column that has it."""
    own = found.part if part == "value" else part
    # What decides, and is not passed on, is not what an operation is done to.
    done = tuple(reversed(tuple(through))) if found.part in ("value", "counted") else ()
    return Dependency(found.column, own, (*found.through, *done))


def _tables(scope: Scope) -> set[str]:
    own = (table_of(each) for _, each in scope.selected_sources.values() if isinstance(each, exp.Table))
    return set(filter(None, own))
