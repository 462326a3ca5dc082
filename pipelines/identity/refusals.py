"""Refusals that only rows bore (a banner, a signal of the browser, an opt-out), of whoever stands in none of them any more.

A row of somebody who refuses keeps no name, and so cannot be asked later. What is noted is the ledger's keyed hash of the
name, a purpose, and the first and last instant of a day: nobody becomes a subject by it. Not here: what refuses, and what a
refusal does.
"""

from __future__ import annotations

import duckdb
import polars as pl

from pipelines.identity import tables

SCHEMA = pl.Schema(
    {
        "holder": pl.Int64(),
        "purpose": pl.String(),
        "day": pl.Date(),
        "first_at": pl.Datetime("us"),
        "last_at": pl.Datetime("us"),
    }
)
_ONE = "holder, purpose, day"


class Refusals:
    """The refusals of an open vault, within its transaction; instants are naive UTC."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def note(self, refused: pl.DataFrame) -> None:
        """Note rows of `SCHEMA`, in any order and number; of each holder, purpose and day the first and last instant hold."""
        whole = tables.query(
            self._connection,
            f"""
            select {_ONE}, min(first_at) as first_at, max(last_at) as last_at
            from (from incoming union all by name select r.* from vault.refusals as r semi join incoming using ({_ONE}))
            group by {_ONE} order by {_ONE}""",
            incoming=refused.select(list(SCHEMA)).cast(SCHEMA),
        )
        same = " and ".join(f"r.{name} = incoming.{name}" for name in ("holder", "purpose", "day"))
        sql = f"delete from vault.refusals as r using incoming where {same}"
        tables.query(self._connection, sql, incoming=whole)
        tables.insert(self._connection, whole, table="refusals")

    def of(self, purpose: str) -> pl.DataFrame:
        """Return `holder`, `first_at`, `last_at` of every day on which a purpose was refused."""
        sql = f"select holder, first_at, last_at from vault.refusals where purpose = ? order by {_ONE}"
        return self._connection.execute(sql, [purpose]).pl()

    def last(self) -> pl.DataFrame:
        """Return `holder`, `last_at`: when each refused anything for the last time."""
        sql = "select holder, max(last_at) as last_at from vault.refusals group by holder order by holder"
        return self._connection.execute(sql).pl()

    def forget(self, holders: pl.Series) -> int:
        """Take out what these holders refused; return of how many anything was known."""
        listed = holders.rename("holder").unique().to_frame()
        known = tables.query(self._connection, "from incoming semi join vault.refusals using (holder)", incoming=listed)
        sql = "delete from vault.refusals where holder in (select holder from incoming)"
        tables.query(self._connection, sql, incoming=known)
        return known.height
