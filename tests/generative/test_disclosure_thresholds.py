"""Properties of the threshold that hold for every table."""

from __future__ import annotations

import random
from dataclasses import dataclass

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipelines import disclosure

MEASURES = ("enrolled", "completed", "completion_rate")


@dataclass(frozen=True)
class Declared:
    population: str = "enrolled"
    parts: tuple[str, ...] = ("completed",)
    at_least: tuple[str, ...] = ()
    closed_window: str | None = "is_window_closed"


@st.composite
def rows(draw: st.DrawFn) -> tuple[int, int | None, int | None, bool | None]:
    enrolled = draw(st.none() | st.integers(0, 60))
    completed = draw(st.none() | st.integers(0, 60 if enrolled is None else enrolled))
    return draw(st.integers(0, 5)), enrolled, completed, draw(st.sampled_from([True, True, False, None]))


tables = st.lists(rows(), max_size=30)


def frame_of(table) -> pl.DataFrame:
    frame = pl.DataFrame(
        table,
        schema={"cohort": pl.Int64, "enrolled": pl.Int64, "completed": pl.Int64, "is_window_closed": pl.Boolean},
        orient="row",
    )
    return frame.with_columns((pl.col("completed") / pl.col("enrolled")).alias("completion_rate"))


def published(table, *, threshold: int) -> pl.DataFrame:
    return disclosure.assess(frame_of(table), disclosure=Declared(), measures=MEASURES, threshold=threshold).published


@given(table=tables, threshold=st.integers(2, 20))
def test_no_published_row_violates_the_threshold(table, threshold):
    frame = published(table, threshold=threshold)
    standing = frame.filter(~pl.col("is_withheld"))
    assert frame.height == len(table)
    assert all(
        is_closed and enrolled >= threshold and completed >= threshold and enrolled - completed >= threshold
        for enrolled, completed, is_closed in standing.select("enrolled", "completed", "is_window_closed").rows()
    )


@given(table=tables, threshold=st.integers(2, 20))
def test_every_row_that_satisfies_the_threshold_is_published(table, threshold):
    good = sum(bool(closed) and None not in (n, p) and min(n, p, n - p) >= threshold for _, n, p, closed in table)
    assert published(table, threshold=threshold).filter(~pl.col("is_withheld")).height == good


@given(table=tables, seed=st.integers(0, 1000))
def test_the_output_does_not_depend_on_the_order_of_the_input(table, seed):
    shuffled = list(table)
    random.Random(seed).shuffle(shuffled)
    assert published(table, threshold=10).equals(published(shuffled, threshold=10))


@given(table=tables, data=st.data())
def test_withheld_rows_are_the_same_whatever_they_hide(table, data):
    """Any two small rows of the same cohort and window leave the same published table."""
    index = data.draw(st.integers(0, len(table)))
    one, other = (
        [*table[:index], (3, small, min(small, part), True), *table[index:]]
        for small, part in data.draw(st.tuples(*[st.tuples(st.integers(0, 9), st.integers(0, 9))] * 2))
    )
    assert published(one, threshold=10).equals(published(other, threshold=10))
