"""Who joined the newsletter in which month and has left since, before any threshold."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from tests.truth.clocks import month_has_passed
from tests.truth.minors import without_minors
from tests.truth.people import subscribers_by_email
from tests.truth.reading import World, jakarta_month
from tests.truth.rules import TODAY


def monthly(world: World, *, as_of: datetime | None = None) -> pl.DataFrame:
    """Return one row per month of Jakarta in which subscriptions that stand began.

    `month`, `is_month_over`, `joined`, `left_since`.
    """
    left = pl.col("unsubscribed_at") >= pl.col("subscribed_at")
    return (
        subscribers(world)
        .group_by(month=jakarta_month("subscribed_at"))
        .agg(
            joined=pl.len().cast(pl.Int64),
            left_since=left.fill_null(value=False).sum().cast(pl.Int64),
        )
        .select(
            "month", month_has_passed("month", at=as_of or world.as_of).alias("is_month_over"), "joined", "left_since"
        )
        .sort("month")
    )


def subscribers(world: World) -> pl.DataFrame:
    """Return `subscriber`, `subscribed_at`, `unsubscribed_at`: of each, the latest state that arrived.

    A state is as old as its subscription or, if later, its end; of one instant the end counts. Addresses of one account are
    one subscriber.
    """
    world = without_minors(world, rules=TODAY, as_of=world.as_of)
    lost = world.planted("newsletter_subscribers").filter(fate="quarantined")
    lost = lost.select(email="key", said_at="occurred_at")
    # What an old list brings back is never spoilt; else states of one address and instant say the same.
    nth = pl.int_range(pl.len()).over("email", "said_at")
    states = (
        world.frame("subscribers")
        .with_columns(said_at=pl.max_horizontal("subscribed_at", "unsubscribed_at"))
        .with_columns(nth=nth)
        .join(lost.with_columns(nth=nth), on=["email", "said_at", "nth"], how="anti")
    )
    return (
        states.with_columns(subscriber=subscribers_by_email(world))
        .sort("said_at", pl.col("unsubscribed_at") == pl.col("said_at"), nulls_last=False)
        .group_by("subscriber", maintain_order=True)
        .agg(pl.col("subscribed_at", "unsubscribed_at").last())
    )
