"""Notes in the vault what a chunk's rows refuse for whoever they name, before their names come off.

What a row refuses is in `judging`; what becomes of the row itself in `consulting`; what a refusal bars, in the room `consent`.
"""

from __future__ import annotations

import duckdb
import polars as pl

from pipelines import consent
from pipelines.identity import matching, normal_forms, pseudonyms
from pipelines.identity.vault import Vault
from pipelines.intake.judging import Judgement


def note(connection: duckdb.DuckDBPyConnection, judgement: Judgement, vault: Vault) -> None:
    """Note each refusal of `chunk` under every name that its row bears; of hashes, under all that they may stand for."""
    named = [(f.identifier_kind or "", column) for column, f in judgement.carried() if f.treatment == "pseudonymise"]
    parts = [
        f"select '{column.removeprefix('refuses_')}' as purpose, '{kind}' as kind, {_items(kind, raw)} as value, dt as day, "
        f"own_at from chunk where reason is null and {column} and {raw} is not null"
        for column in judgement.refused
        for kind, raw in named
    ]
    if not parts:
        return
    connection.execute(f"""
        create or replace temp table refused_names as
        select purpose, kind, value, day, min(own_at) as first_at, max(own_at) as last_at
        from ({" union all ".join(parts)}) group by all""")
    pairs = connection.execute("select distinct kind, value from refused_names").pl()
    if pairs.is_empty():
        return
    connection.register("meanings", _meanings(pairs).to_arrow())
    holder = consent.holder_key_of_hash("digest", kind="stands_for", key=judgement.key_sql)
    noted = connection.execute(f"""
        select {holder} as holder, purpose, day, min(first_at) as first_at, max(last_at) as last_at
        from refused_names join meanings using (kind, value) group by all""").pl()
    connection.unregister("meanings")
    vault.refusals.note(noted)


def _meanings(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return `kind`, `value`, `stands_for`, `digest` of each distinct pair of which anything usable is left."""
    is_hashed = pl.col("kind").is_in(list(matching.KINDS))
    plain = normal_forms.with_normal_form(pairs.filter(~is_hashed)).drop_nulls("normal")
    named = pseudonyms.with_digest(plain.with_columns(stands_for="kind"))
    hashed = matching.meanings(pairs.filter(is_hashed))
    columns = ["kind", "value", "stands_for", "digest"]
    return pl.concat([named.select(columns), hashed.select(columns)])


def _items(kind: str, column: str) -> str:
    """SQL: each of the values of a row; of hashed identifiers it can bear several."""
    return f"unnest(string_split({column}, chr(31)))" if kind in matching.KINDS else column
