from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipelines.warehouse.days import Chunk, chunked, months_of, widened

DAYS = st.lists(st.dates(date(2024, 1, 1), date(2024, 6, 30)), max_size=60)


@given(DAYS, st.integers(1, 40))
def test_chunks_hold_every_day_once_in_order_and_no_other(days: list[date], size: int) -> None:
    chunks = chunked(days, size=size)
    assert [day for chunk in chunks for day in chunk.days()] == sorted(set(days))
    assert all(len(chunk.days()) <= size for chunk in chunks)


@given(DAYS)
def test_neighbouring_chunks_below_the_limit_have_a_gap_between(days: list[date]) -> None:
    chunks = chunked(days, size=1000)
    assert all(after.first - before.last > timedelta(days=1) for before, after in pairwise(chunks))


def test_a_changed_day_changes_its_neighbours_too() -> None:
    assert widened([date(2024, 3, 1)]) == (date(2024, 2, 29), date(2024, 3, 1), date(2024, 3, 2))


def test_no_changed_day_changes_nothing() -> None:
    assert widened([]) == ()
    assert chunked([]) == ()


def test_a_chunk_of_one_day_is_that_day() -> None:
    assert Chunk(date(2024, 3, 1), date(2024, 3, 1)).days() == (date(2024, 3, 1),)


def test_a_changed_day_changes_its_whole_month() -> None:
    leap, end = date(2024, 2, 29), date(2024, 12, 31)
    assert months_of([end, leap, leap]) == (
        Chunk(date(2024, 2, 1), leap),
        Chunk(date(2024, 12, 1), end),
    )
