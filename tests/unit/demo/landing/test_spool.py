from __future__ import annotations

from datetime import date

import pytest

from pipelines.demo.landing import spool
from pipelines.demo.rows import Milestone, Plant, Row
from pipelines.demo.world.span import DAY, World

WORLD = World(learners=1, days=5, seed=1, end=date(2026, 6, 30))


def taken(kept: spool.Spool, day: int) -> list[str]:
    return [row.line for part in kept.rows(day) for row in part]


@pytest.fixture(params=[1, 3, 50_000])
def rows_at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_ROWS_AT_ONCE", request.param)


@pytest.mark.usefixtures("rows_at_once")
def test_rows_come_out_by_day_in_order_of_arrival_and_of_one_second_as_they_were_put() -> None:
    day = WORLD.start_at + 2 * DAY
    rows = [
        Row("orders", day + 7, "late"),
        Row("orders", day + 3, "first"),
        Row("payments", day + 3, "second", Plant("retry", "duplicate")),
        Row("orders", day + DAY, "tomorrow"),
    ]
    with spool.Spool(WORLD) as kept:
        for row in rows:
            kept.put(row)
        kept.put(Milestone(day + 5, 1, "checkout", 0))
        assert taken(kept, 2) == ["first", "second", "late"]
        assert [visit.kind for visit in kept.visits(2)] == ["checkout"]
        assert taken(kept, 3) == ["tomorrow"]
        assert taken(kept, 2) == []
        assert kept.visits(2) == []


@pytest.mark.parametrize("day", [spool.BEFORE, 1])
def test_what_is_too_much_at_once_comes_out_in_order_in_shares(day: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_ROWS_AT_ONCE", 10)
    # One second after another, the last of them crowded.
    moments = sorted(
        [WORLD.start_at + day * DAY + 601 * (number // 3) for number in range(100)]
        + [WORLD.start_at + (day + 1) * DAY - 1] * 25
    )
    rows = [Row("orders", moment, str(number)) for number, moment in enumerate(moments)]
    with spool.Spool(WORLD) as kept:
        for row in sorted(rows, key=lambda row: (row.at % 7, row.at)):
            kept.put(row)
        parts = list(kept.rows(day))
    assert [row for part in parts for row in part] == rows
    assert max(len(part) for part in parts) <= 25 + 10
    assert len(parts) >= 10


@pytest.mark.usefixtures("rows_at_once")
def test_what_lies_before_comes_first_and_what_lies_beyond_never() -> None:
    with spool.Spool(WORLD) as kept:
        kept.put(Row("accounts", WORLD.start_at - 400 * DAY, "long ago"))
        kept.put(Row("accounts", WORLD.start_at - 1, "just before"))
        kept.put(Row("accounts", WORLD.end_at, "too late"))
        assert taken(kept, spool.BEFORE) == ["long ago", "just before"]
        assert all(taken(kept, day) == [] for day in range(6))
