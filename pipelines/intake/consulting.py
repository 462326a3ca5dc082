"""Asks the consent ledger about the rows of a chunk: what their holders had stated at each row's own instant.

What a row says of itself is in `judging`; what the ledger holds in the room `consent`. Nobody becomes a subject here.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from pipelines import consent
from pipelines.contracts.models import InboundContract
from pipelines.identity import matching
from pipelines.identity.vault import Vault
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
    connection.execute(
        f"create or replace temp table statements as select holder, since, is_granted, is_proven from ({query})"
    )
    row = connection.execute("select count(*) from statements").fetchone()
    return bool(row and row[0])


def consult(connection: duckdb.DuckDBPyConnection, columns: Mapping[str, str], *, key: str, vault: Vault) -> None:
    """Set `is_consented` of every row of `chunk` on whom the ledger has spoken.

    `columns` are the raw identifiers by kind. A refusal, the row's own or of any holder, beats every grant, unless the
    person's account granted after it, with proof (as `withdrawal.refusals` has it); a grant of the ledger makes up for a row
    that says nothing. Of hashed identifiers, of which a row can bear several, the first whose owner grants is left in the row.
    """
    plain = {kind: column for kind, column in columns.items() if kind in _HOLDERS}
    hashed = {kind: column for kind, column in columns.items() if kind in matching.KINDS}
    if not plain and not hashed:
        return
    spoken = []
    if plain:
        _know_plain(connection, plain, key=key)
        spoken += [
            f"select chunk.rowid as row_id, chunk.own_at, '{kind}' as kind, 0 as position, holders.holder, "
            f"{kind == consent.ACCOUNT} as is_account, true as can_grant from chunk join holders on holders.kind = '{kind}' "
            f"and chunk.{column} = holders.value where chunk.reason is null"
            for kind, column in plain.items()
        ]
    if hashed:
        _know_hashed(connection, hashed, key=key, vault=vault)
        spoken.append(
            "select row_id, own_at, kind, position, holder, is_account, can_grant "
            "from named join named_holders using (kind, value)"
        )
    connection.execute(f"""
        create or replace temp table opinions as
        with said as (
            select asked.*, since, is_granted, max(since) filter (is_account and is_granted and is_proven)
                over (partition by row_id, kind, position) as granted_at
            from ({" union all ".join(spoken)}) as asked asof join statements
                on asked.holder = statements.holder and asked.own_at >= statements.since),
        holding as (select * from said where is_granted or is_account or coalesce(since >= granted_at, true))
        select row_id, kind, position, bool_and(is_granted) as is_granted,
            bool_and(is_granted) and bool_or(can_grant) as grants
        from holding group by row_id, kind, position""")
    connection.execute("""
        update chunk set is_consented = verdicts.is_granted and coalesce(chunk.own_consent, true)
        from (select row_id, bool_and(is_granted) and bool_or(grants) as is_granted from opinions group by row_id) as verdicts
        where chunk.rowid = verdicts.row_id""")
    if hashed:
        # A row can be kept under one name alone: what another person in it refuses later would never be found.
        connection.execute("update chunk set is_consented = false where rowid in (select row_id from of_several)")
        _leave_who_grants(connection, hashed)


def _know_plain(connection: duckdb.DuckDBPyConnection, columns: Mapping[str, str], *, key: str) -> None:
    """Make `holders`: kind, value, holder of every identifier of the chunk that the ledger knows."""
    asked = " union all ".join(
        f"select distinct '{kind}' as kind, {column} as value from chunk where reason is null and {column} is not null"
        for kind, column in columns.items()
    )
    keyed = " ".join(f"when '{kind}' then {consent.holder_key('value', kind=kind, key=key)}" for kind in columns)
    connection.execute(f"""
        create or replace temp table holders as
        select * from (select kind, value, case kind {keyed} end as holder from ({asked}))
        where holder in (select holder from statements)""")


def _know_hashed(connection: duckdb.DuckDBPyConnection, columns: Mapping[str, str], *, key: str, vault: Vault) -> None:
    """Make `named`: every hashed identifier of every row; `named_holders`: under what its owner may have spoken; and
    `of_several`: the rows that name more than one person the vault knows.
    """
    listed = " union all ".join(
        f"select rowid as row_id, own_at, '{kind}' as kind, string_split({column}, chr(31)) as items from chunk "
        f"where reason is null and own_consent is distinct from false and {column} is not null"
        for kind, column in columns.items()
    )
    connection.execute(f"""
        create or replace temp table named as
        select row_id, own_at, kind, unnest(items) as value, generate_subscripts(items, 1) as position from ({listed})""")
    connection.register(
        "known", vault.known(connection.execute("select distinct kind, value from named").pl()).to_arrow()
    )
    holder = consent.holder_key_of_hash("digest", kind="holder_kind", key=key)
    connection.execute(f"""
        create or replace temp table named_holders as
        select * from (
            select kind, value, holder_kind = '{consent.ACCOUNT}' as is_account, can_grant, {holder} as holder from known)
        where holder in (select holder from statements)""")
    connection.execute("""
        create or replace temp table of_several as
        select row_id from named join known using (kind, value)
        where holder_kind <> 'anonymous_id' group by row_id having count(distinct subject) > 1""")
    connection.unregister("known")


def _leave_who_grants(connection: duckdb.DuckDBPyConnection, columns: Mapping[str, str]) -> None:
    """Keep, of each hashed identifier of a row, the first whose owner grants; nobody else may be looked for."""
    first = ", ".join(
        f"arg_min(value, position) filter (kind = '{kind}' and grants) as {column}" for kind, column in columns.items()
    )
    kept = ", ".join(f"{column} = granting.{column}" for column in columns.values())
    connection.execute(f"""
        update chunk set {kept}
        from (select row_id, {first} from named left join opinions using (row_id, kind, position) group by row_id) as granting
        where chunk.rowid = granting.row_id""")
