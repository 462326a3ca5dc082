"""Whom the pixel's events name where consent let them through and nobody has taken it back since (obligations O5, O28).

Browser and server may tell of one happening. Whom an event names follows from who told it: the server an account, before there
is one an address; a browser whoever is signed in, or every second one itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import polars as pl

from tests.truth import persons, sound
from tests.truth.held import web_calls
from tests.truth.ledger import Ledger, Subject
from tests.truth.people import known_minors, user_ids
from tests.truth.reading import SECOND_MS, World, epoch_ms
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
    refused = last_refusals(world, at=at)
    rows = []
    for event in _happenings(sound.pixel_tellings(world).filter(pl.col("event_name").is_in(names))):
        if event["is_opted_out"]:
            continue
        holders, user_id = _holders(event, numbers, users, known)
        if user_id in minors or not holders:
            continue
        since = max(_holds_since(ledger, holder, refused) for holder in holders)
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


def last_refusals(world: World, *, at: datetime) -> dict[Subject, int]:
    """Return when a row told of each user and browser for the last time that it refuses: a call of a browser that says no, for
    whoever is signed in, too; an event of the pixel that opts out.
    """
    says_no = world.frame("browsers").filter(~pl.col("advertising").fill_null(value=True) | pl.col("gpc"))
    calls = sound.web_calls(world, rules=replace(TODAY, bots_out=False))
    called = calls.join(says_no.select("anonymous_id"), on="anonymous_id", how="semi")
    by_number = pl.col("learner").replace_strict(user_ids(world), default=None, return_dtype=pl.String)
    hit = sound.pixel_tellings(world).filter("is_opted_out").with_columns(user_id=by_number)
    itself = pl.col("user_id").is_null() & pl.col("anonymous_id").str.tail(1).is_in(list(_NAMES_ITSELF))
    told = [
        called.select("occurred_at", name="user_id", kind=pl.lit("user")),
        called.select("occurred_at", name="anonymous_id", kind=pl.lit("browser")),
        hit.select("occurred_at", name="user_id", kind=pl.lit("user")),
        hit.filter(itself).select("occurred_at", name="anonymous_id", kind=pl.lit("browser")),
    ]
    known = pl.concat(told).drop_nulls("name").filter(pl.col("occurred_at") <= epoch_ms(at))
    last = known.group_by("kind", "name").agg(pl.col("occurred_at").max())
    return {(kind, name): last_at for kind, name, last_at in last.iter_rows()}


def _holds_since(ledger: Ledger, holder: Subject, refused: Mapping[Subject, int]) -> float:
    """Return from when on rows of a holder bear them: what was granted before a refusal, stated or in a row, is taken back."""
    stated = ledger.holds_since(holder)
    return max(stated, ledger.agreed_after(holder, refused[holder])) if holder in refused else stated


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
