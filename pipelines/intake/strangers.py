"""Old rows of people whom nobody knows: what retention has taken out with a person does not come back with a later file.

Whoever is in no row that stands and in no young row of the batch has done nothing for the whole of their period, as far as
anybody can know: their clock has run out before they arrive. Nobody has to be remembered for that. People leave for a month
at a time: what would have left with this month's look is refused from then on, though its own last day is still to come.
Works on the table `accepted` of one connection. Not here: the clocks of those who are known (retention).
"""

from __future__ import annotations

from datetime import date

import duckdb

from pipelines import consent
from pipelines.contracts import Contracts, periods
from pipelines.contracts.interactions import PERSONAL, period_by_person
from pipelines.contracts.models import InboundContract
from pipelines.identity.vault import Vault
from pipelines.intake.treatments import JAKARTA_OFFSET_HOURS
from pipelines.lake import current_file, horizons, read_expression
from pipelines.settings import Home


def looked_at_until(closed: horizons.Horizons, *, today: date) -> date:
    """Return the first day for which people were not looked at yet: whoever's time ends before it has none left."""
    swept = closed.of(horizons.EVERYONE, horizons.INTERACTION)
    # Never beyond this month, whatever a clock said once.
    return min(max(today, swept + periods.ONE_DAY), periods.first_of_next_month(today)) if swept else today


def take_out(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    contracts: Contracts,
    contract: InboundContract,
    vault: Vault,
    *,
    until: date,
) -> int:
    """Take out rows whose time ends before `until` and whose people are known from nothing else; return how many."""
    instants = [column for field in contract.instants for column in field.stored_as]
    owners = contract.owner_columns or contract.holder_columns
    if not instants or not (owners or contract.owned_through):
        return 0
    period = period_by_person(contract, personal=contracts.policy.windows[PERSONAL].period)
    day = f"(greatest({', '.join(instants)}) + interval {JAKARTA_OFFSET_HOURS} hours)::date"
    is_old = f"coalesce({day} + {periods.interval(period)} < date '{until}', false)"
    if not _count(connection, f"select count(*) from accepted where {is_old}"):
        return 0
    _know(connection, home, contracts, contract, vault)
    if through := contract.owned_through:
        nobody = f"{through.column} not in (select key from acquainted)"
    else:
        parts = " union ".join(f"select {name} as key from accepted where not {is_old}" for name in owners)
        connection.execute(f"create or replace table young as {parts}")
        nobody = " and ".join(
            f"coalesce({name} not in (select key from acquainted) and {name} not in (select key from young), true)"
            for name in owners
        )
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
