"""The last day on which each subject is known to have done something: what they did falls before they do.

Course data goes a year after its enrolment ended, and with it what showed that somebody was there; the five years of its
owner run from that day all the same. One day a subject, and no word of what was done. Not here: what counts as an
interaction (contracts), or whose clock has run out (retention).
"""

from __future__ import annotations

import duckdb
import polars as pl

from pipelines.identity import tables


class Interactions:
    """The days of an open vault, within its transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def note(self, days: pl.DataFrame) -> None:
        """Note `subject`, `last_on` (a day), one row a subject; the later day holds, and of others than subjects none is kept."""
        later = tables.query(
            self._connection,
            """
            select subject, max(last_on) as last_on from (
                select subject, last_on from incoming union all select subject, last_on from vault.interactions)
            where subject in (select subject from incoming) and subject in (select subject from vault.subjects)
            group by subject order by subject
            """,
            incoming=days.select("subject", "last_on").drop_nulls(),
        )
        tables.query(
            self._connection,
            "delete from vault.interactions where subject in (select subject from incoming)",
            incoming=later,
        )
        tables.insert(self._connection, later, table="interactions")

    def known(self) -> pl.DataFrame:
        """Return `subject`, `last_on` of whoever is noted; of two who became one the later day."""
        query = "select subject, max(last_on) as last_on from vault.interactions group by subject order by subject"
        return self._connection.execute(query).pl()
