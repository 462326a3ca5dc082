"""Whom the pixel's events name where consent let them through and nobody has taken it back since (obligations O5, O28).

Browser and server may tell of one happening. Whom an event names follows from who told it: the server an account, before there
is one an address; a browser whoever is signed in, or every second one itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import polars as pl

from tests.truth import persons, sound
from tests.truth.held import web_calls
from tests.truth.ledger import Ledger
from tests.truth.people import known_minors, user_ids
from tests.truth.reading import SECOND_MS, World
from tests.truth.rules import TODAY

PURPOSE = "ads_retargeting"
_NAMES_ITSELF = "02468ace"
_SCHEMA = pl.Schema({"user_id": pl.String(), "course_id": pl.String(), "occurred_at": pl.Int64()})


def named(world: World, *, names: Sequence[str], at: datetime) -> pl.DataFrame:
    """Return `user_id`, `course_id`, `occurred_at` of the events so called that stand under a name at an instant."""
    ledger, numbers = Ledger(world, purpose=PURPOSE, known_at=at), user_ids(world)
    minors = known_minors(world, at=at, rules=TODAY)
    users = persons.ever(world, rules=TODAY, as_of=at).users
    stated = web_calls(world, rules=replace(TODAY, withdrawals=False, bots_out=False), as_of=at)
    known = set(stated.filter("is_allowed")["anonymous_id"].drop_nulls())
    rows = []
    for event in _happenings(sound.pixel_tellings(world).filter(pl.col("event_name").is_in(names))):
        if event["is_opted_out"]:
            continue
        holders, user_id = _holders(event, numbers, users, known)
        if user_id in minors or not holders:
            continue
        since = max(ledger.holds_since(holder) for holder in holders)
        if ledger.says(holders[0], at_ms=event["occurred_at"]) and event["occurred_at"] >= since:
            rows.append((user_id, event["course_id"], event["occurred_at"]))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _holders(
    event: dict[str, Any], numbers: dict[int, str], users: Any, known: set[str]
) -> tuple[list[tuple[str, str]], str | None]:
    """Return who is asked for consent, the first of whom granted it, and the learner whose event it is."""
    if event["learner"] is not None:
        user_id = numbers[event["learner"]]
        return [("user", user_id)], user_id
    browser = event["anonymous_id"]
    user_id = users.get((f"browser {browser}", None))
    if browser not in known or user_id is None or browser[-1] not in _NAMES_ITSELF:
        return [], None
    # A browser that only one user ever had refuses with them.
    return [("browser", browser), ("user", user_id)], user_id


def _happenings(told: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield what stays of each happening: a refusal before all others, then the earliest; the server tells whole seconds."""
    first = pl.col("told_by") == "server"
    ordered = told.sort(~pl.col("is_opted_out"), pl.col("occurred_at") // SECOND_MS, ~first, maintain_order=True)
    with_id = ordered.filter(pl.col("event_id").is_not_null()).unique("key", keep="first", maintain_order=True)
    yield from pl.concat([with_id, ordered.filter(pl.col("event_id").is_null())]).iter_rows(named=True)


def of_another_address(world: World) -> frozenset[str]:
    """Those whose account never stated the address that the pixel's events bear: it may lead to somebody else, or to nobody."""
    spelt = pl.col("email").str.strip_chars().str.to_lowercase()
    stated = world.frame("account_states").select("user_id", email=spelt)
    found = world.frame("learners").select("user_id", email=spelt).join(stated, on=["user_id", "email"], how="anti")
    return frozenset(found["user_id"].drop_nulls())
