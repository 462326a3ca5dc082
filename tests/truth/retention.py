"""What is overdue at an instant (obligations O30 and O32): the clocks, and how many rows of each dataset they have run out for.

Periods: web events five years from the event; course data one year from completion, per enrolment; never completed, and
accounts, five years from the person's last interaction. The last instant of a period still belongs to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from tests.truth import sound
from tests.truth.clocks import is_over
from tests.truth.enrolments import in_enrolments
from tests.truth.ledger import is_allowed
from tests.truth.people import user_ids
from tests.truth.reading import JAKARTA_MS, World, epoch_ms
from tests.truth.rules import AT_INTAKE, TODAY, Rules

PERSONAL_YEARS = 5
COURSE_YEARS = 1


@dataclass(frozen=True)
class Due:
    """Rows that no longer may be there."""

    web_events: int
    course_progress: int
    accounts: int


def due(world: World, *, at: datetime, rules: Rules = TODAY) -> Due:
    """Return how many rows of each dataset are overdue at an instant, of those that had happened by then."""
    calls = sound.web_calls(world, rules=AT_INTAKE)
    return Due(
        web_events=calls.filter(is_over("occurred_at", PERSONAL_YEARS, at=at)).height,
        course_progress=course_events(world, at=at, rules=rules).height,
        accounts=len(accounts(world, at=at, rules=rules)),
    )


def web_months(world: World, *, at: datetime, rules: Rules = TODAY) -> dict[str, int]:
    """Return rows by event month (Jakarta), of the months that are dropped whole: when their first instant is due.

    So no row outlasts its five years; "up to" lets the others go earlier.
    """
    local = pl.from_epoch(pl.col("occurred_at") + JAKARTA_MS, time_unit="ms")
    calls = sound.web_calls(world, rules=AT_INTAKE).with_columns(
        begins=local.dt.truncate("1mo").dt.epoch("ms") - JAKARTA_MS, month=local.dt.strftime("%Y-%m")
    )
    gone = calls.filter(is_over("begins", PERSONAL_YEARS, at=at)).group_by("month").len().sort("month")
    return dict(gone.iter_rows())


def course_events(world: World, *, at: datetime, rules: Rules = TODAY) -> pl.DataFrame:
    """Return the learning events that are overdue, each enrolment as a whole: of none is anything left by any format."""
    events = sound.learning_events(world, rules=rules)
    native, said = (
        overdue_rows(world, source, at=at, rules=rules) for source in ("course_progress", "course_progress_xapi")
    )
    event_id = pl.col("event_id")
    return events.filter(
        (~pl.col("is_native") | event_id.is_in(list(native))) & (~pl.col("is_said") | event_id.is_in(list(said)))
    )


def overdue_rows(world: World, source: str, *, at: datetime, rules: Rules = TODAY) -> frozenset[str]:
    """Return the ids of a source's learning events that are overdue, by all that is known, or by its own rows alone."""
    events = sound.learning_events(world, rules=rules)
    if rules.one_clock:
        return frozenset(_overdue(events, world, at=at, rules=rules)["event_id"].to_list())
    native = events.filter("is_native")
    over = _overdue(native, world, at=at, rules=rules)
    if source == "course_progress":
        return frozenset(over["event_id"].to_list())
    # A statement about a course of which the platform's own rows are there already waits for the night with them.
    there = native.join(over.select("event_id"), on="event_id", how="anti").select("user_id", "course_id")
    said = events.filter("is_said").with_columns(cohort=None, enrolment_id=pl.lit(None, pl.String))
    found = _overdue(said, world, at=at, rules=rules).join(there, on=["user_id", "course_id"], how="anti")
    return frozenset(found["event_id"].to_list())


def _overdue(events: pl.DataFrame, world: World, *, at: datetime, rules: Rules) -> pl.DataFrame:
    """Enrolments whose time is over, with all of their events.

    The purpose of an enrolment ends with its first completion, or where there is none (and `leaving_ends`) with a refund or
    withdrawal that nothing follows; enrolling again opens it again. The year of support runs from there.
    """
    events = in_enrolments(events.filter(pl.col("occurred_at") <= epoch_ms(at)))
    enrolment = ["user_id", "course_id", "enrolment"]
    kind, happened = pl.col("event_type"), pl.col("occurred_at")
    opened = happened.filter(kind == "enrolled").max().over(enrolment)
    events = events.with_columns(is_current=(happened >= opened).fill_null(value=True))
    has_left = pl.col("last_kind").is_in(["refunded", "unenrolled"])
    ends = (
        events.sort("occurred_at")
        .group_by(enrolment)
        .agg(
            completed_at=happened.filter(
                (kind == "course_completed") & pl.col("is_current") & ~pl.col("is_voided")
            ).min(),
            last_kind=kind.last(),
            last_at=happened.last(),
        )
        .with_columns(left_at=pl.when(has_left & rules.leaving_ends).then(pl.col("last_at")))
        .select(*enrolment, ended_at=pl.coalesce("completed_at", "left_at"))
        .join(last_interactions(world, at=at, rules=rules), on="user_id", how="left")
    )
    over = (
        pl.when(pl.col("ended_at").is_not_null())
        .then(is_over("ended_at", COURSE_YEARS, at=at))
        .otherwise(is_over("interacted_at", PERSONAL_YEARS, at=at))
    )
    return events.join(ends.filter(over).select(enrolment), on=enrolment, how="semi")


def accounts(world: World, *, at: datetime, rules: Rules = TODAY) -> frozenset[str]:
    """Return the user ids of the accounts whose owner has not interacted for five years."""
    there = sound.account_states(world).filter(pl.col("updated_at") <= epoch_ms(at)).select("user_id").unique()
    clocks = there.join(last_interactions(world, at=at, rules=rules), on="user_id", how="left")
    return frozenset(clocks.filter(is_over("interacted_at", PERSONAL_YEARS, at=at))["user_id"].to_list())


def last_interactions(world: World, *, at: datetime, rules: Rules = TODAY) -> pl.DataFrame:
    """Return `user_id`, `interacted_at`: the last thing that a person did of their own accord, up to an instant.

    Exports, notifications, answers of agents and refunds are the platform's doing; crawlers' calls and calls without
    consent are nobody's. Closing the account is an interaction, and so is leaving the newsletter.
    """
    states = sound.account_states(world)
    calls = sound.web_calls(world, rules=rules)
    is_told = is_allowed(calls, world, rules=rules, known_at=at)
    learning = sound.learning_events(world, rules=rules)
    parts = [
        world.frame("learners").select("user_id", at="registered_at"),
        states.select("user_id", at="last_login_at"),
        states.filter(pl.col("is_deleted")).group_by("user_id").agg(at=pl.col("updated_at").min()),
        learning.filter(pl.col("event_type") != "refunded").select("user_id", at="occurred_at"),
        calls.filter(is_told & ~calls["is_bot"]).select("user_id", at="occurred_at"),
        world.frame("orders").select("user_id", at="created_at"),
        world.frame("consents").select("user_id", at="occurred_at"),
        _of_learners(world, "tickets", at="created_at", only=pl.col("author") == "customer"),
        _of_learners(world, "requests", at="received_at"),
        _of_learners(world, "subscribers", at="subscribed_at"),
        _of_learners(world, "subscribers", at="unsubscribed_at"),
    ]
    happened = pl.concat(parts).filter(pl.col("user_id").is_not_null() & (pl.col("at") <= epoch_ms(at)))
    return happened.group_by("user_id").agg(interacted_at=pl.col("at").max())


def _of_learners(world: World, table: str, *, at: str, only: pl.Expr | None = None) -> pl.DataFrame:
    rows = world.frame(table)
    rows = rows.filter(only) if only is not None else rows
    numbers = user_ids(world)
    return rows.select(
        user_id=pl.col("learner").replace_strict(numbers, default=None, return_dtype=pl.String), at=pl.col(at)
    )
