"""The manifest's book of readers: up to where each has seen what batches and interventions changed. Not here: reading."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import ClassVar

from pipelines.lake.records import WITHOUT_ROWS


class Readers:
    """The book, on the manifest's own connection."""

    SCHEMA: ClassVar[str] = "create table if not exists seen (reader text primary key, position integer not null);"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def unseen(self, reader: str, *, sources: Iterable[str], other_than: Sequence[str] = ()) -> int | None:
        """Return how far the batches of these sources reach; None where the reader has seen them all.

        With `other_than`, interventions of every other kind that changes rows count, too. The position grows with each of them.
        """
        seen = self.seen(reader)
        listed = sorted(sources)
        places = ", ".join("?" * len(listed))
        reached = self._one(f"select max(position) from batches where source in ({places})", listed)
        if other_than:
            kinds = [*other_than, *WITHOUT_ROWS]
            reached += self._one(
                f"select count(*) from interventions where kind not in ({', '.join('?' * len(kinds))})", kinds
            )
        return reached if reached > seen else None

    def seen(self, reader: str) -> int:
        """Return up to where a reader has seen what came in; 0 where it never looked."""
        return self._one("select position from seen where reader = ?", [reader])

    def note_seen(self, reader: str, position: int) -> None:
        """Note up to where a reader has seen what came in."""
        with self._connection:
            self._connection.execute("insert or replace into seen values (?, ?)", [reader, position])

    def _one(self, query: str, bound: Sequence[str]) -> int:
        row = self._connection.execute(query, bound).fetchone()
        return int(row[0] or 0) if row else 0
