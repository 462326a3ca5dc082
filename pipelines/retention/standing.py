"""How every dataset stands against its clock today: since when it is held, up to where it was dropped, when something falls next.

Read from the manifest and the names of partitions alone, so that it costs nothing to ask. What has to go today is the plan's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from pipelines.contracts import Contracts, blocked_categories, periods
from pipelines.contracts.models import InboundContract
from pipelines.lake import Manifest, days_of, horizons, open_manifest, stale_days
from pipelines.settings import Home


@dataclass(frozen=True)
class Standing:
    """One dataset: its window and clause, the oldest day in the lake, up to where it is closed, and when it is looked at again.

    `next_on` is the day on which the oldest day of events falls, or on which enrolments or people are looked at again.
    `waiting` says what holds its drop up: a conflict of floor and window, or models that have not followed a drop yet.
    """

    dataset: str
    kept: str
    clause: str
    oldest: date | None
    closed_through: date | None
    next_on: date | None
    waiting: str


def standing(home: Home, contracts: Contracts, *, as_of: datetime) -> tuple[Standing, ...]:
    """Return how every dataset that has a clock stands on the day of `as_of`."""
    today = periods.day_of(as_of, timezone=contracts.policy.timezone)
    stale = stale_days(home)
    with open_manifest(home) as manifest:
        return tuple(
            _of(home, contracts, manifest, each, today=today, is_stale=each.name in stale)
            for each in contracts.inbound.values()
            if each.retention.period
        )


def _of(
    home: Home, contracts: Contracts, manifest: Manifest, contract: InboundContract, *, today: date, is_stale: bool
) -> Standing:
    own = contract.retention
    kind = {"event": horizons.EVENT, "completion": horizons.COMPLETION}.get(own.anchor, horizons.INTERACTION)
    oldest = min(days_of(home, contract.name), default=None) if contract.kind == "event" else None
    dropped = manifest.horizons().of(horizons.EVERYONE if kind == horizons.INTERACTION else contract.name, kind)
    other = f", else {own.otherwise_period} from {_told(own.otherwise_anchor)}" if own.otherwise_period else ""
    waiting = ["a floor stands against the window"] if own.category in blocked_categories(contracts.policy) else []
    waiting += ["models follow with the next run"] if is_stale and dropped else []
    return Standing(
        dataset=contract.name,
        kept=f"{own.period} from {_told(own.anchor)}{other}",
        clause=contracts.policy.windows[own.category].clause,
        oldest=oldest,
        closed_through=dropped,
        next_on=_next(own.period or "", kind, oldest, today=today),
        waiting="; ".join(waiting),
    )


def _next(period: str, kind: str, oldest: date | None, *, today: date) -> date | None:
    if kind == horizons.EVENT:
        return periods.last_day(oldest, period) + periods.ONE_DAY if oldest else None
    return today + periods.ONE_DAY if kind == horizons.COMPLETION else periods.first_of_next_month(today)


def _told(anchor: str | None) -> str:
    return (anchor or "").replace("_", " ")
