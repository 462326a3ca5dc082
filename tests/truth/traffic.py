"""Daily traffic per page, before any threshold: page views, persons, sessions, engaged time (the decided cases on the web).

Told call by call for each browser, in order of time, as the cases are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from statistics import median

import polars as pl

from tests.truth import held, pages
from tests.truth.reading import World, jakarta_day
from tests.truth.rules import TODAY, Rules
from tests.truth.sound import HEARTBEAT, HEARTBEAT_MS

PAUSE_MS = 30 * 60_000
_COLUMNS = {
    "dt": pl.Date,
    "page_path": pl.String,
    "page_views": pl.Int64,
    "visitors": pl.Int64,
    "learners": pl.Int64,
    "sessions": pl.Int64,
    "engaged_learners": pl.Int64,
    "median_engaged_seconds": pl.Float64,
}


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

    def order(self) -> tuple[int, bool, str]:
        """Calls are in order of time; of one instant the page call comes first."""
        return self.at, self.is_heartbeat, self.message_id


@dataclass
class PageView:
    """The earliest call of a page view, the repetitions of it, and its heartbeats; `session` counts within the browser."""

    call: Call
    session: int = 0
    others: list[int] = field(default_factory=list)
    heartbeats: list[int] = field(default_factory=list)

    @property
    def engaged_seconds(self) -> int | None:
        """Ten for each further ten-second bucket with a heartbeat, and five; nobody knows without heartbeats."""
        counted = self._without_strays()
        return 10 * (len({at // HEARTBEAT_MS for at in counted}) - 1) + 5 if counted else None

    def _without_strays(self) -> list[int]:
        """A heartbeat more than 30 minutes after the previous event of the page view is stray, and so is what follows it."""
        counted, previous = [], self.call.at
        for at, is_heartbeat in sorted([*((at, False) for at in self.others), *((at, True) for at in self.heartbeats)]):
            if at < self.call.at:
                continue
            if at - previous > PAUSE_MS:
                break
            previous = at
            if is_heartbeat:
                counted.append(at)
        return counted


def daily(world: World, *, as_of: datetime | None = None, rules: Rules = TODAY) -> pl.DataFrame:
    """Return one row per Jakarta day and page path with a page view.

    `dt`, `page_path`, `page_views`, `visitors`, `learners`, `sessions`, `engaged_learners`, `median_engaged_seconds`.
    Calls that were denied consent count among the page views alone.
    """
    calls = held.web_calls(world, rules=rules, as_of=as_of or world.as_of)
    calls = calls.with_columns(day=jakarta_day("occurred_at"), page_path=pages.shown(world))
    by_browser: defaultdict[str, list[Call]] = defaultdict(list)
    for call in sorted(_calls(calls.filter(pl.col("is_allowed"))), key=Call.order):
        by_browser[call.browser].append(call)
    browsers = list(by_browser.values())
    views = _page_views(browsers)
    persons = _Persons(browsers, views, rule=rules.persons)
    denied = _denied(calls.filter(~pl.col("is_allowed") & (pl.col("call_type") == "page")))
    rows = _rows(views, denied, persons)
    return pl.DataFrame(rows, schema=_COLUMNS, orient="row").sort("dt", "page_path", nulls_last=True)


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
        )


def _page_views(browsers: Iterable[list[Call]]) -> list[PageView]:
    """Find page views, their sessions and their heartbeats."""
    earliest = _earliest(call for calls in browsers for call in calls)
    views: dict[str, PageView] = {}
    keyed: list[Call] = []
    for calls in browsers:
        session, previous = 0, calls[0].at
        latest: PageView | None = None
        for call in calls:
            session += call.at - previous > PAUSE_MS
            previous = call.at
            if call.kind == "page" and earliest[_view(call)] is call:
                latest = views[_view(call)] = PageView(call, session)
            elif call.page_view_id and (call.kind == "page" or call.is_heartbeat):
                keyed.append(call)
            elif call.is_heartbeat and latest is not None and call.at - latest.call.at <= PAUSE_MS:
                latest.heartbeats.append(call.at)
    for call in keyed:
        view = views.get(_view(call))
        if view is not None:
            (view.heartbeats if call.is_heartbeat else view.others).append(call.at)
    return list(views.values())


def _view(call: Call) -> str:
    """Which page view a call belongs to by what it states."""
    return f"view {call.page_view_id}" if call.page_view_id else f"call {call.message_id}"


def _earliest(calls: Iterable[Call]) -> dict[str, Call]:
    found: dict[str, Call] = {}
    for call in calls:
        if call.kind == "page":
            known = found.setdefault(_view(call), call)
            found[_view(call)] = min(known, call, key=Call.order)
    return found


class _Persons:
    """Whose a page view is: the user it names, else the one its browser is known by, else nobody's."""

    def __init__(self, browsers: Iterable[list[Call]], views: Iterable[PageView], *, rule: str) -> None:
        self._is_of_the_day = rule == "of_the_day"
        users: defaultdict[object, set[str]] = defaultdict(set)
        named = (view.call for view in views) if self._is_of_the_day else (call for calls in browsers for call in calls)
        for call in named:
            if call.user_id:
                users[self._place(call)].add(call.user_id)
        self._users: Mapping[object, set[str]] = users

    def learner(self, call: Call) -> str | None:
        """Return the user id of a page view's learner."""
        if call.user_id:
            return call.user_id
        known = self._users.get(self._place(call), set())
        return next(iter(known)) if len(known) == 1 else None

    def _place(self, call: Call) -> object:
        return (call.browser, call.day) if self._is_of_the_day else call.browser


def _denied(frame: pl.DataFrame) -> dict[tuple[date, str | None], int]:
    """Count page views without consent by day and page; of those no id may be kept, so each call is one."""
    counted = frame.group_by("day", "page_path").len()
    return {(day, path): count for day, path, count in counted.iter_rows()}


def _rows(
    views: list[PageView], denied: Mapping[tuple[date, str | None], int], persons: _Persons
) -> Iterable[tuple[object, ...]]:
    by_page: defaultdict[tuple[date, str | None], list[PageView]] = defaultdict(list)
    for view in views:
        by_page[view.call.day, view.call.path].append(view)
    for day, path in by_page.keys() | denied.keys():
        seen = by_page.get((day, path), [])
        learners = [persons.learner(view.call) for view in seen]
        engaged = [view.engaged_seconds for view in seen]
        counted = [seconds for seconds in engaged if seconds is not None]
        yield (
            day,
            path,
            len(seen) + denied.get((day, path), 0),
            len({learner or view.call.browser for learner, view in zip(learners, seen, strict=True)}),
            len({learner for learner in learners if learner}),
            len({(view.call.browser, view.session) for view in seen}),
            len({learner for learner, s in zip(learners, engaged, strict=True) if learner and s is not None}),
            float(median(counted)) if counted else None,
        )
