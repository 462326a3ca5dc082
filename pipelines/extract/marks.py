"""How far each table was read: its high-water mark, and hashes of the rows that a later read meets again.

A mark is microseconds since 1970 of the instant that a row bears, as the table writes it. Hashes are salted: a row can be
a person's, and neither its text nor a plain hash of it may lie here. Not here: rows, files.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pipelines.settings import Home

_SALT_BYTES = 32
_HASH_BYTES = 16
_SCHEMA = """
create table if not exists marks (
    source text primary key, run integer not null, is_done integer not null, high_water integer
);
create table if not exists seen (
    source text not null, row_hash blob not null, run integer not null, mark integer, primary key (source, row_hash)
) without rowid;
create table if not exists salt (value blob not null);
"""


@dataclass(frozen=True)
class Begun:
    """A read under way: its number, greater than that of every read before it, and the mark it may begin from."""

    run: int
    high_water: int | None


class Marks:
    """What is remembered of one source; open it with `open_marks`. What is not committed by a method is forgotten."""

    def __init__(self, source: str, connection: sqlite3.Connection, salt: bytes) -> None:
        self._source = source
        self._connection = connection
        self._salt = salt
        self._run = 0

    def begin(self, *, after_run: int = 0) -> Begun:
        """Note that a read begins, with a number greater than `after_run`.

        Where the read before it did not end, it is not known what of it landed: then no row counts as known.
        """
        query = "select run, is_done, high_water from marks where source = ?"
        run, is_done, high_water = self._connection.execute(query, [self._source]).fetchone() or (0, 1, None)
        self._run = max(run, after_run) + 1
        if not is_done:
            self._connection.execute("delete from seen where source = ?", [self._source])
        values = [self._source, self._run, high_water]
        self._connection.execute("insert or replace into marks values (?, ?, 0, ?)", values)
        self._connection.commit()
        return Begun(self._run, high_water)

    def digest(self, row: bytes) -> bytes:
        """Return the hash under which a row is remembered."""
        return hashlib.blake2b(row, key=self._salt, digest_size=_HASH_BYTES).digest()

    def known(self, hashes: Sequence[bytes]) -> frozenset[bytes]:
        """Return those of the hashes whose rows have landed."""
        listed = ", ".join("?" * len(hashes))
        query = f"select row_hash from seen where source = ? and row_hash in ({listed})"
        return frozenset(row for (row,) in self._connection.execute(query, [self._source, *hashes]))

    def remember(self, rows: Iterable[tuple[bytes, int | None]]) -> None:
        """Remember rows (hash, mark) of this read; nothing is committed yet."""
        self._connection.executemany(
            "insert or replace into seen values (?, ?, ?, ?)",
            ([self._source, row_hash, self._run, mark] for row_hash, mark in rows),
        )

    def keep(self, high_water: int | None, *, floor: int | None) -> None:
        """Commit how far this read has come; everything up to there lies in landing."""
        self._connection.execute("delete from seen where source = ? and mark < ?", [self._source, floor])
        self._connection.execute("update marks set high_water = ? where source = ?", [high_water, self._source])
        self._connection.commit()

    def finish(self, high_water: int | None, *, floor: int | None) -> None:
        """Commit a whole read, and forget rows that it did not meet or that no later one meets (marks below `floor`)."""
        self._connection.execute(
            "delete from seen where source = ? and (run <> ? or mark < ?)", [self._source, self._run, floor]
        )
        self._connection.execute(
            "update marks set high_water = ?, is_done = 1 where source = ?", [high_water, self._source]
        )
        self._connection.commit()


@contextmanager
def open_marks(home: Home, source: str) -> Iterator[Marks]:
    """Open what is remembered of a source, making it where there is nothing; the caller holds the writer lock."""
    home.lake.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = sqlite3.connect(home.extracts_file)
    try:
        connection.execute("pragma synchronous = full")
        connection.executescript(_SCHEMA)
        connection.execute("insert into salt select ? where not exists (select 1 from salt)", [os.urandom(_SALT_BYTES)])
        connection.commit()
        salt = bytes(connection.execute("select value from salt").fetchone()[0])
        yield Marks(source, connection, salt)
    finally:
        connection.close()
