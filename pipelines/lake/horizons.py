"""The manifest's horizon ledger: up to which day each dataset has been dropped. Not here: what has to go, or dropping it.

A horizon only ever rises. Every writer of the lake refuses what lies at or below it, so that neither a backfill nor a clock
that was set back brings a day again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import date
from typing import ClassVar

EVENT = "event"
"""Whole days were unlinked, up to and with this one."""

COMPLETION = "completion"
"""Enrolments that ended up to and with this day were taken out."""

INTERACTION = "interaction"
"""Subjects whose clock ran out up to and with this day were taken out."""

EVERYONE = ""
"""The dataset of the horizon that is everybody's: people are looked at over all datasets at once."""


class BelowHorizon(RuntimeError):
    """A writer would have put rows of a day into the lake that retention has dropped; nothing was written."""


class Horizons:
    """The ledger, on the manifest's own connection."""

    SCHEMA: ClassVar[str] = """
    create table if not exists horizons (
        dataset text not null, kind text not null, through text not null, primary key (dataset, kind));
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def all(self) -> dict[tuple[str, str], date]:
        """Return the last day that was dropped, by dataset and kind."""
        rows = self._connection.execute("select dataset, kind, through from horizons order by dataset, kind")
        return {(dataset, kind): date.fromisoformat(through) for dataset, kind, through in rows}

    def of(self, dataset: str, kind: str) -> date | None:
        """Return the last day of a dataset that was dropped; None where none ever was."""
        return self.all().get((dataset, kind))

    def raise_to(self, dataset: str, kind: str, through: date) -> None:
        """Note that a dataset was dropped up to and with a day, in a transaction of its own."""
        with self._connection:
            self.note({(dataset, kind): through})

    def note(self, raised: Mapping[tuple[str, str], date]) -> None:
        """Raise horizons within the transaction that is open; none is ever lowered."""
        self._connection.executemany(
            "insert into horizons values (?, ?, ?) on conflict (dataset, kind) "
            "do update set through = max(through, excluded.through)",
            [[dataset, kind, through.isoformat()] for (dataset, kind), through in raised.items()],
        )

    def refuse_below(self, written: Iterable[tuple[str, date]]) -> None:
        """Refuse days at or below their dataset's horizon. Raises BelowHorizon."""
        closed = {dataset: through for (dataset, kind), through in self.all().items() if kind == EVENT}
        for dataset, day in sorted(written):
            if dataset in closed and day <= closed[dataset]:
                raise BelowHorizon(
                    f"{dataset} of {day} was dropped, up to and with {closed[dataset]}, and stays gone: land what is "
                    "younger; an archive is loaded into a home of its own, under a policy of its own"
                )
