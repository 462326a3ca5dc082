"""Which days are built, and in which chunks. Pure functions on dates; reading and writing partitions does not belong here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)
UNITS: Mapping[str, Callable[[date], str]] = {"dt": date.isoformat, "month": lambda day: f"{day:%Y-%m}"}
"""How partitions are named: by a day, `dt=2024-03-01`, or by a month, `month=2024-03`."""
CHUNK_DAYS = 31


@dataclass(frozen=True)
class Chunk:
    """A run of days without a gap that one query builds."""

    first: date
    last: date

    def days(self) -> tuple[date, ...]:
        """Return every day of the run."""
        return tuple(self.first + ONE_DAY * step for step in range((self.last - self.first).days + 1))


def widened(days: Iterable[date]) -> tuple[date, ...]:
    """Return the days whose facts can change when events of `days` do: each with its two neighbours.

    A session or page view belongs to the day of its start, looks back no further than the day before, and counts no event
    after the following day.
    """
    return tuple(sorted({day + ONE_DAY * step for day in days for step in (-1, 0, 1)}))


def months_of(days: Iterable[date]) -> tuple[Chunk, ...]:
    """Return the months in which the days lie, each as one whole chunk, in order."""
    firsts = sorted({day.replace(day=1) for day in days})
    return tuple(Chunk(first, (first + 31 * ONE_DAY).replace(day=1) - ONE_DAY) for first in firsts)


def chunked(days: Iterable[date], *, size: int = CHUNK_DAYS) -> tuple[Chunk, ...]:
    """Return the days as runs without gaps of at most `size` days, in order."""
    chunks: list[Chunk] = []
    for day in sorted(set(days)):
        run = chunks[-1] if chunks else None
        if run and day == run.last + ONE_DAY and (day - run.first).days < size:
            chunks[-1] = Chunk(run.first, day)
        else:
            chunks.append(Chunk(day, day))
    return tuple(chunks)
