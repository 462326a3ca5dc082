"""What a build leaves as it was: which models wait for what failed, and their tables as the old warehouse has them.

A failure holds back what is made of it and nothing else. Not here: what failed (running), or what is expected of arrivals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter

import duckdb

from pipelines.contracts import OutboundContract
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


def carry_over(
    connection: duckdb.DuckDBPyConnection, names: Iterable[str], *, published: Mapping[str, OutboundContract]
) -> None:
    """Put the tables and views `names` of the old file, attached as `before`, into the new one, attached as `warehouse`.

    What the old one does not have is in neither; nor is a published table whose columns are no longer those of its contract.
    """
    connection.execute(f"create schema if not exists warehouse.{SCHEMA}")
    new, old = _relations(connection, "warehouse"), _relations(connection, "before")
    connection.execute("use warehouse")
    for name in names:
        if name in new:
            connection.execute(
                f"drop {'table' if new[name] is None else 'view'} warehouse.{SCHEMA}.{quoted_name(name)}"
            )
        if name not in old or (name in published and _columns(connection, name) != _declared(published[name])):
            continue
        view = old[name]
        place = f"{SCHEMA}.{quoted_name(name)}"
        # The text of a view names its schema and not its file: it is made in the one that is in use.
        connection.execute(view or f"create table warehouse.{place} as from before.{place}")


def _relations(connection: duckdb.DuckDBPyConnection, file: str) -> dict[str, str | None]:
    """Return the tables of a file's marts, and its views with their text."""
    query = """
        select table_name, null from duckdb_tables() where database_name = ? and schema_name = ?
        union all
        select view_name, sql from duckdb_views() where database_name = ? and schema_name = ?
    """
    return dict(connection.execute(query, [file, SCHEMA, file, SCHEMA]).fetchall())


def _columns(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, str]:
    query = "select column_name, data_type from duckdb_columns() where database_name = ? and schema_name = ? and table_name = ?"
    return dict(connection.execute(query, ["before", SCHEMA, name]).fetchall())


def _declared(contract: OutboundContract) -> dict[str, str]:
    return {column.name: column.sql_type.upper() for column in contract.mart_columns}
