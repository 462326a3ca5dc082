"""What a build leaves as it was: which models wait for what failed, and their tables as the old warehouse has them.

A failure holds back what is made of it and nothing else. Not here: what failed (running), or what is expected of arrivals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from pipelines.contracts import OutboundContract
from pipelines.warehouse import facts
from pipelines.warehouse.lake_views import quoted_name

SCHEMA = "marts"


def held_back(parents: Mapping[str, Iterable[str]], failed: Mapping[str, str]) -> dict[str, str]:
    """Return each model that cannot be built anew, with the reason.

    `parents` tells for each model of which models and datasets it is made; `failed` gives models and datasets their reason.
    """
    found = dict(failed)
    for name in TopologicalSorter({name: sorted(own) for name, own in parents.items()}).static_order():
        waits_for = next((parent for parent in sorted(parents.get(name, ())) if parent in found), None)
        if waits_for is not None:
            found.setdefault(name, found[waits_for])
    return {name: reason for name, reason in sorted(found.items()) if name in parents}


def note(connection: duckdb.DuckDBPyConnection, found: Mapping[str, str], *, token: str) -> None:
    """Write into the new file, attached as `warehouse`, which build made it and what it held back."""
    connection.execute(f"create schema if not exists warehouse.{SCHEMA}")
    connection.execute("create schema if not exists warehouse.build")
    connection.execute("create table warehouse.build.made as select ? as token", [token])
    connection.execute("create table warehouse.build.held_back (model varchar, reason varchar)")
    for model, reason in found.items():
        connection.execute("insert into warehouse.build.held_back values (?, ?)", [model, reason])


def noted(connection: duckdb.DuckDBPyConnection) -> tuple[str, dict[str, str]]:
    """Return by which build the file attached as `warehouse` was made, and what it held back; an old file says neither."""
    query = "select count(*) from duckdb_tables() where database_name = 'warehouse' and schema_name = 'build'"
    if connection.execute(query).fetchall() != [(2,)]:
        return "", {}
    ((token,),) = connection.execute("select token from warehouse.build.made").fetchall()
    found = connection.execute("select model, reason from warehouse.build.held_back order by model").fetchall()
    return str(token), dict(found)


def leave_out(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> None:
    """Remove tables and views from the new file: what failed, or was tested and found wrong, is not to be read."""
    for name, is_view in _relations(connection, "warehouse", names).items():
        connection.execute(f"drop {'view' if is_view else 'table'} warehouse.{SCHEMA}.{quoted_name(name)}")


def carry_over(
    connection: duckdb.DuckDBPyConnection,
    names: Iterable[str],
    *,
    facts_root: Path,
    published: Mapping[str, OutboundContract],
) -> None:
    """Put the tables and views `names` of the old file, attached as `before`, into the new one, attached as `warehouse`.

    What the old one does not have is in neither; nor is a published table whose columns are no longer those of its contract.
    A view is one over the partitions of this home, whichever home the old file was made in.
    """
    for name, is_view in _relations(connection, "before", names).items():
        columns = _columns(connection, name)
        if name in published and columns != _declared(published[name]):
            continue
        query = facts.view_query(facts_root / name, columns) if is_view else f"from before.{SCHEMA}.{quoted_name(name)}"
        kind = "view" if is_view else "table"
        connection.execute(f"create {kind} warehouse.{SCHEMA}.{quoted_name(name)} as {query}")


def _relations(connection: duckdb.DuckDBPyConnection, file: str, names: Iterable[str]) -> dict[str, bool]:
    """Return those of the names that a file's marts have, and whether each is a view."""
    query = """
        select table_name, false from duckdb_tables() where database_name = ? and schema_name = ?
        union all
        select view_name, true from duckdb_views() where database_name = ? and schema_name = ?
    """
    there = dict(connection.execute(query, [file, SCHEMA, file, SCHEMA]).fetchall())
    return {name: there[name] for name in names if name in there}


def _columns(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, str]:
    query = "select column_name, data_type from duckdb_columns() where database_name = ? and schema_name = ? and table_name = ?"
    return dict(connection.execute(query, ["before", SCHEMA, name]).fetchall())


def _declared(contract: OutboundContract) -> dict[str, str]:
    return {column.name: column.sql_type.upper() for column in contract.mart_columns}
