"""How assessments were passed, per cohort and module, before any threshold."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from tests.truth import completion, held
from tests.truth.enrolments import by_learner, in_cohorts, in_enrolments
from tests.truth.reading import World
from tests.truth.rules import TODAY, Rules

PASSED_PERCENT = 60
_COHORT = ["course_id", "cohort"]
_MODULE = [*_COHORT, "module_id"]


def modules(world: World, *, as_of: datetime | None = None, rules: Rules = TODAY) -> pl.DataFrame:
    """Return one row per cohort and listed module in which somebody enrolled handed in an assessment that bears a score.

    `course_id`, `cohort`, `module_id`, `position`, `is_window_closed`, `assessed`, `passed`, `mean_attempts`,
    `repeat_attempts` (beyond each learner's first), and the quartiles of each one's best result in percent:
    `lower_quartile_best_result`, `median_best_result`, `upper_quartile_best_result`. What is handed in counts within the
    learner's observation window.
    """
    now = as_of or world.as_of
    events = in_cohorts(in_enrolments(held.learning_events(world, rules=rules, as_of=now)), world)
    learners = (
        _handed_in(events)
        .join(by_learner(events, world).select("user_id", *_COHORT, "closes_at"), on=["user_id", *_COHORT])
        .filter(pl.col("occurred_at") <= pl.col("closes_at"))
        .group_by(*_MODULE, "user_id")
        .agg(best=pl.col("result").max(), attempts=pl.len())
    )
    found = learners.group_by(_MODULE).agg(
        assessed=pl.len().cast(pl.Int64),
        passed=(pl.col("best") >= PASSED_PERCENT).sum().cast(pl.Int64),
        mean_attempts=pl.col("attempts").sum() / pl.len(),
        repeat_attempts=pl.col("attempts").sum().cast(pl.Int64) - pl.len().cast(pl.Int64),
        lower_quartile_best_result=_quantile(0.25),
        median_best_result=_quantile(0.5),
        upper_quartile_best_result=_quantile(0.75),
    )
    cohorts = completion.rates(world, as_of=now, rules=rules).select(*_COHORT, "is_window_closed")
    listed = world.frame("course_modules").select("course_id", "module_id", "position")
    columns = [*_MODULE, "position", "is_window_closed", *found.columns[len(_MODULE) :]]
    return found.join(listed, on=["course_id", "module_id"]).join(cohorts, on=_COHORT).select(columns).sort(_MODULE)


def _handed_in(events: pl.DataFrame) -> pl.DataFrame:
    """The assessments that bear a score, with `result` in percent."""
    is_scored = pl.col("score").is_not_null() & (pl.col("max_score") > 0)
    assessments = events.filter((pl.col("event_type") == "assessment_submitted") & is_scored)
    return assessments.with_columns(result=100 * pl.col("score") / pl.col("max_score"))


def _quantile(share: float) -> pl.Expr:
    return pl.col("best").quantile(share, interpolation="linear")
