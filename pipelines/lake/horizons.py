"""The manifest's book of horizons: up to which day each dataset was dropped for good. Not here: dropping, or refusing."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import ClassVar


class Horizons:
    """The book, on the manifest's own connection."""

    SCHEMA: ClassVar[str] = """
create table if not exists horizons (
    dataset text not null, kind text not null, through text not null, primary key (dataset, kind)
);
"""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def all(self) -> dict[tuple[str, str], date]:
        """Return dataset and kind → the last day that was dropped: nothing of it or older may be written again."""
        rows = self._connection.execute("select dataset, kind, through from horizons order by dataset, kind")
        return {(dataset, kind): date.fromisoformat(through) for dataset, kind, through in rows}

    def raise_to(self, dataset: str, kind: str, through: date) -> None:
        """Note that a dataset was dropped up to a day, that day included; a horizon is never lowered."""
        with self._connection:
            self._connection.execute(
                "insert into horizons values (?, ?, ?) on conflict (dataset, kind) "
                "do update set through = max(through, excluded.through)",
                [dataset, kind, through.isoformat()],
            )
