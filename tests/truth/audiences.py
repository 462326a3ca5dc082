"""Whom a retargeting audience may hold at an instant (obligations O6, O7, O28, O34).

An unfinished registration and consent in force; whom a browser of their own refuses for, or who is known to be a child, is
in none.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl

from tests.truth import hits
from tests.truth.ledger import Ledger
from tests.truth.people import known_minors, own_browsers
from tests.truth.reading import World, epoch_ms
from tests.truth.rules import TODAY, Rules
from tests.truth.sound import learning_events

_BEGINNINGS = ("Lead", "InitiateCheckout")


def retargeting(world: World, *, at: datetime, rules: Rules = TODAY) -> frozenset[str]:
    """Return the user ids of those who may be retargeted at an instant."""
    begun = unfinished_registrations(world, at=at, rules=rules)["user_id"].unique().to_list()
    ledger = Ledger(world, purpose=hits.PURPOSE, known_at=at)
    minors = known_minors(world, at=at, rules=replace(rules, minors_of_tickets=True))
    barred = minors | refused_by_browser(world, ledger, at=at)
    return frozenset(
        user_id for user_id in begun if user_id not in barred and ledger.says(("user", user_id), at_ms=epoch_ms(at))
    )


def unfinished_registrations(
    world: World,
    *,
    at: datetime,
    rules: Rules = TODAY,
    days: int | None = None,
    paid: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return `user_id`, `course_id` of every registration begun by then (within so many days) and not finished.

    Begun: a Lead or InitiateCheckout that consent let through, an order, an enrolment. Finished: a payment succeeded (given
    back later or not; those of `paid`, all there were unless told) or the course was completed. A beginning without a course
    (null) is finished by any of these.
    """
    first = epoch_ms(at - timedelta(days=days)) if days else 0
    paid = world.frame("orders") if paid is None else paid
    begun = _begun(world, at=at, first=first, rules=rules)
    finished = _finished(world, paid, at=at, rules=rules)
    of_courses = begun.filter(pl.col("course_id").is_not_null()).join(finished, on=["user_id", "course_id"], how="anti")
    of_none = begun.filter(pl.col("course_id").is_null()).join(finished, on="user_id", how="anti")
    return pl.concat([of_courses, of_none]).unique().sort("user_id", "course_id")


def _begun(world: World, *, at: datetime, first: int, rules: Rules) -> pl.DataFrame:
    enrolled = learning_events(world, rules=rules).filter(pl.col("event_type").is_in(["enrolled", "started"]))
    orders = world.frame("orders").filter(~pl.col("order_id").is_in(list(world.lost("orders"))))
    parts = [
        hits.named(world, names=_BEGINNINGS, at=at),
        orders.select("course_id", "user_id", occurred_at="created_at"),
        enrolled.select("course_id", "user_id", "occurred_at"),
    ]
    happened = pl.concat([part.select("user_id", "course_id", "occurred_at") for part in parts])
    return happened.filter(
        pl.col("occurred_at").is_between(first, epoch_ms(at)), pl.col("user_id").is_not_null()
    ).select("user_id", "course_id")


def _finished(world: World, paid: pl.DataFrame, *, at: datetime, rules: Rules) -> pl.DataFrame:
    paid = paid.filter(pl.col("paid_at") <= epoch_ms(at))
    completed = learning_events(world, rules=rules).filter(
        (pl.col("event_type") == "course_completed") & (pl.col("occurred_at") <= epoch_ms(at))
    )
    return pl.concat([paid.select("user_id", "course_id"), completed.select("user_id", "course_id")]).unique()


def refused_by_browser(world: World, ledger: Ledger, *, at: datetime) -> frozenset[str]:
    """Whoever's own browser says no (banner, GPC, its own line in the ledger), or who signed in on one that does, is not
    reached by another way."""
    now = epoch_ms(at)
    found = {
        name
        for (kind, name), last_at in hits.last_refusals(world, at=at).items()
        if kind == "user" and ledger.agreed_after((kind, name), last_at) > now
    }
    for row in own_browsers(world).iter_rows(named=True):
        in_ledger = ledger.says(("browser", row["anonymous_id"]), at_ms=epoch_ms(at))
        if row["gpc"] or row["advertising"] is False or in_ledger is False:
            found.add(row["user_id"])
    return frozenset(found)
