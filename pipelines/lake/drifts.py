"""The manifest's book of fields: how often each source bears them, and what was found to drift. Not here: finding it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Habit:
    """Of one field of a source, over all batches: rows read, rows that bear it, rows where it is none of its type."""

    name: str
    rows: int
    present: int
    wrong: int = 0


@dataclass(frozen=True)
class Drift:
    """A source's rows differ from what they were: `kind` is new_field, renamed_field, missing_field or changed_type.

    `becomes` is the new name of a renamed field, the kind of value of a changed or new one. `rows` are those of one
    batch, or of all that showed it; `batches` how many did, `first_batch` and `last_batch` which.
    """

    source: str
    kind: str
    name: str
    becomes: str
    rows: int
    batches: int = 1
    first_batch: str = ""
    last_batch: str = ""
    first_as_of: str = ""
    last_as_of: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes it the same drift in another batch; what a new field holds may vary."""
        return self.source, self.kind, self.name, "" if self.kind == "new_field" else self.becomes


class Drifts:
    """The book, on the manifest's own connection."""

    SCHEMA: ClassVar[str] = """
create table if not exists habits (
    source text not null, name text not null, rows integer not null, present integer not null, wrong integer not null,
    primary key (source, name)
);
create table if not exists drifts (
    source text not null, kind text not null, name text not null, becomes text not null, rows integer not null,
    batches integer not null, first_batch text not null, last_batch text not null,
    primary key (source, kind, name, becomes)
);
"""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def habits(self, source: str) -> dict[str, Habit]:
        """Return what is known of the fields of a source, by name."""
        rows = self._connection.execute("select name, rows, present, wrong from habits where source = ?", [source])
        return {name: Habit(name, count, present, wrong) for name, count, present, wrong in rows}

    def listed(self, source: str | None = None) -> tuple[Drift, ...]:
        """Return every drift, of one source or of all, the oldest first."""
        rows = self._connection.execute(
            "select d.source, d.kind, d.name, d.becomes, d.rows, d.batches, d.first_batch, d.last_batch, f.as_of, l.as_of "
            "from drifts as d join batches as f on f.batch_id = d.first_batch join batches as l on l.batch_id = d.last_batch "
            "where ? is null or d.source = ? order by f.position, d.kind, d.name",
            [source, source],
        )
        return tuple(Drift(*row) for row in rows)

    @staticmethod
    def note(
        connection: sqlite3.Connection, *, source: str, batch_id: str, habits: Iterable[Habit], drifts: Iterable[Drift]
    ) -> None:
        """Add what one batch showed; part of the transaction that prepares it."""
        connection.executemany(
            "insert into habits values (?, ?, ?, ?, ?) on conflict (source, name) do update set "
            "rows = rows + excluded.rows, present = present + excluded.present, wrong = wrong + excluded.wrong",
            [[source, each.name, each.rows, each.present, each.wrong] for each in habits],
        )
        connection.executemany(
            "insert into drifts values (?, ?, ?, ?, ?, 1, ?, ?) on conflict (source, kind, name, becomes) do update set "
            "rows = rows + excluded.rows, batches = batches + 1, last_batch = excluded.last_batch",
            [[source, each.kind, each.name, each.becomes, each.rows, batch_id, batch_id] for each in drifts],
        )
