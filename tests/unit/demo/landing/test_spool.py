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
def waiting_rows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_WAITING_ROWS", request.param)


@pytest.mark.usefixtures("waiting_rows")
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


@pytest.mark.usefixtures("waiting_rows")
def test_a_whole_day_comes_out_in_order_though_a_few_hours_at_a_time() -> None:
    moments = [WORLD.start_at + DAY + second for second in range(0, DAY, 601)]
    with spool.Spool(WORLD) as kept:
        for moment in reversed(moments):
            kept.put(Row("orders", moment, str(moment)))
        parts = list(kept.rows(1))
    assert [row.at for part in parts for row in part] == moments
    assert max(len(part) for part in parts) < len(moments) / 7


@pytest.mark.usefixtures("waiting_rows")
def test_what_lies_before_comes_first_and_what_lies_beyond_never() -> None:
    with spool.Spool(WORLD) as kept:
        kept.put(Row("accounts", WORLD.start_at - 400 * DAY, "long ago"))
        kept.put(Row("accounts", WORLD.start_at - 1, "just before"))
        kept.put(Row("accounts", WORLD.end_at, "too late"))
        assert taken(kept, spool.BEFORE) == ["long ago", "just before"]
        assert all(taken(kept, day) == [] for day in range(6))
