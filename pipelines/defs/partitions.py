"""The days of event data as Dagster sees them. Here: keys and ranges of days. Not here: what a day holds (lake).

What Dagster offers is drawn when the code location is loaded: from the first day on that any dataset of the home may still
hold, by its window and by what the horizon ledger says was dropped. Sources whose days go whole have such a day of their own;
of the others rows stand for as long as their people do, so that the window counts, or the earliest day that is stored. As the
assets of one job share one definition, it begins with the earliest of these, and a reload a day later draws it a day later.

Loaded definitions grow old: a run that is asked for days holds them against the clock and the horizons of its own instant.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from pipelines import lake, settings
from pipelines.contracts import Contracts, InboundContract, periods
from pipelines.defs.site import Site, contracts_in_force, now
from pipelines.lake import horizons

CALENDAR = ZoneInfo("Asia/Jakarta")
JOB_NAME = "daily"
ARRIVALS_TAG = "crosslife/arrivals"
"""Marks a run started because something may have landed; its partition key only names the day on which it ran."""


class DaysGone(RuntimeError):
    """A run was asked for days that are not kept any more, by definitions that were loaded before; nothing was changed."""


def first_days(home: settings.Home, contracts: Contracts, *, at: datetime) -> dict[str, date]:
    """Return for each dataset of events the first day that may be held at an instant; the home need not exist yet."""
    today = periods.day_of(at, timezone=contracts.policy.timezone)
    dropped = _dropped(home)
    events = (contract for contract in contracts.inbound.values() if contract.kind == "event")
    return {each.name: _first_day(home, each, dropped, today=today) or _of_all(contracts, today) for each in events}


def goes_whole(contract: InboundContract) -> bool:
    """Say whether days of a dataset go whole, by their own clock."""
    return contract.kind == "event" and contract.retention.anchor == "event"


def _first_day(
    home: settings.Home, contract: InboundContract, dropped: Mapping[tuple[str, str], date], *, today: date
) -> date | None:
    retention = contract.retention
    windows = [
        periods.first_kept(today, each) for each in (retention.period, retention.otherwise_period) if each is not None
    ]
    if not goes_whole(contract):
        return min([*windows, *lake.days_of(home, contract.name)[:1]], default=None)
    through = dropped.get((contract.name, horizons.EVENT))
    return max([*windows, *([through + periods.ONE_DAY] if through else [])], default=None)


def _of_all(contracts: Contracts, today: date) -> date:
    """Return the day with which the longest window of the policy began: what has no window of its own is offered from there."""
    windows = contracts.policy.windows.values()
    lengths = [each.period for window in windows for each in (window, window.otherwise) if each]
    return min(periods.first_kept(today, each) for each in lengths)


def _dropped(home: settings.Home) -> dict[tuple[str, str], date]:
    """Return the horizons of a home; one that does not exist yet is not made."""
    if not home.manifest_file.exists():
        return {}
    with lake.open_manifest(home) as manifest:
        return manifest.horizons().all()


# Dagster's days end with the clock of the machine: where the environment gives a later instant, one day is left.
_FIRST_DAYS = first_days(settings.home(), contracts_in_force(), at=now()).values()
FIRST_DAY = min(*_FIRST_DAYS, datetime.now(CALENDAR).date()).isoformat()
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


def asked_days(context: dg.AssetExecutionContext, site: Site, *, of: Collection[str]) -> list[date]:
    """Return the days of these datasets a person asked for by launching a partition or a range; none of arrivals' runs.

    Raises DaysGone where one of them may not hold the first of these days any more at the run's own instant.
    """
    if ARRIVALS_TAG in context.run.tags or not (context.has_partition_key or context.has_partition_key_range):
        return []
    span = context.partition_key_range
    first, last = date.fromisoformat(span.start), date.fromisoformat(span.end)
    kept = first_days(site.home, site.contracts, at=site.as_of)
    gone = {name: day for name, day in kept.items() if name in of and first < day}
    if gone:
        since = max(gone.values())
        raise DaysGone(
            f"{first} was asked for, and {', '.join(sorted(gone))} may hold nothing before {since}: what is older was dropped "
            "or is refused, and does not come back. Nothing was changed. Reload the code location, and launch "
            f"days from {since} on"
        )
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
