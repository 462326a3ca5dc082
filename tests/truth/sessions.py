"""Calls that may say whose they are, and each browser's sessions (decided case "Sessions"). What is seen in them: `views`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from tests.truth import held, pages
from tests.truth.reading import World, jakarta_day
from tests.truth.rules import Rules
from tests.truth.sound import HEARTBEAT

PAUSE_MS = 30 * 60_000


@dataclass(frozen=True, eq=False)
class Call:
    """One call that may say whose it is."""

    at: int
    is_heartbeat: bool
    message_id: str
    day: date
    kind: str
    browser: str
    anonymous_id: str | None
    user_id: str | None
    page_view_id: str | None
    path: str | None
    utm_source: str | None
    utm_medium: str | None
    utm_campaign: str | None
    referrer_host: str | None

    def order(self) -> tuple[int, bool, str]:
        """Calls are in order of time; of one instant the page call comes first."""
        return self.at, self.is_heartbeat, self.message_id

    def view(self) -> str:
        """Which page view a call belongs to by what it states."""
        return f"view {self.page_view_id}" if self.page_view_id else f"call {self.message_id}"


@dataclass(frozen=True, eq=False)
class Session:
    """The calls of one browser without a pause, the first one first."""

    calls: tuple[Call, ...]

    @property
    def first(self) -> Call:
        """The call it begins with: it tells the day and the way by which somebody came."""
        return self.calls[0]

    @property
    def user(self) -> str | None:
        """The learner, where the calls name exactly one."""
        named = {call.user_id for call in self.calls if call.user_id}
        return next(iter(named)) if len(named) == 1 else None

    @property
    def page_views(self) -> int:
        """How many page views its page calls belong to."""
        return len({call.view() for call in self.calls if call.kind == "page"})


def counted(world: World, *, rules: Rules, as_of: datetime) -> pl.DataFrame:
    """Return the calls that count, with `day` and `page_path` as they are shown, and `is_allowed`."""
    calls = held.web_calls(world, rules=rules, as_of=as_of)
    return calls.with_columns(day=jakarta_day("occurred_at"), page_path=pages.shown(world))


def of_calls(calls: pl.DataFrame) -> list[list[Session]]:
    """Return each browser's sessions, in order of time, of the calls whose consent allows it."""
    by_browser: defaultdict[str, list[Call]] = defaultdict(list)
    for call in sorted(_calls(calls.filter(pl.col("is_allowed"))), key=Call.order):
        by_browser[call.browser].append(call)
    return [list(_split(of_browser)) for of_browser in by_browser.values()]


def _calls(frame: pl.DataFrame) -> Iterable[Call]:
    for r in frame.iter_rows(named=True):
        yield Call(
            at=r["occurred_at"],
            is_heartbeat=r["call_type"] == "track" and r["event_name"] == HEARTBEAT,
            message_id=r["message_id"],
            day=r["day"],
            kind=r["call_type"],
            # An app knows the user and no browser: then the user id stands for it.
            browser=f"browser {r['anonymous_id']}" if r["anonymous_id"] else f"user {r['user_id']}",
            anonymous_id=r["anonymous_id"],
            user_id=r["user_id"],
            page_view_id=r["page_view_id"],
            path=r["page_path"],
            utm_source=r["utm_source"],
            utm_medium=r["utm_medium"],
            utm_campaign=r["utm_campaign"],
            referrer_host=r["referrer_host"],
        )


def _split(calls: list[Call]) -> Iterator[Session]:
    begins = [at for at in range(1, len(calls)) if calls[at].at - calls[at - 1].at > PAUSE_MS]
    for start, end in zip([0, *begins], [*begins, len(calls)], strict=True):
        yield Session(tuple(calls[start:end]))
