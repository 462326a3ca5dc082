"""What a build really did: the SQL that ran, and what stands in the file that it made; looked at before the file is swapped in.

Not here: whether that is what was checked (who builds says so).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import duckdb

from pipelines.warehouse.failures import ModelFailure

AS_OF = "2000-01-01 00:00:00"
"""Stands for the instant of a build in the digest of its SQL: of all that is compiled, this alone differs with each build."""
_OURS = {("build", "made"), ("build", "held_back")}


@dataclass(frozen=True)
class Ran:
    """Digests of the SQL of each model and test that ran, by dbt's id; and the columns of each table that was built anew."""

    digests: Mapping[str, str]
    columns: Mapping[str, frozenset[str]]


Judge: TypeAlias = Callable[[Ran], None]
"""Raises where a build may not be swapped in."""


def digest_of(sql: str, *, as_of: str = AS_OF) -> str:
    """Return the digest of compiled SQL, the same for every `as_of`: a text in quotes, of which no column is made."""
    return hashlib.sha256(sql.replace(f"'{as_of}'", f"'{AS_OF}'").encode()).hexdigest()


def stored(connection: duckdb.DuckDBPyConnection, *, but: Collection[str], schema: str) -> dict[str, frozenset[str]]:
    """Return the columns of each table and view of the file attached as `warehouse`, `but` those that stand as before.

    Raises ModelFailure where anything stands in it that is no model's.
    """
    query = "select schema_name, table_name, column_name from duckdb_columns() where database_name = 'warehouse'"
    found: dict[tuple[str, str], set[str]] = {}
    for place, table, column in connection.execute(query).fetchall():
        found.setdefault((place, table), set()).add(column)
    strange = [f"{place}.{table}" for place, table in sorted(found.keys() - _OURS) if place != schema]
    for kind, name in (("functions", "function_name"), ("sequences", "sequence_name"), ("types", "type_name")):
        query = f"select {name} from duckdb_{kind}() where database_name = 'warehouse'"
        query += "" if kind == "sequences" else " and not internal"
        strange += [str(row[0]) for row in connection.execute(query).fetchall()]
    if strange:
        raise ModelFailure(f"the build made {', '.join(strange)}, which is no model: nothing is swapped in")
    return {table: frozenset(own) for (place, table), own in found.items() if place == schema and table not in but}
