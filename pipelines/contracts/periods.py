"""Periods of ISO 8601 in years, months and days, by calendar. Pure; whose periods they are does not belong here."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from functools import cache

_PERIOD = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?")
# Periods are compared from each day of a leap year and the three after it: month ends and 29 February are among them.
_STARTS = tuple(date(2000, 1, 1) + timedelta(days=offset) for offset in range(1461))


def end_of(began: date, period: str) -> date:
    """Return the day on which a period ends that began on a day; where its month has no such day, the month's last."""
    months, days = _parts(period)
    year, month = divmod(began.year * 12 + began.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(began.day, last)) + timedelta(days=days)


@cache
def is_shorter(period: str, than: str) -> bool:
    """Say whether a period ends before another that began on the same day, for any day they begin on."""
    (months, days), (other_months, other_days) = _parts(period), _parts(than)
    if days == other_days:
        return months < other_months
    if months == other_months:
        return days < other_days
    return any(end_of(start, period) < end_of(start, than) for start in _STARTS)


def _parts(period: str) -> tuple[int, int]:
    """Return months and days."""
    found = _PERIOD.fullmatch(period)
    if found is None:
        raise ValueError(f"not a period of years, months and days: {period}")
    years, months, days = (int(part or 0) for part in found.groups())
    return years * 12 + months, days
