"""By which contacts people can be reached as things stand: opened for whoever sends, from attributes and identifiers.

What was sent is in `handed_over`; whether somebody may be sent anything is decided elsewhere.
"""

from __future__ import annotations

import json

import duckdb
import polars as pl

from pipelines.identity import sealing, subjects, tables
from pipelines.identity.merging import CONTACTS


class Reach:
    """The contacts of an open vault."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def people(self) -> pl.Series:
        """Return the subjects who are known by more than a browser."""
        sql = "select distinct subject from vault.identifiers where kind <> 'anonymous_id' order by subject"
        return self._connection.execute(sql).pl()["subject"]

    def contacts(self, among: pl.Series) -> pl.DataFrame:
        """Return `subject`, `email`, `phone` of those of these subjects who have either, as their newest state has them.

        Whoever has no account is reached by the address or number they are known by.
        """
        own = self._opened(among, table="attributes")
        told = [json.loads(text) for text in own["text"]]
        stated = own.select("subject").with_columns(
            pl.Series(name, [each.get(name) for each in told], dtype=pl.String) for name in CONTACTS
        )
        others = among.filter(~among.is_in(own["subject"].implode()))
        known = self._opened(others, table="identifiers").filter(pl.col("kind").is_in(CONTACTS))
        first = known.sort("first_seen_at", "text").group_by("subject", "kind", maintain_order=True).first()
        bare = first.select("subject").unique()
        for name in CONTACTS:
            of_kind = first.filter(pl.col("kind") == name).select("subject", pl.col("text").alias(name))
            bare = bare.join(of_kind, on="subject", how="left")
        found = pl.concat([stated, bare.select(stated.columns)])
        return found.filter(pl.any_horizontal(pl.col(CONTACTS).is_not_null())).sort("subject")

    def shared(self) -> pl.DataFrame:
        """Return `subject`, `kind`, `normal` of every contact that several people state, a row for each of them."""
        stating = self._connection.execute(
            "select distinct subject from (select subject, lookup from vault.identifiers union all "
            "select subject, lookup from vault.claims) where lookup in (select lookup from vault.claims)"
        ).pl()["subject"]
        known = pl.concat([self._opened(stating, table=table) for table in ("identifiers", "claims")])
        is_shared = pl.struct("kind", "text").is_duplicated()
        return known.filter(is_shared).select("subject", "kind", normal="text").sort("subject", "kind", "normal")

    def _opened(self, among: pl.Series, *, table: str) -> pl.DataFrame:
        """Return the rows of these subjects with their `text`."""
        sql = f"""
            select t.*, s.data_key from incoming
            join vault.{table} as t using (subject)
            join vault.domain_secrets as s on s.subject = t.subject and s.domain = $domain
            order by t.subject"""
        bound = {"domain": subjects.IDENTITY}
        asked = among.rename("subject").to_frame()
        sealed = tables.query(self._connection, sql, incoming=asked, bound=bound)
        texts = sealing.unseal(
            sealed["ciphertext"].to_list(),
            data_keys=sealed["data_key"].to_list(),
            subjects=sealed["subject"].to_list(),
            what="attributes" if table == "attributes" else "identifier",
        )
        return sealed.drop("ciphertext", "data_key").with_columns(text=texts)
