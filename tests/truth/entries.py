"""Entry pages: on which page a session begins, and whether that was all there was to it; by day."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

import polars as pl

from tests.truth import persons, sessions, views
from tests.truth.reading import World
from tests.truth.rules import TODAY, Rules
from tests.truth.sessions import Session
from tests.truth.views import PageView

_COLUMNS = {
    "dt": pl.Date,
    "page_path": pl.String,
    "entries": pl.Int64,
    "bounces": pl.Int64,
    "entry_visitors": pl.Int64,
    "entry_learners": pl.Int64,
}


def daily(world: World, *, as_of: datetime | None = None, rules: Rules = TODAY) -> pl.DataFrame:
    """Return one row per Jakarta day on which a session begins and page that it begins with.

    `dt`, `page_path`, `entries`, `bounces`, `entry_visitors`, `entry_learners`. A session without a page view is in none.
    """
    now = as_of or world.as_of
    seen = views.of_sessions(sessions.of_calls(sessions.counted(world, rules=rules, as_of=now)))
    known = persons.of_web(world, seen, rules=rules, as_of=now)
    firsts: dict[Session, PageView] = {}
    for view in seen:
        found = firsts.setdefault(view.session, view)
        firsts[view.session] = min(found, view, key=lambda each: each.call.order())
    begun: defaultdict[tuple[date, str | None], list[Session]] = defaultdict(list)
    for session, view in firsts.items():
        begun[session.first.day, view.call.path].append(session)
    rows = [
        (
            day,
            path,
            len(found),
            sum(session.page_views == 1 for session in found),
            len({known.of_session(session) or session.first.browser for session in found}),
            len({known.of_session(session) for session in found} - {None}),
        )
        for (day, path), found in begun.items()
    ]
    return pl.DataFrame(rows, schema=_COLUMNS, orient="row").sort("dt", "page_path", nulls_last=True)
