"""Completion rates per course and cohort, before any threshold."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from tests.truth import held
from tests.truth.enrolments import by_learner, in_cohorts, in_enrolments
from tests.truth.reading import DAY_MS, World, epoch_ms
from tests.truth.rules import TODAY, Rules


def rates(world: World, *, as_of: datetime | None = None, rules: Rules = TODAY) -> pl.DataFrame:
    """Return one row per course and cohort with somebody enrolled.

    `course_id`, `cohort`, `window_closes_at` (milliseconds), `is_window_closed`, `enrolled`, `completed`,
    `completion_rate`, and the median and quartiles of the days to complete (null where nobody completed).
    """
    now = as_of or world.as_of
    events = held.learning_events(world, rules=rules, as_of=now)
    learners = by_learner(in_cohorts(in_enrolments(events), world), world)
    days = (pl.col("completed_at") - pl.col("enrolled_at")) / DAY_MS
    return (
        learners.group_by("course_id", "cohort")
        .agg(
            window_closes_at=pl.col("cohort_closes_at").max(),
            enrolled=pl.col("user_id").n_unique().cast(pl.Int64),
            completed=pl.col("user_id").filter(pl.col("is_completed")).n_unique().cast(pl.Int64),
            lower_quartile_days_to_complete=_quantile(days, 0.25),
            median_days_to_complete=_quantile(days, 0.5),
            upper_quartile_days_to_complete=_quantile(days, 0.75),
        )
        .with_columns(
            is_window_closed=pl.col("window_closes_at") <= epoch_ms(now),
            completion_rate=pl.col("completed") / pl.col("enrolled"),
        )
        .sort("course_id", "cohort")
    )


def _quantile(days: pl.Expr, share: float) -> pl.Expr:
    return days.filter(pl.col("is_completed")).quantile(share, interpolation="linear")
