"""Asks the consent ledger about the rows of a chunk: what their holders had stated at each row's own instant.

What a row says of itself is in `judging`; what the ledger holds in the room `consent`. Nobody becomes a subject here.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from pipelines import consent
from pipelines.contracts.models import InboundContract
from pipelines.settings import Home

_HOLDERS = ("user_id", "anonymous_id")


def prepare(
    connection: duckdb.DuckDBPyConnection, home: Home, contract: InboundContract, ledger: InboundContract | None
) -> bool:
    """Make the table `statements` of the purpose that the contract's rule asks for; say whether it holds anything."""
    if contract.consent is None or ledger is None:
        return False
    query = consent.statements(home, ledger, purpose=contract.consent.purpose)
    if query is None:
        return False
    connection.execute(f"create or replace temp table statements as {query}")
    row = connection.execute("select count(*) from statements").fetchone()
    return bool(row and row[0])


def consult(connection: duckdb.DuckDBPyConnection, columns: Mapping[str, str], *, key: str) -> None:
    """Set `is_consented` of every row of `chunk` on whom the ledger has spoken.

    `columns` are the raw identifiers by kind. A refusal, the row's own or of any holder, beats every grant; a grant of
    the ledger makes up for a row that says nothing.
    """
    asked = [
        f"select distinct '{kind}' as kind, {column} as value from chunk where reason is null and {column} is not null"
        for kind, column in columns.items()
        if kind in _HOLDERS
    ]
    if not asked:
        return
    keyed = " ".join(
        f"when '{kind}' then {consent.holder_key('value', kind=kind, key=key)}" for kind in columns if kind in _HOLDERS
    )
    connection.execute(f"""
        create or replace temp table holders as
        select * from (select kind, value, case kind {keyed} end as holder from ({" union all ".join(asked)}))
        where holder in (select holder from statements)""")
    spoken = " union all ".join(
        f"select chunk.rowid as row_id, chunk.own_at, holders.holder from chunk join holders "
        f"on holders.kind = '{kind}' and chunk.{column} = holders.value where chunk.reason is null"
        for kind, column in columns.items()
        if kind in _HOLDERS
    )
    connection.execute(f"""
        create or replace temp table verdicts as
        select row_id, bool_and(is_granted) as is_granted
        from ({spoken}) as asked asof join statements
            on asked.holder = statements.holder and asked.own_at >= statements.since
        group by row_id""")
    connection.execute("""
        update chunk set is_consented = verdicts.is_granted and coalesce(chunk.own_consent, true)
        from verdicts where chunk.rowid = verdicts.row_id""")
