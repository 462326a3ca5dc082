from __future__ import annotations

from dataclasses import dataclass

import polars as pl
import pytest

from pipelines import disclosure

K = 10
MEASURES = ("enrolled", "completed", "completion_rate")


@dataclass(frozen=True)
class Declared:
    population: str = "enrolled"
    parts: tuple[str, ...] = ("completed",)
    at_least: tuple[str, ...] = ()
    closed_window: str | None = "is_window_closed"


def cohorts(*rows: tuple[int | None, int | None, bool | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "cohort": [f"c{number}" for number in range(len(rows))],
            "is_window_closed": [row[2] for row in rows],
            "enrolled": [row[0] for row in rows],
            "completed": [row[1] for row in rows],
            "completion_rate": [0.5 for _ in rows],
        },
        schema_overrides={"is_window_closed": pl.Boolean, "enrolled": pl.Int64, "completed": pl.Int64},
    )


def judge(frame: pl.DataFrame, *, threshold: int = K, rule: Declared | None = None) -> disclosure.Assessment:
    return disclosure.assess(frame, disclosure=rule or Declared(), measures=MEASURES, threshold=threshold)


@pytest.mark.parametrize(
    ("row", "because"),
    [
        ((19, 9, True), "small_part:completed"),
        ((20, 9, True), "small_part:completed"),
        ((20, 11, True), "small_complement:completed"),
        ((100, 0, True), "small_part:completed"),
        ((100, 100, True), "small_complement:completed"),
        ((100, 50, False), "window_open"),
        ((100, 50, None), "window_open"),
        ((100, None, True), "small_complement:completed small_part:completed"),
        ((None, None, True), "small_complement:completed small_part:completed small_population"),
        ((9, 0, False), "small_complement:completed small_part:completed small_population window_open"),
    ],
)
def test_a_row_below_the_threshold_or_with_an_open_window_is_withheld_for_a_stated_reason(row, because):
    judged = judge(cohorts(row))
    assert judged.published.get_column("is_withheld").to_list() == [True]
    assert judged.published.select(MEASURES).row(0) == (None, None, None)
    assert judged.reasons.get_column("withheld_because").to_list() == [because]


def test_a_row_is_published_when_completers_and_non_completers_both_reach_the_threshold():
    published = judge(cohorts((20, 10, True))).published
    assert published.select(*MEASURES, "is_withheld").row(0) == (20, 10, 0.5, False)


def test_no_value_of_a_withheld_row_stands_in_the_reasons():
    reasons = judge(cohorts((9, 0, True))).reasons
    assert reasons.columns == ["cohort", "is_window_closed", "withheld_because"]


def test_a_table_without_parts_or_window_is_judged_by_its_population_alone():
    rule = Declared(parts=(), closed_window=None)
    published = judge(cohorts((10, 0, False), (9, 9, False)), rule=rule).published
    assert published.get_column("is_withheld").to_list() == [False, True]


@pytest.mark.parametrize(("count", "because"), [(10, None), (9, "small_count:seen"), (None, "small_count:seen")])
def test_a_count_that_must_reach_the_threshold_does_so_itself_and_its_complement_need_not(count, because):
    rule = Declared(parts=(), at_least=("seen",), closed_window=None)
    frame = cohorts((11, 0, None)).with_columns(pl.lit(count, dtype=pl.Int64).alias("seen"))
    judged = disclosure.assess(frame, disclosure=rule, measures=(*MEASURES, "seen"), threshold=K)
    assert judged.reasons.get_column("withheld_because").to_list() == ([because] if because else [])
    assert judged.published.get_column("enrolled").to_list() == [None if because else 11]


@pytest.mark.parametrize("measures", [MEASURES, (*MEASURES, "seen")])
def test_a_count_that_must_reach_the_threshold_is_a_measure_that_is_there(measures):
    rule = Declared(at_least=("seen",))
    frame = cohorts((20, 10, True))
    if measures == MEASURES:
        frame = frame.with_columns(pl.lit(20).alias("seen"))
    with pytest.raises(disclosure.UnassessableFrame, match="seen"):
        disclosure.assess(frame, disclosure=rule, measures=measures, threshold=K)


def test_an_empty_table_stays_an_empty_table():
    published = judge(cohorts((20, 10, True)).clear()).published
    assert published.height == 0
    assert published.columns[-1] == "is_withheld"


@pytest.mark.parametrize("column", ["enrolled", "completed", "completion_rate", "is_window_closed"])
def test_a_missing_column_is_refused(column):
    with pytest.raises(disclosure.UnassessableFrame, match=column):
        judge(cohorts((20, 10, True)).drop(column))


@pytest.mark.parametrize("threshold", [1, 0, -1])
def test_a_threshold_below_two_is_refused(threshold):
    with pytest.raises(disclosure.UnassessableFrame, match="threshold"):
        judge(cohorts((20, 10, True)), threshold=threshold)


@pytest.mark.parametrize("row", [(-1, 0, True), (20, -1, True), (20, 21, True)])
def test_impossible_counts_are_refused(row):
    with pytest.raises(disclosure.UnassessableFrame):
        judge(cohorts((50, 20, True), row))


def test_counts_that_are_not_whole_numbers_are_refused():
    with pytest.raises(disclosure.UnassessableFrame, match="whole numbers"):
        judge(cohorts((20, 10, True)).with_columns(pl.col("enrolled").cast(pl.Float64)))


def test_a_count_that_is_not_declared_a_measure_is_refused():
    with pytest.raises(disclosure.UnassessableFrame, match="role measure: completed"):
        disclosure.assess(
            cohorts((20, 10, True)), disclosure=Declared(), measures=("enrolled", "completion_rate"), threshold=K
        )


def test_a_frame_that_brings_its_own_verdict_is_refused():
    with pytest.raises(disclosure.UnassessableFrame, match="is_withheld"):
        judge(cohorts((1, 1, True)).with_columns(pl.lit(value=False).alias("is_withheld")))
