"""Calendar arithmetic of retention, in days of the policy's own time zone. Pure; what the days are of does not belong here."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


def last_day(began: date, days: int) -> date:
    """Return the last day on which something may be kept whose clock began on `began`: that day counts in full."""
    return began + timedelta(days=days)


def is_over(began: date, days: int, *, today: date) -> bool:
    """Say whether it has to be gone by now."""
    return today > last_day(began, days)


def day_of(instant: datetime, *, timezone: str) -> date:
    """Return the day of an aware instant by the policy's calendar."""
    return instant.astimezone(ZoneInfo(timezone)).date()
