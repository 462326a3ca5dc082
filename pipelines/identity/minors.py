"""Who is known to have been a child while they used the service: notes by subject, and what of the vault tells of others.

A note bears a kind of evidence and no text. From which age on nobody is a child, and what becomes of one, is elsewhere.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

from pipelines.identity import normal_forms, pseudonyms, sealing, subjects, tables

_EVIDENCE = re.compile(r"[a-z_]{1,40}")
_BIRTH = "birth_date"


@dataclass(frozen=True)
class Told:
    """Whom an account's row leads to: subjects that are that person, and `kind` and `value` of the identifiers theirs alone."""

    people: pl.Series
    own: pl.DataFrame


class Minors:
    """The notes of an open vault, within its transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, lookup_key: bytes) -> None:
        self._connection, self._lookup_key = connection, lookup_key

    def note(self, known: pl.Series, *, evidence: str, at: datetime) -> None:
        """Note that these subjects were children, by a kind of evidence (`birth_date`, `ticket`): a word, never a text.

        They are taken out with the next look. Raises ValueError for what is no such word.
        """
        if not _EVIDENCE.fullmatch(evidence):
            message = "a kind of evidence is one word of small letters; what somebody wrote is not kept"
            raise ValueError(message)
        naive = at.replace(tzinfo=None)
        rows = known.unique().to_frame("subject").with_columns(evidence=pl.lit(evidence), noted_at=pl.lit(naive))
        sql = (
            "insert into vault.minors by name select incoming.* from incoming semi join vault.subjects using (subject) "
            "anti join vault.minors using (subject)"
        )
        tables.query(self._connection, sql, incoming=rows)

    def noted(self) -> pl.Series:
        """Return the subjects that are noted."""
        return self._connection.execute("select distinct subject from vault.minors order by subject").pl()["subject"]

    def births(self) -> pl.DataFrame:
        """Return `subject`, `birth_date` (text, a month or a year perhaps) of whoever's is known."""
        sql = (
            "select a.subject, a.ciphertext, s.data_key from vault.attributes as a "
            "join vault.domain_secrets as s using (subject) where s.domain = ?"
        )
        sealed = self._connection.execute(sql, [subjects.IDENTITY]).pl()
        texts = sealing.unseal(
            sealed["ciphertext"].to_list(),
            data_keys=sealed["data_key"].to_list(),
            subjects=sealed["subject"].to_list(),
            what="attributes",
        )
        found = pl.Series(_BIRTH, [json.loads(text).get(_BIRTH) for text in texts], dtype=pl.String)
        return sealed.select("subject", found).drop_nulls(_BIRTH)

    def told_of(self, accounts: pl.DataFrame) -> Told:
        """Return whom accounts (`user_id`, and contacts) lead to, as they stand now; nobody becomes known by it.

        Whoever is known by one of the contacts alone is the same person, unless another account states that contact too;
        a contact that is somebody else's stays theirs.
        """
        pairs = accounts.unpivot(variable_name="kind", value_name="value").drop_nulls().unique(maintain_order=True)
        normal = normal_forms.with_normal_form(pairs).drop_nulls("normal")
        looked = subjects.find(self._connection, pseudonyms.with_lookup(normal, key=self._lookup_key))
        mine = looked.filter(pl.col("kind") == "user_id")["subject"].drop_nulls()
        sql = """
            select kind, value, lookup, subject, subject is null or subject in (select * from mine)
                or subject not in (select subject from vault.identifiers where kind = 'user_id') as is_free
            from incoming
            where lookup not in (select lookup from vault.claims where subject not in (select * from mine))"""
        own = self._with_mine(sql, looked, mine=mine).filter("is_free")
        return Told(own["subject"].drop_nulls().unique(), own.select("kind", "value"))

    def lone_browsers(self, anonymous_ids: pl.Series) -> pl.DataFrame:
        """Return `value`, `subject` (NULL where unknown) of those browsers that no user is linked to who is not noted."""
        pairs = anonymous_ids.drop_nulls().unique().to_frame("value").with_columns(kind=pl.lit("anonymous_id"))
        normal = normal_forms.with_normal_form(pairs).drop_nulls("normal")
        looked = subjects.find(self._connection, pseudonyms.with_lookup(normal, key=self._lookup_key))
        sql = """
            select value, subject from incoming where subject is null or subject not in (
                select anonymous_subject from vault.links where user_subject not in (select subject from vault.minors))"""
        return tables.query(self._connection, sql, incoming=looked)

    def _with_mine(self, sql: str, incoming: pl.DataFrame, *, mine: pl.Series) -> pl.DataFrame:
        self._connection.register("mine", mine.to_frame("subject").to_arrow())
        try:
            return tables.query(self._connection, sql, incoming=incoming)
        finally:
            self._connection.unregister("mine")
