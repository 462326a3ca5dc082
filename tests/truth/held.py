"""What stands in the product at an instant: what arrived sound, without what is overdue and without whom it must not know."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import polars as pl

from tests.truth import retention, sound
from tests.truth.clocks import is_over
from tests.truth.ledger import Ledger, is_allowed
from tests.truth.minors import own_browsers_of
from tests.truth.people import known_minors
from tests.truth.reading import World
from tests.truth.rules import Rules


def learning_events(world: World, *, rules: Rules, as_of: datetime) -> pl.DataFrame:
    """Return the learning events that count."""
    overdue = retention.course_events(world, at=as_of, rules=rules).select("event_id")
    events = sound.learning_events(world, rules=rules).filter(~pl.col("is_voided"))
    events = events.join(overdue, on="event_id", how="anti")
    return _without_minors(events, world, rules=rules, as_of=as_of)


def web_calls(world: World, *, rules: Rules, as_of: datetime) -> pl.DataFrame:
    """Return the calls that count, with `is_allowed`: whether their consent lets them say who made them."""
    calls = sound.web_calls(world, rules=rules)
    calls = calls.filter(~is_over("occurred_at", retention.PERSONAL_YEARS, at=as_of))
    calls = _without_minors(calls, world, rules=rules, as_of=as_of)
    return calls.with_columns(is_allowed=is_allowed(calls, world, rules=rules, known_at=as_of))


def attributes(world: World, *, rules: Rules, as_of: datetime) -> pl.DataFrame:
    """Return the newest answers of those learners who had agreed to statistics when they gave them and have not taken it back."""
    ledger = Ledger(world, purpose="aggregate_statistics", known_at=as_of)
    told = sound.attributes(world)
    agreed = [
        ledger.says(("user", user_id), at_ms=at) is True
        and (not rules.withdrawals or at >= ledger.holds_since(("user", user_id)))
        for user_id, at in told.select("user_id", "updated_at").iter_rows()
    ]
    return told.filter(pl.Series(agreed, dtype=pl.Boolean))


def _without_minors(frame: pl.DataFrame, world: World, *, rules: Rules, as_of: datetime) -> pl.DataFrame:
    """Take out what is told of known minors; a browser that only one of them ever used is theirs too, where a call bears it."""
    if not rules.minors_out:
        return frame
    minors = known_minors(world, at=as_of, rules=rules)
    is_out = pl.col("user_id").is_in(list(minors))
    if "anonymous_id" in frame.columns:
        # A call that bears no browser is nobody's.
        bears = is_allowed(frame, world, rules=replace(rules, withdrawals=False), known_at=as_of)
        theirs = own_browsers_of(frame, minors)
        is_out = is_out | (pl.col("anonymous_id").is_in(theirs) & pl.col("user_id").is_null() & bears)
    return frame.filter(~is_out.fill_null(value=False))
