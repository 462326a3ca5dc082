from __future__ import annotations

from datetime import date

import pytest

from pipelines.demo.landing.layout import BEFORE, SOURCES, Layout
from pipelines.demo.world.span import DAY, World

WORLD = World(learners=1, days=100, seed=1, end=date(2026, 6, 30))
LAYOUT = Layout(WORLD)


def test_the_last_two_weeks_of_a_daily_source_have_a_file_each() -> None:
    names = [LAYOUT.file("web_events", WORLD.start_at + day * DAY) for day in range(100)]
    assert len(set(names[86:])) == 14
    assert names[-1] == "web_events-2026-06-29.jsonl"
    assert names[0].startswith("web_events-2026-03.")


def test_a_monthly_source_has_a_file_a_month_up_to_the_end() -> None:
    names = {LAYOUT.file("orders", WORLD.start_at + day * DAY) for day in range(100)}
    assert {name.split(".")[0] for name in names} == {f"orders-2026-0{month}" for month in (3, 4, 5, 6)}
    assert {name.split(".")[1] for name in names} == {"csv", "parquet"}


@pytest.mark.parametrize("source", SOURCES)
def test_what_arrives_before_the_span_goes_to_a_file_of_its_own(source: str) -> None:
    assert LAYOUT.bucket(source, WORLD.start_at - 1) == BEFORE
    assert BEFORE not in LAYOUT.file(source, WORLD.start_at)


def test_the_next_file_begins_where_the_present_one_ends() -> None:
    for source in ("web_events", "orders"):
        at = WORLD.start_at + 3 * DAY
        while (following := LAYOUT.next_at(source, at)) is not None:
            assert LAYOUT.file(source, following) != LAYOUT.file(source, following - 1) == LAYOUT.file(source, at)
            at = following
        assert LAYOUT.file(source, at) == LAYOUT.file(source, WORLD.end_at - 1)


def test_lines_can_only_break_in_files_of_lines() -> None:
    days = [WORLD.start_at + day * DAY for day in range(100)]
    assert all(LAYOUT.is_text("web_events", at) and LAYOUT.is_text("web_access_log", at) for at in days)
    assert not any(LAYOUT.is_text("orders", at) or LAYOUT.is_text("ad_insights", at) for at in days)
    assert {LAYOUT.is_text("course_progress", at) for at in days} == {True, False}
    assert not LAYOUT.is_text("accounts", WORLD.start_at - 1)
