"""Who completes, by what learners told of themselves and by the channel that brought them; before any threshold."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from tests.truth import channels, held
from tests.truth.enrolments import by_learner, in_cohorts, in_enrolments
from tests.truth.reading import World, epoch_ms
from tests.truth.rules import TODAY, Rules

_TOLD = ("region", "age_band")


def completion(world: World, *, as_of: datetime | None = None, rules: Rules = TODAY) -> pl.DataFrame:
    """Return one row per course and segment with a learner whose cohort's window is closed.

    `course_id`, `segment_kind` (region, age_band, channel), `segment`, `segment_learners`, `completed`.
    """
    now = as_of or world.as_of
    events = held.learning_events(world, rules=rules, as_of=now)
    enrolled = by_learner(in_cohorts(in_enrolments(events), world), world)
    learners = (
        enrolled.filter(pl.col("cohort_closes_at") <= epoch_ms(now))
        .group_by("course_id", "user_id")
        .agg(is_completed=pl.col("is_completed").any())
    )
    return (
        learners.join(_segments(world, rules=rules, as_of=now), on="user_id")
        .group_by("course_id", "segment_kind", "segment")
        .agg(
            segment_learners=pl.len().cast(pl.Int64),
            completed=pl.col("is_completed").sum().cast(pl.Int64),
        )
        .sort("course_id", "segment_kind", "segment")
    )


def _segments(world: World, *, rules: Rules, as_of: datetime) -> pl.DataFrame:
    """Return `user_id`, `segment_kind`, `segment`: what learners told who agreed to statistics, and how learners came."""
    told = held.attributes(world, rules=rules, as_of=as_of)
    came = channels.of_learners(world, as_of=as_of, rules=rules)
    parts = [
        *(told.select("user_id", pl.lit(kind).alias("segment_kind"), segment=kind) for kind in _TOLD),
        pl.DataFrame(
            [(user_id, "channel", channel) for user_id, channel in came.items()],
            schema={"user_id": pl.String, "segment_kind": pl.String, "segment": pl.String},
            orient="row",
        ),
    ]
    return pl.concat(parts).drop_nulls("segment")
