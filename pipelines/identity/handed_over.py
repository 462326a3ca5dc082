"""Contacts that may stand at a recipient: sealed, each under a key of its own, until the recipient has let go of them.

What was sent is noted before it is sent, in the form that was sent: an address that has changed since, and one of somebody who
was forgotten since, can still be taken out there. Who may be sent anything, and sending, does not belong here.
"""

from __future__ import annotations

from datetime import datetime

import duckdb
import polars as pl

from pipelines.identity import sealing, tables

SCHEMA = pl.Schema(
    {"number": pl.Int64, "subject": pl.Int64, "audience": pl.String, "kind": pl.String, "normal": pl.String}
)
_WHAT = "contact handed over"


class HandedOver:
    """The notes of an open vault, within its transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def note(self, contacts: pl.DataFrame, *, recipient: str, audience: str, at: datetime) -> int:
        """Note `subject`, `kind`, `normal` of what is about to be sent, once each; return how many were new."""
        known = self.of(recipient, audience=audience).select("subject", "kind", "normal")
        fresh = contacts.select("subject", "kind", "normal").drop_nulls().unique(maintain_order=True)
        fresh = fresh.join(known, on=["subject", "kind", "normal"], how="anti", maintain_order="left")
        row = self._connection.execute("select coalesce(max(number), 0) from vault.handed_over").fetchone()
        first = int(row[0]) + 1 if row else 1
        numbers = pl.Series("number", range(first, first + fresh.height), dtype=pl.Int64)
        keys = sealing.random_bytes(fresh.height, width=32).alias("data_key")
        sealed = sealing.seal(
            fresh["normal"].to_list(), data_keys=keys.to_list(), subjects=numbers.to_list(), what=_WHAT
        )
        rows = fresh.drop("normal").with_columns(
            numbers,
            keys,
            recipient=pl.lit(recipient),
            audience=pl.lit(audience),
            ciphertext=sealed,
            noted_at=pl.lit(at.replace(tzinfo=None)),
        )
        tables.insert(self._connection, rows, table="handed_over")
        return fresh.height

    def of(self, recipient: str, *, audience: str | None = None) -> pl.DataFrame:
        """Return `number`, `subject`, `audience`, `kind`, `normal` of what may stand at a recipient, in one of its audiences or
        all; `subject` is NULL of those who were forgotten since.
        """
        sealed = self._connection.execute(
            "select number, subject, audience, kind, data_key, ciphertext from vault.handed_over "
            "where recipient = ? and (? is null or audience = ?) order by number",
            [recipient, audience, audience],
        ).pl()
        normal = sealing.unseal(
            sealed["ciphertext"].to_list(),
            data_keys=sealed["data_key"].to_list(),
            subjects=sealed["number"].to_list(),
            what=_WHAT,
        )
        return sealed.with_columns(normal=normal).select(list(SCHEMA)).cast(SCHEMA)

    def recipients(self) -> tuple[str, ...]:
        """Return at whom anything may stand."""
        found = self._connection.execute(
            "select distinct recipient from vault.handed_over order by recipient"
        ).fetchall()
        return tuple(name for (name,) in found)

    def count(self) -> int:
        """Return how many contacts may stand at a recipient."""
        row = self._connection.execute("select count(*) from vault.handed_over").fetchone()
        return int(row[0]) if row else 0

    def forget(self, numbers: pl.Series) -> None:
        """Take out what stands at the recipient no longer; the caller has its word."""
        sql = "delete from vault.handed_over where number in (select number from incoming)"
        tables.query(self._connection, sql, incoming=numbers.rename("number").to_frame())


def orphan(connection: duckdb.DuckDBPyConnection, gone: pl.DataFrame, *, since: int) -> None:
    """Keep what was handed over of subjects (`subject`) who are forgotten, without them: it is still to be taken back."""
    sql = (
        f"update vault.handed_over set subject = null where subject >= {since:d} "
        "and subject in (select subject from incoming)"
    )
    tables.query(connection, sql, incoming=gone)
