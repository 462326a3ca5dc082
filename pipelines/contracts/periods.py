"""Calendar arithmetic of windows: years, months and days by the calendar of the policy's own time zone. Pure.

The day on which a clock began and its last day both count in full. Where the last day would fall on a day that its month
does not have (29 February), it is the month's last: nothing is ever kept longer than the period says. The SQL does what the
functions do. Which window holds for what does not belong here.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
# Periods are compared from each day of a leap year and the three after it: month ends and 29 February are among them.
_STARTS = tuple(date(2000, 1, 1) + timedelta(days=offset) for offset in range(1461))
_PERIOD = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?")


def last_day(began: date, period: str) -> date:
    """Return the last day on which something may be kept whose clock began on `began`. Raises ValueError for no period."""
    months, days = _parts(period)
    year, month = divmod(began.year * 12 + began.month - 1 + months, 12)
    month += 1
    return date(year, month, min(began.day, calendar.monthrange(year, month)[1])) + timedelta(days=days)


def is_over(began: date, period: str, *, today: date) -> bool:
    """Say whether what began on that day has to be gone by now."""
    return today > last_day(began, period)


def first_kept(today: date, period: str) -> date:
    """Return the earliest day of which something may still be kept: all before it has to be gone."""
    months, days = _parts(period)
    back = today - timedelta(days=days)
    year, month = divmod(back.year * 12 + back.month - 1 - months, 12)
    found = date(year, month + 1, min(back.day, calendar.monthrange(year, month + 1)[1]))
    while is_over(found, period, today=today):
        found += ONE_DAY
    while not is_over(found - ONE_DAY, period, today=today):
        found -= ONE_DAY
    return found


@cache
def is_shorter(period: str, than: str) -> bool:
    """Say whether a period ends before another that began on the same day, for any day they begin on."""
    (months, days), (other_months, other_days) = _parts(period), _parts(than)
    if days == other_days:
        return months < other_months
    if months == other_months:
        return days < other_days
    return any(last_day(start, period) < last_day(start, than) for start in _STARTS)


def interval(period: str) -> str:
    """SQL: the period as an interval; added to a date it ends in the same month as `last_day` does."""
    months, days = _parts(period)
    return f"(interval {months} months + interval {days} days)"


def day_of(instant: datetime, *, timezone: str) -> date:
    """Return the day of an aware instant by the policy's calendar."""
    return instant.astimezone(ZoneInfo(timezone)).date()


def first_of_next_month(day: date) -> date:
    """Return the first day of the month after that of `day`."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def _parts(period: str) -> tuple[int, int]:
    found = _PERIOD.fullmatch(period)
    if found is None:
        raise ValueError(f"not a period of years, months and days: {period}")
    years, months, days = (int(part or 0) for part in found.groups())
    return years * 12 + months, days
