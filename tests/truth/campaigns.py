"""Whom each campaign reached first, and what became of them; before any threshold. What it cost is told by `advertising`."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from tests.truth import advertising, held, persons, retention, sessions, settlements, sound
from tests.truth.enrolments import by_learner, in_cohorts, in_enrolments
from tests.truth.reading import World, jakarta_day
from tests.truth.rules import TODAY, Rules
from tests.truth.sessions import Call

_STARTED = ("started", "module_completed", "assessment_submitted", "course_completed")
_STEPS = ("registered", "paid", "started", "completed")


def reached(world: World, *, as_of: datetime | None = None, rules: Rules = TODAY) -> pl.DataFrame:
    """Return one row per campaign that the advertising figures name.

    `utm_campaign`, `impressions`, `clicks`, `spend_idr`, `reached_learners` (whose first campaign it was), and of them
    `registered`, `paid`, `started`, `completed`: not before they were reached.
    """
    now = as_of or world.as_of
    figures = (
        advertising.days(world)
        .filter(pl.col("utm_campaign").is_not_null())
        .group_by("utm_campaign")
        .agg(
            pl.col("impressions", "clicks").sum(),
            spend_idr=pl.col("spend").filter(pl.col("currency") == "IDR").sum(),
        )
    )
    learners = _with_steps(touches(world, rules=rules, as_of=now), world, rules=rules, as_of=now)
    counted = learners.group_by("utm_campaign").agg(
        reached_learners=pl.len().cast(pl.Int64), **{step: pl.col(step).sum().cast(pl.Int64) for step in _STEPS}
    )
    return (
        figures.join(counted, on="utm_campaign", how="left")
        .with_columns(pl.col("reached_learners", *_STEPS).fill_null(0))
        .sort("utm_campaign")
    )


def touches(world: World, *, rules: Rules, as_of: datetime) -> pl.DataFrame:
    """Return `user_id`, `utm_campaign`, `touched_at`: the first call of each learner that names a campaign."""
    browsers = sessions.of_calls(sessions.counted(world, rules=rules, as_of=as_of))
    known = persons.ever(world, rules=rules, as_of=as_of)
    calls = (call for of_browser in browsers for session in of_browser for call in session.calls)
    first: dict[str, Call] = {}
    for call in sorted((call for call in calls if call.utm_campaign), key=Call.order):
        learner = known.of_call(call)
        if learner:
            first.setdefault(learner, call)
    rows = [(learner, call.utm_campaign, call.at) for learner, call in first.items()]
    schema = {"user_id": pl.String, "utm_campaign": pl.String, "touched_at": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _with_steps(touched: pl.DataFrame, world: World, *, rules: Rules, as_of: datetime) -> pl.DataFrame:
    """Add whether each learner took each step, not before they were reached: to the day, where only days are known."""
    events = held.learning_events(world, rules=rules, as_of=as_of)
    learners = by_learner(in_cohorts(in_enrolments(events), world), world)
    day, instant = jakarta_day("touched_at") <= jakarta_day("at"), pl.col("touched_at") <= pl.col("at")
    paid = settlements.paid_orders(world).filter(pl.col("payment_state") != "refunded")
    happened = {
        "registered": (_accounts(world, rules=rules, as_of=as_of), day),
        "paid": (paid.select("user_id", at="paid_at"), day),
        "started": (events.filter(pl.col("event_type").is_in(_STARTED)).select("user_id", at="occurred_at"), instant),
        "completed": (learners.filter("is_completed").select("user_id", at="completed_at"), instant),
    }
    return touched.with_columns(
        pl.col("user_id").is_in(_who(touched.join(at, on="user_id").filter(is_later))).alias(step)
        for step, (at, is_later) in happened.items()
    )


def _accounts(world: World, *, rules: Rules, as_of: datetime) -> pl.DataFrame:
    """When those registered whose account stands."""
    overdue = retention.accounts(world, at=as_of, rules=rules)
    there = sound.account_states(world).filter(~pl.col("user_id").is_in(list(overdue)))["user_id"]
    learners = world.frame("learners").filter(pl.col("user_id").is_in(there.to_list()))
    return learners.select("user_id", at="registered_at")


def _who(rows: pl.DataFrame) -> list[str]:
    return rows["user_id"].unique().to_list()
