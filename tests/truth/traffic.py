"""Daily traffic per page, before any threshold: page views, persons, sessions, engaged time (the decided cases on the web)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from statistics import median

import polars as pl

from tests.truth import persons, sessions, views
from tests.truth.persons import Persons
from tests.truth.reading import World
from tests.truth.rules import TODAY, Rules
from tests.truth.views import PageView

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


def daily(world: World, *, as_of: datetime | None = None, rules: Rules = TODAY) -> pl.DataFrame:
    """Return one row per Jakarta day and page path with a page view.

    `dt`, `page_path`, `page_views`, `visitors`, `learners`, `sessions`, `engaged_learners`, `median_engaged_seconds`.
    Calls that were denied consent count among the page views alone.
    """
    now = as_of or world.as_of
    calls = sessions.counted(world, rules=rules, as_of=now)
    seen = views.of_sessions(sessions.of_calls(calls))
    known = persons.of_web(world, seen, rules=rules, as_of=now)
    denied = _denied(calls.filter(~pl.col("is_allowed") & (pl.col("call_type") == "page")))
    rows = _rows(seen, denied, known)
    return pl.DataFrame(rows, schema=_COLUMNS, orient="row").sort("dt", "page_path", nulls_last=True)


def _denied(frame: pl.DataFrame) -> dict[tuple[date, str | None], int]:
    """Count page views without consent by day and page; of those no id may be kept, so each call is one."""
    counted = frame.group_by("day", "page_path").len()
    return {(day, path): count for day, path, count in counted.iter_rows()}


def _rows(
    seen: list[PageView], denied: Mapping[tuple[date, str | None], int], known: Persons
) -> Iterable[tuple[object, ...]]:
    by_page: defaultdict[tuple[date, str | None], list[PageView]] = defaultdict(list)
    for view in seen:
        by_page[view.call.day, view.call.path].append(view)
    for day, path in by_page.keys() | denied.keys():
        here = by_page.get((day, path), [])
        learners = [known.of_call(view.call) for view in here]
        engaged = [view.engaged_seconds for view in here]
        counted = [seconds for seconds in engaged if seconds is not None]
        yield (
            day,
            path,
            len(here) + denied.get((day, path), 0),
            len({learner or view.call.browser for learner, view in zip(learners, here, strict=True)}),
            len({learner for learner in learners if learner}),
            len({view.session for view in here}),
            len({learner for learner, s in zip(learners, engaged, strict=True) if learner and s is not None}),
            float(median(counted)) if counted else None,
        )
