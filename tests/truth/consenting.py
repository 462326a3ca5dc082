"""Who said what on each purpose, month by month, before any threshold. What holds of it at an instant is in `ledger`."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from tests.truth.clocks import month_has_passed
from tests.truth.minors import without_minors
from tests.truth.reading import World, jakarta_month
from tests.truth.rules import TODAY

_SAID = ["month", "purpose", "holder"]


def monthly(world: World, *, as_of: datetime | None = None) -> pl.DataFrame:
    """Return one row per month of Jakarta and purpose on which somebody said anything.

    `month`, `purpose`, `is_month_over`, `speakers`, `granting` (whose last word of the month was a yes; of one instant a no
    is the last). Whoever speaks is the user that a statement names, else the browser, else the address.
    """
    world = without_minors(world, rules=TODAY, as_of=world.as_of)
    arrived = world.frame("consents").filter(~pl.col("event_id").is_in(list(world.lost("consents"))))
    holder = pl.coalesce(
        pl.format("user {}", "user_id"),
        pl.format("browser {}", "anonymous_id"),
        pl.format("address {}", pl.col("email").str.strip_chars().str.to_lowercase()),
    )
    return (
        arrived.with_columns(month=jakarta_month("occurred_at"), holder=holder)
        .sort("occurred_at", pl.col("is_granted").not_())
        .group_by(_SAID, maintain_order=True)
        .agg(pl.col("is_granted").last())
        .group_by("month", "purpose")
        .agg(
            speakers=pl.len().cast(pl.Int64),
            granting=pl.col("is_granted").sum().cast(pl.Int64),
        )
        .select(
            "month",
            "purpose",
            month_has_passed("month", at=as_of or world.as_of).alias("is_month_over"),
            "speakers",
            "granting",
        )
        .sort("month", "purpose")
    )
