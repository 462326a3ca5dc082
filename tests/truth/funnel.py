"""The module funnel per course and cohort, before any threshold."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from tests.truth import completion, held
from tests.truth.enrolments import by_learner, in_cohorts, in_enrolments
from tests.truth.reading import World
from tests.truth.rules import TODAY, Rules


def modules(world: World, *, as_of: datetime | None = None, rules: Rules = TODAY) -> pl.DataFrame:
    """Return one row per cohort with somebody enrolled and module that its course lists.

    `course_id`, `cohort`, `module_id`, `position`, `is_required`, `is_window_closed`, `enrolled`, `completed_module`,
    `module_completion_rate`. A module counts for whoever is enrolled and completed it within the observation window.
    """
    now = as_of or world.as_of
    events = in_cohorts(in_enrolments(held.learning_events(world, rules=rules, as_of=now)), world)
    learners = by_learner(events, world).select("user_id", "course_id", "cohort", "closes_at")
    done = (
        events.filter((pl.col("event_type") == "module_completed") & pl.col("module_id").is_not_null())
        .join(learners, on=["user_id", "course_id", "cohort"])
        .filter(pl.col("occurred_at") <= pl.col("closes_at"))
        .group_by("course_id", "cohort", "module_id")
        .agg(completed_module=pl.col("user_id").n_unique().cast(pl.Int64))
    )
    cohorts = completion.rates(world, as_of=now, rules=rules).select(
        "course_id", "cohort", "is_window_closed", "enrolled"
    )
    return (
        cohorts.join(world.frame("course_modules"), on="course_id")
        .join(done, on=["course_id", "cohort", "module_id"], how="left")
        .with_columns(pl.col("completed_module").fill_null(0))
        .with_columns(module_completion_rate=pl.col("completed_module") / pl.col("enrolled"))
        .sort("course_id", "cohort", "module_id")
    )
