"""Whom the demo's segments mean, who of them agreed, and who is left out: user ids, from the world's own tables.

What a retargeting audience may hold at all is in `audiences`; which segments there are is the product's to declare, and is
repeated here in the world's terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from tests.truth import audiences, held, hits, newsletter, sound
from tests.truth.ledger import Ledger
from tests.truth.people import known_minors, user_ids
from tests.truth.reading import DAY_MS, World, epoch_ms
from tests.truth.rules import TODAY
from tests.truth.settlements import paid_orders

_DONE = ("enrolled", "started", "module_completed", "assessment_submitted")
_STATES = ("enrolled", "unenrolled", "refunded")


@dataclass(frozen=True)
class Meant:
    """User ids at each step of a segment's funnel."""

    candidates: frozenset[str]
    consented: frozenset[str]
    allowed: frozenset[str]


def segments(world: World, *, at: datetime) -> dict[str, Meant]:
    """Return the demo's segments by name."""
    visited = _visitors(hits.named(world, names=("PageView", "ViewContent"), at=at), at=at)
    begun = audiences.unfinished_registrations(world, at=at, days=180, paid=paid_orders(world))
    return {
        "unfinished_registrations": _of(world, begun, at=at, without={"paid", "refunded"}),
        "inactive_learners": _of(world, _inactive(world, at=at), at=at, without={"refunded", "unsubscribed"}),
        "ready_for_another_course": _of(world, _completed(world, at=at), at=at, without={"unsubscribed"}),
        "course_page_visitors": _of(world, visited, at=at, without={"paid", "refunded"}),
    }


def _of(world: World, pairs: pl.DataFrame, *, at: datetime, without: set[str]) -> Meant:
    pairs = pairs.filter(~pl.col("user_id").is_in(list(known_minors(world, at=at, rules=TODAY))))
    candidates = frozenset(pairs["user_id"])
    ledger = Ledger(world, purpose=hits.PURPOSE, known_at=at)
    refused = audiences.refused_by_browser(world, ledger, at=at)
    consented = {each for each in candidates if each not in refused and ledger.says(("user", each), at_ms=epoch_ms(at))}
    barred = _limited(world, ledger, at=at)
    if "unsubscribed" in without:
        barred |= _unsubscribed(world)
    if "paid" in without:
        pairs = pairs.join(_ordered(world, at=at), on=["user_id", "course_id"], how="anti")
    elif "refunded" in without:
        pairs = pairs.join(_ordered(world, at=at).filter("is_refunded"), on=["user_id", "course_id"], how="anti")
    left = frozenset(pairs["user_id"])
    return Meant(candidates, frozenset(consented), frozenset(consented & left) - barred)


def _inactive(world: World, *, at: datetime) -> pl.DataFrame:
    events = held.learning_events(world, rules=TODAY, as_of=at)
    last_state = pl.col("event_type").filter(pl.col("event_type").is_in(_STATES)).last()
    return (
        events.filter(pl.col("occurred_at") <= epoch_ms(at))
        .sort("occurred_at", "event_type")
        .group_by("user_id", "course_id")
        .agg(
            is_begun=pl.col("event_type").is_in(_DONE).any(),
            is_completed=(pl.col("event_type") == "course_completed").any(),
            state=last_state,
            last_at=pl.col("occurred_at").max(),
        )
        .filter(
            "is_begun",
            ~pl.col("is_completed"),
            pl.col("state").fill_null("enrolled") == "enrolled",
            pl.col("last_at") < epoch_ms(at - timedelta(days=30)),
        )
        .select("user_id", "course_id")
    )


def _completed(world: World, *, at: datetime) -> pl.DataFrame:
    events = held.learning_events(world, rules=TODAY, as_of=at).filter(pl.col("occurred_at") <= epoch_ms(at))
    done = events.filter(event_type="course_completed").select("user_id", "course_id").unique()
    courses = events.group_by("user_id").agg(pl.col("course_id").n_unique())
    sole = courses.filter(pl.col("course_id") == 1).select("user_id")
    return done.join(sole, on="user_id").select("user_id", course_id=pl.lit(None, pl.String))


def _visitors(seen: pl.DataFrame, *, at: datetime) -> pl.DataFrame:
    seen = seen.drop_nulls(["user_id", "course_id"])
    first = epoch_ms(at) - 30 * DAY_MS
    return seen.filter(pl.col("occurred_at").is_between(first, epoch_ms(at))).select("user_id", "course_id").unique()


def _limited(world: World, ledger: Ledger, *, at: datetime) -> set[str]:
    """Whoever asked for a limit or objected; a limit is lifted by who proved to be its subject."""
    gone = list(world.lost("rights_requests"))
    asked = world.frame("requests").filter(
        ~pl.col("request_id").is_in(gone) & (pl.col("received_at") <= epoch_ms(at)) & pl.col("learner").is_not_null()
    )
    numbers, barred = user_ids(world), set()
    for (learner,), theirs in asked.partition_by("learner", as_dict=True).items():
        user_id = numbers[int(learner)]
        last = {kind: theirs.filter(kind=kind)["received_at"].max() for kind in ("restriction", "objection")}
        lifted = theirs.filter(pl.col("identity_verified_at") <= epoch_ms(at), kind="lift_restriction")
        lifted_at = lifted["received_at"].max()
        if last["restriction"] is not None and (lifted_at is None or lifted_at <= last["restriction"]):
            barred.add(user_id)
        if last["objection"] is not None and not _agreed_after(ledger, user_id, last["objection"], at=at):
            barred.add(user_id)
    return barred


def _agreed_after(ledger: Ledger, user_id: str, objected_at: int, *, at: datetime) -> bool:
    before = ledger.says(("user", user_id), at_ms=objected_at)
    return not before and bool(ledger.says(("user", user_id), at_ms=epoch_ms(at)))


def _unsubscribed(world: World) -> set[str]:
    states = newsletter.subscribers(world)
    return set(states.filter(pl.col("unsubscribed_at") >= pl.col("subscribed_at"))["subscriber"])


def _ordered(world: World, *, at: datetime) -> pl.DataFrame:
    """Return `user_id`, `course_id`, `is_refunded` of what was paid, given back since or not."""
    paid = paid_orders(world).filter(pl.col("paid_at") <= epoch_ms(at))
    return paid.select("user_id", "course_id", is_refunded=pl.col("payment_state") == "refunded")


def reachable(world: World) -> frozenset[str]:
    """Return who has an account of which a state arrived: an address is known of each."""
    return frozenset(sound.account_states(world)["user_id"])
