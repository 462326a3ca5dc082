"""Old rows of people whom nobody knows: what retention has taken out with a person does not come back with a later file.

Whoever is in no row that stands and in no young row of the batch has done nothing for the whole of their period, as far as
anybody can know: their clock has run out before they arrive. Nobody has to be remembered for that. Works on the table
`accepted` of one connection. Not here: the clocks of those who are known (retention).
"""

from __future__ import annotations

from datetime import date

import duckdb

from pipelines import consent
from pipelines.contracts import Contracts, periods
from pipelines.contracts.models import InboundContract
from pipelines.identity.vault import Vault
from pipelines.intake.treatments import JAKARTA_OFFSET_HOURS
from pipelines.lake import current_file, read_expression
from pipelines.settings import Home


def take_out(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    contracts: Contracts,
    contract: InboundContract,
    vault: Vault,
    *,
    today: date,
) -> int:
    """Take out rows that are older than their window and whose people are known from nothing else; return how many."""
    retention = contract.retention
    instants = [column for field in contract.instants for column in field.stored_as]
    if retention.anchor != "last_interaction" or not retention.period or not instants:
        return 0
    day = f"(greatest({', '.join(instants)}) + interval {JAKARTA_OFFSET_HOURS} hours)::date"
    is_old = f"coalesce({day} + {periods.interval(retention.period)} < date '{today}', false)"
    if not _count(connection, f"select count(*) from accepted where {is_old}"):
        return 0
    owners = contract.owner_columns or contract.holder_columns
    _know(connection, home, contracts, contract, vault)
    if through := contract.owned_through:
        nobody = f"{through.column} not in (select key from acquainted)"
    elif owners:
        parts = " union ".join(f"select {name} as key from accepted where not {is_old}" for name in owners)
        connection.execute(f"create or replace table young as {parts}")
        nobody = " and ".join(
            f"coalesce({name} not in (select key from acquainted) and {name} not in (select key from young), true)"
            for name in owners
        )
    else:
        return 0
    found = _count(connection, f"select count(*) from accepted where {is_old} and {nobody}")
    connection.execute(f"delete from accepted where {is_old} and {nobody}")
    return found


def _know(
    connection: duckdb.DuckDBPyConnection, home: Home, contracts: Contracts, contract: InboundContract, vault: Vault
) -> None:
    """Make `acquainted` (key) of those who were known before this batch, by what its rows name them by."""
    if through := contract.owned_through:
        place = current_file(home, through.dataset)
        rows = f"select {through.column} as key from {read_expression(place)}" if place.exists() else None
        connection.execute(f"create or replace table acquainted as {rows or 'select null::bigint as key where false'}")
    elif contract.holder_columns:
        connection.execute("create or replace table acquainted (key bigint)")
        holder = consent.holder_key_of_hash("digest", kind="holder_kind", key="getvariable('event_key')")
        for digests in vault.digests():
            connection.register("digests", digests)
            connection.execute(f"insert into acquainted select {holder} from digests where not is_claim")
            connection.unregister("digests")
    else:
        connection.execute("create or replace table acquainted (key varchar)")
        for named in vault.named_in(contract.domain, only_known=True):
            connection.register("named", named)
            connection.execute("insert into acquainted select pseudonym from named")
            connection.unregister("named")


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
