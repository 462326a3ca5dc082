"""From the text of a SELECT to a tree in which every column names its table, or an error. What the tree says is in `statements`.

Tables are renamed so that no CTE can be taken for one; whatever reads something that cannot be followed is refused.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

DIALECT = "duckdb"
_TABLE = "table of the warehouse: "
# Columns by pattern or position, whole rows, and what comes from a session and not from a table.
_BEYOND = (exp.Columns, exp.PositionalColumn, exp.Parameter, exp.Placeholder, exp.SessionParameter, exp.CurrentUser)
_OF_THE_SESSION = {
    "getvariable",
    "getenv",
    "current_setting",
    "nextval",
    "currval",
    "current_query",
    "query",
    "query_table",
}
# The unit is taken for a word, quoted or not; the engine takes a word for a column where there is one.
_WITH_UNITS = {
    "date_trunc",
    "datetrunc",
    "date_part",
    "datepart",
    "date_diff",
    "datediff",
    "date_sub",
    "datesub",
    "date_add",
    "dateadd",
}
_MAKING_ROWS = {"unnest", "generate_subscripts", "posexplode", "repeat_row", "json_each", "json_tree"}
# The days that are being built, which the materialization sets (macros/instants.sql).
_OUR_OWN = {"first_day", "last_day"}


class LineageUnresolved(RuntimeError):
    """It cannot be told what a column is made of, so nothing may be made of it."""


def scope_of(sql: str, *, name: str, known: Mapping[str, Sequence[str]]) -> Scope:
    """Return the scope of the SELECT `name`; `known` are the tables that it may read, with their columns.

    Raises LineageUnresolved.
    """
    with _understood(name):
        tree = _parsed(sql, name=name)
        _refuse_what_renames(tree, name=name)
        tree = _with_windows_in_place(_with_own_tables(tree, name=name, known=known), name=name)
        _refuse_what_leads_elsewhere(tree, name=name)
        _refuse_rows_that_values_make(tree, name=name)
        schema: dict[str, object] = {_TABLE + table: dict.fromkeys(own, "unknown") for table, own in known.items()}
        scope = build_scope(qualify(tree, schema=schema, dialect=DIALECT, quote_identifiers=False, identify=False))
    if scope is None:
        raise LineageUnresolved(f"{name} is no single SELECT")
    return scope


def table_of(table: exp.Table) -> str | None:
    """Return the dataset or model that a table of a scope is; None where it is none of them."""
    return table.name.removeprefix(_TABLE) if table.name.startswith(_TABLE) else None


def tables_of(sql: str, *, name: str) -> set[str]:
    """Return the names that a statement reads from and that are no CTEs of its own."""
    with _understood(name):
        tree = _parsed(sql, name=name)
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return {table.name for table in tree.find_all(exp.Table) if table.db or table.name not in own}


@contextmanager
def _understood(name: str) -> Iterator[None]:
    """Let whatever the parser makes of a statement that it does not know be an error that says which model it was."""
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    try:
        yield
    except LineageUnresolved:
        raise
    except Exception as error:  # noqa: BLE001, the parser has many, assertions among them
        # It quotes SQL, which bears no data: the models are ours.
        said = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise LineageUnresolved(f"{name} cannot be resolved: {said.replace(_TABLE, '')}") from None


def _parsed(sql: str, *, name: str) -> exp.Query:
    _refuse_units_that_can_be_columns(sql, name=name)
    trees = [tree for tree in sqlglot.parse(sql, dialect=DIALECT) if tree is not None]
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise LineageUnresolved(f"{name} is no single SELECT")
    return trees[0]


def _with_own_tables(tree: exp.Query, *, name: str, known: Mapping[str, Sequence[str]]) -> exp.Query:
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            raise LineageUnresolved(f"{name} reads from a function, not from a table")
        # A CTE hides a plain name of its own, and never a table of a schema.
        if not table.db and table.name in own:
            continue
        if table.name not in known:
            raise LineageUnresolved(f"{name} reads {table.name}, of which nothing is known")
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
        table.set("this", exp.to_identifier(_TABLE + table.name))
        table.set("db", None)
        table.set("catalog", None)
    return tree


def _with_windows_in_place(tree: exp.Query, *, name: str) -> exp.Query:
    """Return a tree in which each window says itself what it is over; one with a name takes what that one says."""
    for select in tree.find_all(exp.Select):
        named = {each.name: each for each in select.args.get("windows") or ()}
        for window in [*named.values(), *select.find_all(exp.Window)]:
            at = window.find_ancestor(exp.Select)
            if at is not select or not (meant := window.args.get("alias")):
                continue
            if meant.name not in named:
                raise LineageUnresolved(f"{name} has a window {meant.name} that is not defined")
            window.set("alias", None)
            for part in ("partition_by", "order", "spec"):
                said = named[meant.name].args.get(part)
                if said and not window.args.get(part):
                    window.set(part, [each.copy() for each in said] if isinstance(said, list) else said.copy())
        select.set("windows", None)
    return tree


def _refuse_what_renames(tree: exp.Query, *, name: str) -> None:
    """Refuse what gives columns other names by their position, or makes columns of rows and rows of columns."""
    for pivot in tree.find_all(exp.Pivot):
        kind = "UNPIVOT" if pivot.args.get("unpivot") else "PIVOT"
        raise LineageUnresolved(f"{name} has {kind}, which is not followed: write each column as a case or a union")
    for table in tree.find_all(exp.Table):
        alias = table.args.get("alias")
        if isinstance(table.this, exp.Identifier) and alias and alias.args.get("columns"):
            raise LineageUnresolved(f"{name} renames the columns of {table.name} by position: name them in a subselect")
    for join in tree.find_all(exp.Join):
        if str(join.args.get("method") or "").upper() in ("NATURAL", "POSITIONAL"):
            raise LineageUnresolved(f"{name} joins by names or places that it does not say: write ON or USING")


def _refuse_what_leads_elsewhere(tree: exp.Query, *, name: str) -> None:
    for node in tree.find_all(*_BEYOND):
        raise LineageUnresolved(f"{name} names columns by pattern or position, or reads its session: {node.sql()}")
    for call in tree.find_all(exp.Func):
        function = str(call.name if isinstance(call, exp.Anonymous) else call.key).lower()
        if function in _OF_THE_SESSION and not {each.name for each in call.find_all(exp.Literal)} & _OUR_OWN:
            raise LineageUnresolved(f"{name} reads its session or another query: {function}()")
    for values in tree.find_all(exp.Values):
        if values.find(exp.Column, exp.Query):
            raise LineageUnresolved(f"{name} has values that are not constant")
    for group in tree.find_all(exp.Group):
        if group.args.get("all"):
            raise LineageUnresolved(f"{name} groups by ALL: name the columns")


def _refuse_units_that_can_be_columns(sql: str, *, name: str) -> None:
    tokens = sqlglot.tokenize(sql, dialect=DIALECT)
    for call, opened, unit, after in zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False):
        if call.text.lower() not in _WITH_UNITS or opened.token_type != TokenType.L_PAREN:
            continue
        if unit.token_type != TokenType.STRING or after.token_type != TokenType.COMMA:
            raise LineageUnresolved(
                f"{name} gives {call.text} a unit that can be a column: quote it, as in {call.text}('day', ...)"
            )


def _refuse_rows_that_values_make(tree: exp.Query, *, name: str) -> None:
    """Refuse what makes as many rows as a value says: their count is that value."""
    for node in tree.find_all(exp.Limit, exp.Offset, exp.Fetch):
        if node.find(exp.Column, exp.Query):
            raise LineageUnresolved(f"{name} takes as many rows as a value says: write LIMIT and OFFSET as numbers")
    for call in tree.find_all(exp.Func, exp.Unnest):
        called = str(call.name).lower() if isinstance(call, exp.Anonymous) else ""
        if not isinstance(call, exp.Explode | exp.Unnest | exp.GenerateSeries) and called not in _MAKING_ROWS:
            continue
        if call.find(exp.Column, exp.Query):
            raise LineageUnresolved(
                f"{name} makes as many rows as a value says: give generate_series and unnest constants, and join them"
            )
    for clause in tree.find_all(exp.With):
        own = {cte.alias for cte in clause.expressions}
        if clause.recursive and any(table.db or table.name not in own for table in clause.find_all(exp.Table)):
            raise LineageUnresolved(
                f"{name} reads a table again and again (WITH RECURSIVE), which makes as many rows as a value says:"
                " let it count constants, and join them"
            )
