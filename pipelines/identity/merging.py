"""Makes one subject of two: whoever was known by an address or number alone, and the account that claims it.

Two accounts are never made one, nor anybody with a browser of their own. Splitting does not exist: an address that has
found its account stays with it.
"""

from __future__ import annotations

import duckdb
import polars as pl

from pipelines.identity import sealing, subjects, tables

CONTACTS = ("email", "phone")


def absorb(connection: duckdb.DuckDBPyConnection, claims: pl.DataFrame) -> pl.DataFrame:
    """Merge each `owner` into the account `claimant` where it may be; return the pairs that were merged.

    An owner may be merged who has contacts alone, no attributes, and no secret in a domain in which the claimant has one:
    there, rows under either pseudonym exist already. Their pseudonyms go on, so that no row has to be written anew.
    """
    merged: list[pl.DataFrame] = []
    waiting = claims.select("owner", "claimant").unique(maintain_order=True)
    # One after the other where a claimant has several: what the first brings may stand against the second.
    while not (possible := _possible(connection, waiting)).is_empty():
        turn = possible.unique("owner", keep="first", maintain_order=True)
        turn = turn.unique("claimant", keep="first", maintain_order=True)
        _merge(connection, turn)
        merged.append(turn)
        waiting = waiting.join(turn, on="owner", how="anti", maintain_order="left")
    return pl.concat(merged) if merged else claims.select("owner", "claimant").clear()


def _possible(connection: duckdb.DuckDBPyConnection, waiting: pl.DataFrame) -> pl.DataFrame:
    sql = f"""
        select owner, claimant from (select *, row_number() over () as place from incoming) as incoming
        where owner <> claimant
            and owner not in (select subject from vault.identifiers where kind not in {CONTACTS})
            and owner not in (select subject from vault.attributes)
            and not exists (
                select 1 from vault.domain_secrets as his
                join vault.domain_secrets as theirs using (domain)
                where his.subject = incoming.owner and theirs.subject = incoming.claimant and domain <> $identity)
        order by place"""
    return tables.query(connection, sql, incoming=waiting, bound={"identity": subjects.IDENTITY})


def _merge(connection: duckdb.DuckDBPyConnection, turn: pl.DataFrame) -> None:
    """Seal the owners' identifiers under their claimants' keys, hand over secrets and ledger keys, and take the owners out."""
    sql = """
        select i.*, claimant, own.data_key as own_key, theirs.data_key as data_key
        from incoming
        join vault.identifiers as i on i.subject = owner
        join vault.domain_secrets as own on own.subject = owner and own.domain = $identity
        join vault.domain_secrets as theirs on theirs.subject = claimant and theirs.domain = $identity
    """
    found = tables.query(connection, sql, incoming=turn, bound={"identity": subjects.IDENTITY})
    normal = sealing.unseal(
        found["ciphertext"].to_list(),
        data_keys=found["own_key"].to_list(),
        subjects=found["subject"].to_list(),
        what="identifier",
    )
    sealed = sealing.seal(
        normal.to_list(), data_keys=found["data_key"].to_list(), subjects=found["claimant"].to_list(), what="identifier"
    )
    moved = found.select("lookup", "kind", "key_version", "first_seen_at", subject="claimant", ciphertext=sealed)
    gone = "in (select owner from incoming)"
    tables.query(connection, f"delete from vault.identifiers where subject {gone}", incoming=turn)
    tables.insert(connection, moved, table="identifiers")
    tables.query(
        connection,
        "update vault.domain_secrets set subject = claimant from incoming where subject = owner and domain <> $identity",
        incoming=turn,
        bound={"identity": subjects.IDENTITY},
    )
    for table in ("ledger_keys", "minors", "interactions", "handed_over"):
        sql = f"update vault.{table} set subject = claimant from incoming where subject = owner"
        tables.query(connection, sql, incoming=turn)
    for table in ("domain_secrets", "subjects"):
        tables.query(connection, f"delete from vault.{table} where subject {gone}", incoming=turn)
