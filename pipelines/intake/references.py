"""What rows of a source refer to: the known rows of others, read from the lake before a batch. Not here: who refers to what."""

from __future__ import annotations

import duckdb

from pipelines.contracts import Contracts
from pipelines.contracts.models import InboundContract
from pipelines.lake import current_file, read_expression
from pipelines.settings import Home


def know(connection: duckdb.DuckDBPyConnection, home: Home, contracts: Contracts, contract: InboundContract) -> None:
    """Make `known_<source>` for every source that rows of this one must refer to; of one that they may, nothing is asked."""
    for reference in contract.references:
        if reference.unknown == "accept":
            continue
        place = current_file(home, reference.source)
        column = contracts.inbound[reference.source].field(reference.source_field).stored_as[0]
        rows = (
            f"select {column} as value from {read_expression(place)}"
            if place.exists()
            else "select '' as value limit 0"
        )
        connection.execute(f"create or replace temp table known_{reference.source} as {rows}")


def shown_ids(
    connection: duckdb.DuckDBPyConnection, home: Home, contracts: Contracts, contract: InboundContract
) -> dict[str, frozenset[str]]:
    """Return the ids that paths of this source may show, by `source.field`."""
    found = {}
    for source, field in contract.shown_ids:
        place = current_file(home, source)
        column = contracts.inbound[source].field(field).stored_as[0]
        query = f"select distinct {column} from {read_expression(place)}"
        rows = connection.execute(query).fetchall() if place.exists() else []
        found[f"{source}.{field}"] = frozenset(value for (value,) in rows)
    return found
