"""What arrived sound: the world's events without those whose row was spoilt. What retention takes away is in `held`."""

from __future__ import annotations

import polars as pl

from tests.truth.reading import World, jakarta_day
from tests.truth.rules import Rules

HEARTBEAT_MS = 10_000
HEARTBEAT = "page_ping"


def learning_events(world: World, *, rules: Rules) -> pl.DataFrame:
    """Return the learning events that arrived by a format that counts; an event told twice arrived if either telling did.

    `is_native`, `is_said`: by which format it arrived; `is_voided`: a later statement takes it back. Statements name
    neither cohort nor enrolment.
    """
    told, event_id = pl.col("told_by"), pl.col("event_id")
    voided = world.planted("course_progress_xapi").filter(kind="voids")["key"].to_list()
    return (
        world.frame("learning_events")
        .with_columns(
            is_native=told.is_in(["native", "both"]) & ~event_id.is_in(list(world.lost("course_progress"))),
            is_said=told.is_in(["xapi", "both"])
            & ~event_id.is_in(list(world.lost("course_progress_xapi")))
            & rules.xapi,
            is_voided=event_id.is_in(voided) & rules.xapi,
        )
        .filter(pl.col("is_native") | pl.col("is_said"))
        .with_columns(pl.when("is_native").then(pl.col("cohort", "enrolment_id")))
    )


def account_states(world: World) -> pl.DataFrame:
    """Return the states of accounts that arrived: an account has several, so that id and instant name one."""
    gone = world.planted("accounts").filter(pl.col("fate").is_in(["quarantined", "refused"]))
    gone = gone.select(user_id="key", updated_at="occurred_at")
    return world.frame("account_states").join(gone, on=["user_id", "updated_at"], how="anti")


def attributes(world: World) -> pl.DataFrame:
    """Return the newest answers of each learner that arrived."""
    gone = world.planted("learner_attributes").filter(fate="quarantined")
    gone = gone.select(user_id="key", updated_at="occurred_at")
    there = world.frame("attributes").join(gone, on=["user_id", "updated_at"], how="anti")
    return there.sort("updated_at").unique("user_id", keep="last")


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
    return everything.filter(~_is_no_visitor(world)) if rules.bots_out else everything


def _is_no_visitor(world: World) -> pl.Expr:
    """Whether a call is that of a crawler, of the platform's own staff or of a tester who says so."""
    staff = world.frame("browsers").filter("is_internal")["anonymous_id"].to_list()
    is_test = (pl.col("utm_source") == "test").fill_null(value=False)
    # Of an address that is none nobody can say that it is one of ours.
    spoilt = world.planted("web_events").filter(kind="malformed_ip")["key"].to_list()
    is_staff = pl.col("anonymous_id").is_in(staff).fill_null(value=False) & ~pl.col("message_id").is_in(spoilt)
    return pl.col("is_bot").fill_null(value=False) | is_staff | is_test


def pixel_tellings(world: World) -> pl.DataFrame:
    """Return what browser and server told of happenings and arrived, with `key` (name and id); repetitions are left out.

    A spoilt telling is one of those of its key, nobody says which: what counts is how many are left.
    """
    gone = world.planted("meta_pixel").filter(pl.col("fate") == "quarantined")
    # A hit without an id is planted under name, browser and instant.
    key = pl.format("{}/{}", "event_name", pl.coalesce("event_id", "anonymous_id"))
    lost = gone.select(
        key=pl.col("key").str.split("/").list.head(2).list.join("/"), second=pl.col("occurred_at") // 1000
    )
    told = world.frame("pixel_events").with_columns(key=key, second=pl.col("occurred_at") // 1000)
    nth = pl.int_range(pl.len()).over("key", "second")
    return (
        told.with_columns(nth=nth)
        .join(lost.with_columns(nth=nth), on=["key", "second", "nth"], how="anti")
        .drop("second", "nth")
    )


def notifications(world: World) -> pl.DataFrame:
    """Return the payment service's notifications that arrived as it signed them, repetitions included."""
    planted = world.planted("payments").filter(pl.col("occurred_at").is_not_null() & (pl.col("kind") != "retry"))
    planted = planted.select("fate", order_id="key", sent_at="occurred_at")
    there = world.frame("notifications").filter("is_genuine")
    there = there.join(planted.filter(fate="quarantined"), on=["order_id", "sent_at"], how="anti")
    return there.filter(~_lost_its_text(there, planted, world))


def _lost_its_text(there: pl.DataFrame, planted: pl.DataFrame, world: World) -> pl.Series:
    """Whether the amount is a number, so that what was signed is gone: in whole files, but for what is planted there besides."""
    typed = world.planted("payments").filter(kind="drift_typed")
    periods = _periods(typed)
    day = jakarta_day("arrived_at").cast(pl.String)
    # A month's file ends where the files of single days begin.
    day = (
        pl.when(day.is_in(_periods(world.frame("files").filter(source="payments"))))
        .then(day)
        .otherwise(day.str.head(7))
    )
    is_plain = ~pl.col("is_repeated") & ~pl.struct("order_id", "sent_at").is_in(
        planted.select(pl.struct("order_id", "sent_at")).to_series().implode()
    )
    found = there.select((is_plain & day.is_in(periods)).alias("lost")).to_series()
    assert found.sum() == typed.height, "not every notification of a drifted file is known"
    return found


def _periods(files: pl.DataFrame) -> list[str]:
    """Return the months and days in the names of files of payments."""
    return files.select(pl.col("file").str.extract(r"payments-([0-9-]+)\.")).to_series().drop_nulls().unique().to_list()


def order_rows(world: World) -> pl.DataFrame:
    """Return the rows of orders that arrived, repetitions included, as `order_id`, from the files that they stand in."""
    gone = world.planted("orders").filter(fate="quarantined").select("file", "line")
    parts = [
        world.landed(file).select("order_id", "line", file=pl.lit(file))
        for file in world.frame("files").filter(source="orders")["file"].to_list()
    ]
    return pl.concat(parts).join(gone, on=["file", "line"], how="anti").select("order_id")


def lost_orders(world: World) -> frozenset[str]:
    """Return the ids of the orders of which no row arrived."""
    spoilt = world.lost("orders")
    return spoilt - frozenset(order_rows(world)["order_id"].to_list()) if spoilt else frozenset()
