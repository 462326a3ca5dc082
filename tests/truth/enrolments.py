"""Which enrolment and which cohort each learning event belongs to (decided case "Enrolment"). What is counted is elsewhere."""

from __future__ import annotations

import polars as pl

from tests.truth.reading import DAY_MS, JAKARTA_MS, World, jakarta_month

UNLISTED = "(unlisted)"
_OBSERVATION_DAYS = 90
_LEARNER = ["user_id", "course_id"]
_ENROLMENT = [*_LEARNER, "enrolment"]
_COHORT = [*_LEARNER, "cohort"]


def in_enrolments(events: pl.DataFrame) -> pl.DataFrame:
    """Add `enrolment`: the stated id, else the spell between leaving and joining again.

    An event without an id belongs to the enrolment around it: the latest named one of its spell, else the next.
    """
    kind = pl.col("event_type")
    state = pl.when(kind.is_in(["enrolled", "unenrolled", "refunded"])).then(kind)
    return (
        events.sort(*_LEARNER, "occurred_at", "event_id")
        .with_columns(before=state.shift().forward_fill().over(_LEARNER))
        .with_columns(begins=(kind == "enrolled") & (pl.col("before").is_null() | (pl.col("before") != "enrolled")))
        .with_columns(spell=pl.col("begins").cum_sum().over(_LEARNER).clip(lower_bound=1))
        .with_columns(named=pl.col("enrolment_id").forward_fill().backward_fill().over([*_LEARNER, "spell"]))
        .with_columns(
            enrolment=pl.when(pl.col("named").is_null())
            .then(pl.format("spell {}", "spell"))
            .otherwise(pl.format("id {}", "named"))
        )
        .drop("before", "begins", "spell", "named")
    )


def in_cohorts(events: pl.DataFrame, world: World) -> pl.DataFrame:
    """Give each event of an enrolment its cohort: a listed one, or the enrolment's month where the course lists none."""
    listed = world.frame("cohorts").select("course_id", "cohort")
    has_cohorts = listed["course_id"].unique().to_list()
    events = events.join(listed.with_columns(is_listed=True), on=["course_id", "cohort"], how="left")
    named = (
        pl.when(pl.col("is_listed"))
        .then(pl.col("cohort"))
        .when(pl.col("course_id").is_in(has_cohorts) & pl.col("cohort").is_not_null())
        .then(pl.lit(UNLISTED))
    )
    began = pl.coalesce(
        _first("enrolled").over(_ENROLMENT),
        _first("course_completed").over(_ENROLMENT),
        pl.col("occurred_at").min().over(_ENROLMENT),
    )
    return (
        events.with_columns(cohort=named, began=began)
        .sort(*_ENROLMENT, "occurred_at", "event_id")
        .with_columns(
            cohort=pl.coalesce(
                pl.col("cohort").forward_fill().backward_fill().over(_ENROLMENT),
                jakarta_month("began"),
            )
        )
        .drop("is_listed", "began")
    )


def by_learner(events: pl.DataFrame, world: World) -> pl.DataFrame:
    """Return one row per learner ever enrolled in a cohort: `enrolled_at`, `completed_at`, `closes_at`, `is_completed`.

    A completion without an enrolment implies it; a re-enrolment is the same learner once. `cohort_closes_at` is when the
    cohort as a whole is closed: one of months with the month of its enrolments.
    """
    cohorts = world.frame("cohorts").select("course_id", "cohort", "ends_at", "observation_days")
    observed = pl.col("observation_days").fill_null(_OBSERVATION_DAYS) * DAY_MS
    month_ends = (
        pl.from_epoch(pl.col("enrolled_at") + JAKARTA_MS, time_unit="ms").dt.month_start().dt.truncate("1d")
    ).dt.offset_by("1mo").dt.epoch("ms") - JAKARTA_MS
    return (
        events.group_by(_COHORT)
        .agg(
            enrolled_at=pl.min_horizontal(_first("enrolled"), _first("course_completed")),
            completed_at=_first("course_completed"),
        )
        .filter(pl.col("enrolled_at").is_not_null())
        .join(cohorts, on=["course_id", "cohort"], how="left")
        .with_columns(
            closes_at=pl.coalesce("ends_at", "enrolled_at") + observed,
            cohort_closes_at=pl.coalesce(pl.col("ends_at"), month_ends) + observed,
        )
        .with_columns(is_completed=(pl.col("completed_at") <= pl.col("closes_at")).fill_null(value=False))
        .drop("ends_at", "observation_days")
    )


def _first(kind: str) -> pl.Expr:
    return pl.col("occurred_at").filter(pl.col("event_type") == kind).min()
