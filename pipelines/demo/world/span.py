"""The span of a demo: its days, instants and the file each day's rows go to; and what a finished demo reports.

Days are calendar days in Asia/Jakarta, instants are whole seconds since 1970 UTC. Nothing is drawn here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path

DAY = 86_400
JAKARTA_OFFSET = 7 * 3600
DAILY_TAIL_DAYS = 14

_CLOCK = tuple(f"T{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(DAY))


@dataclass(frozen=True)
class Bucket:
    """A file's share of the span: the rows of days `first` to `last` (excluded), counted from the start."""

    name: str
    first: int
    last: int


@dataclass(frozen=True)
class World:
    """The arguments of a demo. It covers the `days` whole days before `end`; nothing clean happens on `end` itself."""

    learners: int
    days: int
    seed: int
    end: date

    @cached_property
    def start_at(self) -> int:
        """The first instant."""
        return self.end_at - self.days * DAY

    @cached_property
    def end_at(self) -> int:
        """The first instant after the demo: midnight of `end` in Jakarta."""
        midnight = datetime(self.end.year, self.end.month, self.end.day, tzinfo=UTC)
        return int(midnight.timestamp()) - JAKARTA_OFFSET

    @cached_property
    def months(self) -> tuple[Bucket, ...]:
        """One bucket a calendar month."""
        first_day = self.end - timedelta(days=self.days)
        dates = [first_day + timedelta(days=n) for n in range(self.days)]
        cuts = [n for n, day in enumerate(dates) if n == 0 or day.day == 1]
        return tuple(Bucket(f"{dates[a]:%Y-%m}", a, b) for a, b in pairwise([*cuts, self.days]))

    @cached_property
    def arrivals(self) -> tuple[Bucket, ...]:
        """One bucket a month, and for the last two weeks one a day."""
        tail = max(0, self.days - DAILY_TAIL_DAYS)
        first_day = self.end - timedelta(days=self.days)
        monthly = [Bucket(m.name, m.first, min(m.last, tail)) for m in self.months if m.first < tail]
        daily = [Bucket(f"{first_day + timedelta(days=n):%Y-%m-%d}", n, n + 1) for n in range(tail, self.days)]
        return (*monthly, *daily)

    def day_of(self, at: int) -> int:
        """Return the day of an instant, counted from the start."""
        return (at - self.start_at) // DAY


@dataclass(frozen=True)
class DemoSummary:
    """What was written; no personal values.

    `files` and `rows` are per source: paths of finished files, and their data lines (broken lines and the copied file
    included). `planted` is per source and kind of dirt: rows, or files for the kinds that end in `_file`; what the
    copied and the half-written file repeat is not counted again.
    """

    files: Mapping[str, tuple[Path, ...]]
    rows: Mapping[str, int]
    planted: Mapping[str, Mapping[str, int]]
    size_bytes: int


def utc_text(at: int) -> str:
    """Return an instant as `YYYY-MM-DDTHH:MM:SS` in UTC, without a mark of the zone."""
    return f"{_date_text(at // DAY)}{_CLOCK[at % DAY]}"


def local_text(at: int) -> str:
    """Return an instant as `YYYY-MM-DDTHH:MM:SS` in Jakarta, without an offset."""
    return utc_text(at + JAKARTA_OFFSET)


def local_date(at: int) -> date:
    """Return the calendar day of an instant in Jakarta."""
    return date.fromisoformat(_date_text((at + JAKARTA_OFFSET) // DAY))


@lru_cache(maxsize=8192)
def _date_text(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()
