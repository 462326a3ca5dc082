"""What arrived sound: the world's events without those whose row was spoilt. What retention takes away is in `held`."""

from __future__ import annotations

import polars as pl

from tests.truth.reading import World
from tests.truth.rules import Rules

HEARTBEAT_MS = 10_000
HEARTBEAT = "page_ping"


def learning_events(world: World, *, rules: Rules) -> pl.DataFrame:
    """Return the learning events that arrived by a format that counts; an event told twice arrived if either telling did."""
    told, event_id = pl.col("told_by"), pl.col("event_id")
    natively = told.is_in(["native", "both"]) & ~event_id.is_in(list(world.lost("course_progress")))
    by_xapi = told.is_in(["xapi", "both"]) & ~event_id.is_in(list(world.lost("course_progress_xapi")))
    return world.frame("learning_events").filter((natively | by_xapi) if rules.xapi else natively)


def account_states(world: World) -> pl.DataFrame:
    """Return the states of accounts that arrived: an account has several, so that id and instant name one."""
    gone = world.planted("accounts").filter(pl.col("fate").is_in(["quarantined", "refused"]))
    gone = gone.select(user_id="key", updated_at="occurred_at")
    return world.frame("account_states").join(gone, on=["user_id", "updated_at"], how="anti")


def web_calls(world: World, *, rules: Rules) -> pl.DataFrame:
    """Return every call that arrived, heartbeats included, as `message_id`, `occurred_at`, `call_type`, …"""
    calls = world.frame("web_calls")
    beats = (
        calls.filter(pl.col("heartbeats") > 0)
        .with_columns(beat=pl.int_ranges(1, pl.col("heartbeats") + 1))
        .explode("beat")
        .with_columns(
            message_id=pl.format("{}-{}", "message_id", "beat"),
            occurred_at=pl.col("occurred_at") + pl.col("beat") * HEARTBEAT_MS,
            call_type=pl.lit("track"),
            event_name=pl.lit(HEARTBEAT),
        )
        .drop("beat")
    )
    everything = pl.concat([calls, beats]).filter(~pl.col("message_id").is_in(list(world.lost("web_events"))))
    return everything.filter(~pl.col("is_bot")) if rules.bots_out else everything
