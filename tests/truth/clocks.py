"""Calendar periods in Jakarta, and whether they are over. Whose clock it is stands in `retention`."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from tests.truth.reading import JAKARTA_MS, epoch_ms, jakarta

# The length of a period, and polars' name of it; weeks begin on Monday.
PERIODS = {"day": "1d", "week": "1w", "month": "1mo"}


def years_after(at_ms: int, years: int) -> int:
    """Return the instant so many calendar years later, by Jakarta's clock.

    Of 29 February, 28 February: "up to" a period is never longer than the period.
    """
    moment = jakarta(at_ms)
    is_leap_day = (moment.month, moment.day) == (2, 29)
    day = 28 if is_leap_day and not _is_leap(moment.year + years) else moment.day
    return epoch_ms(moment.replace(year=moment.year + years, day=day))


def is_over(anchor: str, years: int, *, at: datetime) -> pl.Expr:
    """Whether the period that began on the day of a column's instant (milliseconds) is over; its last day counts in full."""
    began = pl.from_epoch(pl.col(anchor) + JAKARTA_MS, time_unit="ms").dt.date()
    return began.dt.offset_by(f"{years}y") < pl.lit(jakarta(epoch_ms(at)).date())


def period_of(instant: str, period: str) -> pl.Expr:
    """Return the first day, by Jakarta's calendar, of the day, week or month of a column's instant (milliseconds)."""
    local = pl.from_epoch(pl.col(instant) + JAKARTA_MS, time_unit="ms")
    return local.dt.truncate(PERIODS[period]).dt.date()


def begins(day: pl.Expr) -> pl.Expr:
    """Return the first instant of a day of Jakarta's calendar, in milliseconds."""
    return day.cast(pl.Datetime("ms")).dt.epoch("ms") - JAKARTA_MS


def has_passed(first_day: str, period: str, *, at: datetime) -> pl.Expr:
    """Whether the period that begins with a column's day is over: the first instant after it is there."""
    return begins(pl.col(first_day).dt.offset_by(PERIODS[period])) <= epoch_ms(at)


def month_has_passed(month: str, *, at: datetime) -> pl.Expr:
    """Whether a column's month (`YYYY-MM`) is over."""
    return begins((pl.col(month) + "-01").str.to_date().dt.offset_by("1mo")) <= epoch_ms(at)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
