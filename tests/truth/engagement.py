"""Who is active in which period, and for how many weeks learners stay; before any threshold."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from tests.truth import clocks, held
from tests.truth.enrolments import by_learner, in_cohorts, in_enrolments
from tests.truth.reading import World, epoch_ms
from tests.truth.rules import TODAY, Rules

WEEKS = 12


def active_learners(world: World, *, as_of: datetime | None = None, rules: Rules = TODAY) -> pl.DataFrame:
    """Return one row per day, week and month of Jakarta in which somebody learned.

    `period`, `period_starts_on`, `is_period_over`, `active_learners`.
    """
    now = as_of or world.as_of
    events = held.learning_events(world, rules=rules, as_of=now)
    parts = [
        events.group_by(period_starts_on=clocks.period_of("occurred_at", period))
        .agg(active_learners=pl.col("user_id").n_unique().cast(pl.Int64))
        .select(
            pl.lit(period).alias("period"),
            "period_starts_on",
            clocks.has_passed("period_starts_on", period, at=now).alias("is_period_over"),
            "active_learners",
        )
        for period in clocks.PERIODS
    ]
    return pl.concat(parts).sort("period", "period_starts_on")


def retention_weekly(world: World, *, as_of: datetime | None = None, rules: Rules = TODAY) -> pl.DataFrame:
    """Return one row per week in which somebody enrolled for the first time and each of the twelve weeks after it, begun by then.

    `enrolment_week` (its Monday), `week_number`, `is_week_over`, `enrolled_in_week`, `retained_learners`.
    """
    now = as_of or world.as_of
    events = held.learning_events(world, rules=rules, as_of=now)
    firsts = (
        by_learner(in_cohorts(in_enrolments(events), world), world).group_by("user_id").agg(pl.col("enrolled_at").min())
    )
    learners = firsts.select("user_id", enrolment_week=clocks.period_of("enrolled_at", "week"))
    active = events.select("user_id", week=clocks.period_of("occurred_at", "week")).unique()
    counted = (
        learners.join(active, on="user_id")
        .group_by("enrolment_week", "week")
        .agg(retained_learners=pl.col("user_id").n_unique().cast(pl.Int64))
    )
    weeks = pl.DataFrame({"week_number": range(1, WEEKS + 1)}, schema={"week_number": pl.Int64})
    return (
        learners.group_by("enrolment_week")
        .agg(enrolled_in_week=pl.len().cast(pl.Int64))
        .join(weeks, how="cross")
        .with_columns(week=pl.col("enrolment_week") + pl.duration(weeks="week_number"))
        .filter(clocks.begins(pl.col("week")) <= epoch_ms(now))
        .join(counted, on=["enrolment_week", "week"], how="left")
        .select(
            "enrolment_week",
            "week_number",
            clocks.has_passed("week", "week", at=now).alias("is_week_over"),
            "enrolled_in_week",
            pl.col("retained_learners").fill_null(0),
        )
        .sort("enrolment_week", "week_number")
    )
