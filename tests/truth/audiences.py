"""Whom a retargeting audience may hold at an instant (obligations O6, O7, O28, O34).

An unfinished registration and consent in force; whom a browser of their own refuses for, or who is known to be a child, is
in none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl

from tests.truth.ledger import Ledger
from tests.truth.people import known_minors, own_browsers, user_ids
from tests.truth.reading import World, epoch_ms
from tests.truth.rules import TODAY, Rules
from tests.truth.sound import learning_events, web_calls

PURPOSE = "ads_retargeting"
BEGINNINGS = ("Lead", "InitiateCheckout")


def retargeting(world: World, *, at: datetime, rules: Rules = TODAY) -> frozenset[str]:
    """Return the user ids of those who may be retargeted at an instant."""
    begun = unfinished_registrations(world, at=at, rules=rules)["user_id"].unique().to_list()
    ledger = Ledger(world, purpose=PURPOSE, known_at=at)
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
    seen: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return `user_id`, `course_id` of every registration begun by then (within so many days) and not finished.

    Begun: a Lead or InitiateCheckout that consent let through (or those `seen`), an order, an enrolment. Finished: a payment
    succeeded (given back later or not; those of `paid`, all there were unless told) or the course was completed. A beginning
    without a course (null) is finished by any of these.
    """
    first = epoch_ms(at - timedelta(days=days)) if days else 0
    paid = world.frame("orders") if paid is None else paid
    seen = seen_by_pixel(world, names=BEGINNINGS) if seen is None else seen
    begun = _begun(world, seen, at=at, first=first, rules=rules)
    finished = _finished(world, paid, at=at, rules=rules)
    of_courses = begun.filter(pl.col("course_id").is_not_null()).join(finished, on=["user_id", "course_id"], how="anti")
    of_none = begun.filter(pl.col("course_id").is_null()).join(finished, on="user_id", how="anti")
    return pl.concat([of_courses, of_none]).unique().sort("user_id", "course_id")


def seen_by_pixel(world: World, *, names: Sequence[str]) -> pl.DataFrame:
    """Return `user_id`, `course_id`, `occurred_at` of the pixel's events that consent let through."""
    numbers = user_ids(world)
    # Of the pixel, silence is a no.
    is_let_through = pl.col("advertising") & ~pl.col("gpc").fill_null(value=False) & ~pl.col("is_opted_out")
    pixel = world.frame("pixel_events").filter(
        pl.col("event_name").is_in(names)
        & is_let_through.fill_null(value=False)
        & ~pl.format("{}/{}", "event_name", "event_id").is_in(list(world.lost("meta_pixel"))).fill_null(value=False)
        & pl.col("learner").is_not_null()
    )
    by_number = pl.col("learner").replace_strict(numbers, default=None, return_dtype=pl.String)
    return pixel.select("course_id", "occurred_at", user_id=by_number)


def perhaps_seen_by_pixel(world: World, *, names: Sequence[str]) -> pl.DataFrame:
    """Return `user_id`, `course_id`, `occurred_at` of every event of the pixel that its learner did not opt out of: signed in,
    or in a browser of their own.

    Which of them named anybody, and what the ledger granted then, is not told.
    """
    pixel = world.frame("pixel_events").filter(pl.col("event_name").is_in(names) & ~pl.col("is_opted_out"))
    signed_in = pl.col("learner").replace_strict(user_ids(world), default=None, return_dtype=pl.String)
    owners = own_browsers(world).select("anonymous_id", owner="user_id")
    owned = pixel.join(owners, on="anonymous_id", how="left").with_columns(user_id=pl.coalesce(signed_in, "owner"))
    return owned.drop_nulls("user_id").select("course_id", "occurred_at", "user_id")


def _begun(world: World, seen: pl.DataFrame, *, at: datetime, first: int, rules: Rules) -> pl.DataFrame:
    enrolled = learning_events(world, rules=rules).filter(pl.col("event_type").is_in(["enrolled", "started"]))
    orders = world.frame("orders").filter(~pl.col("order_id").is_in(list(world.lost("orders"))))
    parts = [
        seen,
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
    found = set(_refused_signed_in(world, ledger, at=at))
    for row in own_browsers(world).iter_rows(named=True):
        in_ledger = ledger.says(("browser", row["anonymous_id"]), at_ms=epoch_ms(at))
        if row["gpc"] or row["advertising"] is False or in_ledger is False:
            found.add(row["user_id"])
    return frozenset(found)


def opted_out_by_pixel(world: World, *, at: datetime) -> frozenset[str]:
    """Those of whom the pixel told that they opted out; whether it told their name as well, nobody wrote down."""
    out = world.frame("pixel_events").filter(
        pl.col("is_opted_out"), pl.col("learner").is_not_null(), pl.col("occurred_at") <= epoch_ms(at)
    )
    numbers = user_ids(world)
    return frozenset(numbers[learner] for learner in out["learner"].unique())


def _refused_signed_in(world: World, ledger: Ledger, *, at: datetime) -> Iterator[str]:
    """Yield who was signed in on a browser that said no, their own or not, and has not agreed by their account since."""
    browsers = world.frame("browsers").filter(~pl.col("advertising").fill_null(value=True) | pl.col("gpc"))
    calls = web_calls(world, rules=replace(TODAY, bots_out=False)).filter(pl.col("occurred_at") <= epoch_ms(at))
    named = calls.drop_nulls("user_id").join(browsers.select("anonymous_id"), on="anonymous_id", how="semi")
    for user_id, last_at in named.group_by("user_id").agg(pl.col("occurred_at").max()).sort("user_id").iter_rows():
        if not ledger.agreed_after(("user", user_id), since_ms=last_at, at_ms=epoch_ms(at)):
            yield user_id
