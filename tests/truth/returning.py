"""Who comes back to a course after an earlier cohort, and completes it then; before any threshold."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from tests.truth import completion, held
from tests.truth.enrolments import by_learner, in_cohorts, in_enrolments
from tests.truth.reading import World
from tests.truth.rules import TODAY, Rules

_COHORT = ["course_id", "cohort"]


def re_enrolments(world: World, *, as_of: datetime | None = None, rules: Rules = TODAY) -> pl.DataFrame:
    """Return one row per course and cohort with somebody enrolled.

    `course_id`, `cohort`, `is_window_closed`, `enrolled_learners`, of them `first_time_learners` and `returning_learners`
    (who were enrolled in another cohort of the course before), of these `completed_again` (in this cohort).
    """
    now = as_of or world.as_of
    events = held.learning_events(world, rules=rules, as_of=now)
    learners = by_learner(in_cohorts(in_enrolments(events), world), world)
    first_at = pl.col("enrolled_at").min().over("user_id", "course_id")
    # Enrolled in two cohorts at one instant, nobody has come back.
    returning = learners.with_columns(is_returning=pl.col("enrolled_at") > first_at)
    counted = returning.group_by(_COHORT).agg(
        first_time_learners=pl.col("is_returning").not_().sum().cast(pl.Int64),
        returning_learners=pl.col("is_returning").sum().cast(pl.Int64),
        completed_again=(pl.col("is_returning") & pl.col("is_completed")).sum().cast(pl.Int64),
    )
    cohorts = completion.rates(world, as_of=now, rules=rules)
    return cohorts.select(*_COHORT, "is_window_closed", enrolled_learners="enrolled").join(counted, on=_COHORT)
