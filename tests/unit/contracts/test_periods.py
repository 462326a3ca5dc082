"""The calendar of windows: whole days, both ends counted, and never longer than the period says."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import duckdb
import pytest

from pipelines.contracts import periods

DAYS = [date(2019, 12, 1) + timedelta(days=each) for each in range(0, 2_300, 1)]


@pytest.mark.parametrize(
    ("began", "period", "last"),
    [
        ("2024-02-29", "P1Y", "2025-02-28"),
        ("2024-02-29", "P4Y", "2028-02-29"),
        ("2024-02-29", "P5Y", "2029-02-28"),
        ("2025-02-28", "P5Y", "2030-02-28"),
        ("2025-01-31", "P1M", "2025-02-28"),
        ("2025-01-31", "P1Y2M3D", "2026-04-03"),
        ("2025-12-31", "P7D", "2026-01-07"),
    ],
)
def test_a_period_ends_on_the_day_of_its_calendar(began: str, period: str, last: str) -> None:
    assert periods.last_day(date.fromisoformat(began), period).isoformat() == last


def test_a_last_day_counts_in_full() -> None:
    began = date(2026, 1, 5)
    assert not periods.is_over(began, "P5Y", today=date(2031, 1, 5))
    assert periods.is_over(began, "P5Y", today=date(2031, 1, 6))


@pytest.mark.parametrize("period", ["P5Y", "P1Y", "P1M", "P3M2D", "P7D"])
def test_the_first_day_that_is_kept_parts_what_is_over_from_what_is_not(period: str) -> None:
    for today in DAYS:
        first = periods.first_kept(today, period)
        assert not periods.is_over(first, period, today=today)
        assert periods.is_over(first - periods.ONE_DAY, period, today=today)


@pytest.mark.parametrize("period", ["P5Y", "P1Y", "P1M", "P3M2D"])
def test_sql_ends_a_period_on_the_same_day(period: str) -> None:
    query = f"select (day + {periods.interval(period)})::date from unnest(?::date[]) as days(day)"
    found = [each for (each,) in duckdb.execute(query, [DAYS]).fetchall()]
    assert found == [periods.last_day(day, period) for day in DAYS]


def test_the_day_is_that_of_the_policys_own_time_zone() -> None:
    late = datetime.fromisoformat("2028-02-27T17:30:00+00:00")
    assert periods.day_of(late, timezone="Asia/Jakarta").isoformat() == "2028-02-28"


def test_what_is_no_period_is_refused() -> None:
    with pytest.raises(ValueError, match="not a period"):
        periods.last_day(date(2026, 1, 1), "5 years")
