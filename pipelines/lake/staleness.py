"""The manifest's list of days that await their models, and which of them are known to meet their contract. No building here."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import date
from typing import ClassVar


class Staleness:
    """The list, on the manifest's own connection."""

    SCHEMA: ClassVar[str] = """
    create table if not exists stale (dataset text not null, day text not null, primary key (dataset, day));
    create table if not exists met (dataset text not null, day text not null, primary key (dataset, day));
    create table if not exists unaged (dataset text not null, day text not null, primary key (dataset, day));
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def days(self) -> dict[str, tuple[date, ...]]:
        """Return the days of each dataset that changed since the models last saw them."""
        found: dict[str, list[date]] = {}
        for dataset, day in self._connection.execute("select dataset, day from stale order by dataset, day"):
            found.setdefault(dataset, []).append(date.fromisoformat(day))
        return {dataset: tuple(days) for dataset, days in found.items()}

    def add(self, stale: Mapping[str, Iterable[date]]) -> None:
        """Note, within the transaction that is open, that these days change; whether they meet their contract is open again."""
        self._connection.executemany("insert or ignore into stale values (?, ?)", _rows(stale))
        self._connection.executemany("insert or ignore into unaged values (?, ?)", _rows(stale))
        self._connection.executemany("delete from met where dataset = ? and day = ?", _rows(stale))

    def clear(self, stale: Mapping[str, Iterable[date]]) -> None:
        """Forget days that the models have now seen."""
        with self._connection:
            self._connection.executemany("delete from stale where dataset = ? and day = ?", _rows(stale))
            self._connection.executemany("delete from met where dataset = ? and day = ?", _rows(stale))

    def unaged(self, dataset: str) -> tuple[date, ...]:
        """Return the days of a dataset that changed since retention last looked at them."""
        rows = self._connection.execute("select day from unaged where dataset = ? order by day", [dataset])
        return tuple(date.fromisoformat(row[0]) for row in rows)

    def clear_unaged(self, dataset: str, *, through: date) -> None:
        """Note, within the transaction that is open, that retention has looked at a dataset up to and with a day."""
        bound = [dataset, through.isoformat()]
        self._connection.execute("delete from unaged where dataset = ? and day <= ?", bound)

    def note_judged(self, days: Mapping[str, Iterable[date]], *, is_met: bool) -> None:
        """Note whether what stands in the lake for these days meets its contract."""
        change = (
            "insert or ignore into met values (?, ?)" if is_met else "delete from met where dataset = ? and day = ?"
        )
        with self._connection:
            self._connection.executemany(change, _rows(days))

    def unmet(self) -> frozenset[str]:
        """Return the datasets with a listed day of which it is not known that it meets its contract."""
        listed = "select dataset, day from stale except select dataset, day from met"
        return frozenset(row[0] for row in self._connection.execute(f"select distinct dataset from ({listed})"))


def _rows(days: Mapping[str, Iterable[date]]) -> list[list[str]]:
    return [[dataset, day.isoformat()] for dataset, own in days.items() for day in own]
