"""The days of event data as Dagster sees them. Here: keys and ranges of days. Not here: what a day holds (lake)."""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from pipelines.defs.site import contracts_in_force, now

CALENDAR = ZoneInfo("Asia/Jakarta")
JOB_NAME = "daily"
ARRIVALS_TAG = "crosslife/arrivals"
"""Marks a run started because something may have landed; its partition key only names the day on which it ran."""


def first_day(windows: Iterable[str], *, at: datetime) -> str:
    """Return the key of the first day of the year in which the longest of the windows (`P5Y`) that ends at `at` began."""
    years = [int(found[1]) for window in windows if (found := _YEARS.match(window))]
    return f"{at.astimezone(CALENDAR).year - max(years, default=0) - 1}-01-01"


def _windows() -> list[str]:
    found = contracts_in_force().policy.windows.values()
    return [window.period for window in found] + [window.otherwise.period for window in found if window.otherwise]


_YEARS = re.compile(r"P(\d+)Y")
# What the policy lets us hold is what Dagster offers to build.
FIRST_DAY = first_day(_windows(), at=now())
DAYS = dg.DailyPartitionsDefinition(start_date=FIRST_DAY, timezone=CALENDAR.key, end_offset=1)
ONE_RUN = dg.BackfillPolicy.single_run()


def key_of(instant: datetime) -> str:
    """Return the partition key of the day, in Jakarta, in which a run at `instant` falls."""
    last = date.fromisoformat(str(DAYS.get_last_partition_key()))
    return max(date.fromisoformat(FIRST_DAY), min(instant.astimezone(CALENDAR).date(), last)).isoformat()


def keys_within(days: Iterable[date]) -> list[str]:
    """Return the partition keys of those days that Dagster knows."""
    first, last = FIRST_DAY, str(DAYS.get_last_partition_key())
    return [day.isoformat() for day in sorted(set(days)) if first <= day.isoformat() <= last]


def asked_days(context: dg.AssetExecutionContext) -> list[date]:
    """Return the days a person asked for by launching a partition or a range; none where arrivals started the run."""
    if ARRIVALS_TAG in context.run.tags or not (context.has_partition_key or context.has_partition_key_range):
        return []
    span = context.partition_key_range
    first, last = date.fromisoformat(span.start), date.fromisoformat(span.end)
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
