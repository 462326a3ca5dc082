"""The manifest's book of files: which the lake holds, how large each is, and which columns it has. Not here: writing one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar

from pipelines.lake.records import Move
from pipelines.settings import Home

_NAMED = 5


class LakeDamaged(RuntimeError):
    """Files of the lake are missing, have another size, or were put there by no batch; nothing is built from the rest."""


class Stored:
    """The book, on the manifest's own connection."""

    SCHEMA: ClassVar[str] = """
    create table if not exists stored (
        written integer primary key autoincrement, path text not null unique, bytes integer not null, columns text not null
    );
    """

    def __init__(self, home: Home, connection: sqlite3.Connection) -> None:
        self._home, self._connection = home, connection

    def remember(self, moves: Iterable[Move]) -> None:
        """Note, within the transaction that is open, what stands in the lake once these moves are done."""
        for move in moves:
            if not move.target.is_relative_to(self._home.lake):
                continue
            path = move.target.relative_to(self._home.root).as_posix()
            self._connection.execute("delete from stored where path = ?", [path])
            if move.staged is not None:
                row = [path, move.staged.stat().st_size, move.columns]
                self._connection.execute("insert into stored (path, bytes, columns) values (?, ?, ?)", row)

    def check(self) -> None:
        """Compare the lake with what was put into it. Raises LakeDamaged, naming files."""
        known = dict(self._connection.execute("select path, bytes from stored order by path"))
        damaged = [
            path
            for path, size in known.items()
            if not (self._home.root / path).is_file() or (self._home.root / path).stat().st_size != size
        ]
        if damaged:
            raise LakeDamaged(
                f"{len(damaged)} files of the lake are missing or changed: {_listed(damaged)}. Put them back from a backup, or "
                "begin a new home and land the sources again; figures from the rest would be wrong"
            )
        if strange := sorted(path for path in self._datasets() if path not in known):
            raise LakeDamaged(
                f"{len(strange)} files of the lake were put there by no batch: {_listed(strange)}. What was dropped must not "
                "come back: remove them, or restore the whole home with `crosslife backup restore`"
            )

    def written_since(self, file: Path, dataset: str) -> frozenset[Path] | None:
        """Return the files of a dataset that were written after another file was; None where that one is not known."""
        path = file.relative_to(self._home.root).as_posix()
        row = self._connection.execute("select written from stored where path = ?", [path]).fetchone()
        if row is None:
            return None
        listed = "select path from stored where path like ? and written > ?"
        rows = self._connection.execute(listed, [self._pattern(dataset), row[0]])
        return frozenset(self._home.root / path for (path,) in rows)

    def columns_of(self, dataset: str) -> frozenset[str]:
        """Return the digests of columns that the files of a dataset have; more than one after its contract changed."""
        return frozenset(self.by_columns(dataset))

    def by_columns(self, dataset: str, *, among: Iterable[Path] | None = None) -> dict[str, tuple[Path, ...]]:
        """Return the files of a dataset by the digest of the columns that they have, in order of their paths.

        With `among` only those of these that the book knows; what that costs does not grow with the others.
        """
        found: dict[str, list[Path]] = {}
        listed, given = "select columns, path from stored where path like ? order by path", [self._pattern(dataset)]
        if among is not None:
            listed = "select columns, path from stored where path in (select value from json_each(?)) order by path"
            given = [json.dumps([file.relative_to(self._home.root).as_posix() for file in among])]
        for columns, path in self._connection.execute(listed, given):
            found.setdefault(columns, []).append(self._home.root / path)
        return {columns: tuple(paths) for columns, paths in found.items()}

    def _pattern(self, dataset: str) -> str:
        return f"{(self._home.lake / dataset).relative_to(self._home.root).as_posix()}/%"

    def _datasets(self) -> Iterator[str]:
        """Yield the paths of what lies where models read; what begins with a point is read by name alone."""
        for pattern in ("[!.]*/dt=*/*.parquet", "[!.]*/current.parquet"):
            for file in self._home.lake.glob(pattern):
                yield file.relative_to(self._home.root).as_posix()


def _listed(paths: list[str]) -> str:
    return ", ".join(paths[:_NAMED]) + (f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else "")
