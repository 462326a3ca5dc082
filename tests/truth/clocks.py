"""Calendar years in Jakarta, and whether a period is over. Whose clock it is stands in `retention`."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from tests.truth.reading import JAKARTA_MS, epoch_ms, jakarta


def years_after(at_ms: int, years: int) -> int:
    """Return the instant so many calendar years later, by Jakarta's clock.

    Of 29 February, 28 February: "up to" a period is never longer than the period.
    """
    moment = jakarta(at_ms)
    is_leap_day = (moment.month, moment.day) == (2, 29)
    day = 28 if is_leap_day and not _is_leap(moment.year + years) else moment.day
    return epoch_ms(moment.replace(year=moment.year + years, day=day))


def is_over(anchor: str, years: int, *, at: datetime) -> pl.Expr:
    """Whether the period that began at a column's instant (milliseconds) is over; its last instant still belongs to it."""
    ends = pl.from_epoch(pl.col(anchor) + JAKARTA_MS, time_unit="ms").dt.offset_by(f"{years}y").dt.epoch("ms")
    return ends - JAKARTA_MS < epoch_ms(at)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
