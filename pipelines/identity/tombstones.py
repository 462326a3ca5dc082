"""What must not come back: keyed hashes of identifiers, and of keys of rows, each with a reason and the instant at which it ends.

Without the key nobody is named by one, and none can be computed back. Whom they stand for, and what becomes of a row that
bears such an identifier, does not belong here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

from pipelines.identity import matching, normal_forms, pseudonyms, sealing, subjects, tables

KEY = "tombstone"
ROW = "row:"
"""How a kind begins that is no identifier's, but the key of another source's row: with the dataset's name behind it."""


@dataclass(frozen=True)
class Burial:
    """Why something must not come back, since when and until when (naive UTC)."""

    reason: str
    since: datetime
    until: datetime


class Tombstones:
    """The tombstones of an open vault, within its transaction; instants are naive UTC."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, key: bytes) -> None:
        self._connection, self._key = connection, key

    @property
    def is_empty(self) -> bool:
        """Say whether there are none at all."""
        return self._connection.execute("select 1 from vault.tombstones limit 1").fetchone() is None

    def bury(self, identifiers: pl.DataFrame, burial: Burial) -> None:
        """Write one for each distinct `kind` and `value`; one that is there already lasts as long as the longer of both."""
        self._write(_spelled(identifiers), burial)

    def bury_subjects(self, gone: pl.Series, burial: Burial) -> None:
        """Write one for each identifier of these subjects, but contacts that somebody else states, too."""
        sealed = tables.query(
            self._connection,
            """
            select i.kind, i.ciphertext, i.subject, s.data_key
            from incoming join vault.identifiers as i using (subject)
            join vault.domain_secrets as s on s.subject = i.subject and s.domain = $domain
            where i.lookup not in (select lookup from vault.claims where subject not in (select subject from incoming))
            """,
            incoming=gone.to_frame("subject"),
            bound={"domain": subjects.IDENTITY},
        )
        normal = sealing.unseal(
            sealed["ciphertext"].to_list(),
            data_keys=sealed["data_key"].to_list(),
            subjects=sealed["subject"].to_list(),
            what="identifier",
        )
        self._write(sealed.select("kind", normal=normal), burial)

    def buried(self, identifiers: pl.DataFrame, *, at: datetime) -> pl.DataFrame:
        """Return those pairs of `kind` and `value` that have one in force; hashes are told by what they may be the hash of."""
        is_hashed = pl.col("kind").is_in(list(matching.KINDS))
        plain = _spelled(identifiers.filter(~is_hashed))
        meant = matching.meanings(identifiers.filter(is_hashed))
        hashed = meant.select("kind", "value", digest=self._digest(meant.select("digest", kind="stands_for")))
        asked = pl.concat([plain.select("kind", "value", digest=self._digest(plain)), hashed])
        sql = (
            "select distinct kind, value from incoming join vault.tombstones using (digest) "
            "where until > $at::timestamp order by all"
        )
        return tables.query(self._connection, sql, incoming=asked, bound={"at": at.isoformat(sep=" ")})

    def lift(self, identifiers: pl.DataFrame) -> None:
        """Take out those of these pairs of `kind` and `value`."""
        digests = self._digest(_spelled(identifiers)).to_frame("digest")
        sql = "delete from vault.tombstones where digest in (select digest from incoming)"
        tables.query(self._connection, sql, incoming=digests)

    def sweep(self, at: datetime) -> None:
        """Take out those whose time has ended."""
        self._connection.execute("delete from vault.tombstones where until <= ?", [at])

    def _write(self, normal: pl.DataFrame, burial: Burial) -> None:
        rows = pl.DataFrame({"digest": self._digest(normal)}).unique(maintain_order=True)
        dated = rows.with_columns(pl.lit(value).alias(name) for name, value in vars(burial).items())
        shorter = (
            "select t.digest from vault.tombstones as t join incoming using (digest) where t.until <= incoming.until"
        )
        tables.query(self._connection, f"delete from vault.tombstones where digest in ({shorter})", incoming=dated)
        sql = "insert into vault.tombstones by name select * from incoming anti join vault.tombstones using (digest)"
        tables.query(self._connection, sql, incoming=dated)

    def _digest(self, normal: pl.DataFrame) -> pl.Series:
        return pseudonyms.with_lookup(normal, key=self._key)["lookup"]


def _spelled(identifiers: pl.DataFrame) -> pl.DataFrame:
    """Add `normal`; the key of a row is as it is."""
    pairs = identifiers.select(pl.col("kind", "value").cast(pl.String)).drop_nulls().unique(maintain_order=True)
    is_row = pl.col("kind").str.starts_with(ROW)
    named = normal_forms.with_normal_form(pairs.filter(~is_row))
    return pl.concat([named, pairs.filter(is_row).with_columns(normal="value")]).drop_nulls("normal")
