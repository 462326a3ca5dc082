"""How the payment of each order ended, for orders of which every row arrived sound."""

from __future__ import annotations

import polars as pl

from tests.truth.minors import without_minors
from tests.truth.reading import NEVER_ARRIVED, World, jakarta_day
from tests.truth.rules import TODAY

_STATES = {"paid": "paid", "refunded": "refunded", "denied": "failed", "expired": "failed", "pending": "pending"}


def outcomes(world: World) -> pl.DataFrame:
    """Return `order_id`, `user_id`, `course_id`, `payment_state`, `ordered_date`, `paid_date` of each such order.

    The shop's own outcome knows no refund in part: an order of which a part was given back is paid. Of a card no notification
    tells when it was charged, or its risk no longer in doubt: it is paid on the day on which the transaction began.
    """
    world = without_minors(world, rules=TODAY, as_of=world.as_of)
    spoilt = [*_spoilt(world, "orders"), *_spoilt(world, "payments")]
    told = world.frame("notifications").filter("is_genuine")
    in_part = told.filter(transaction_status="partial_refund")["order_id"].unique().to_list()
    charged = told.filter(transaction_status="capture").group_by("order_id").agg(charged_at=pl.col("begun_at").min())
    is_in_part = (pl.col("outcome") == "paid") & pl.col("order_id").is_in(in_part)
    return (
        world.frame("orders")
        .filter(~pl.col("order_id").is_in(spoilt))
        .join(charged, on="order_id", how="left")
        .with_columns(paid_at=pl.when(pl.col("paid_at").is_not_null()).then(pl.coalesce("charged_at", "paid_at")))
        .select(
            "order_id",
            "user_id",
            "course_id",
            payment_state=pl.when(is_in_part)
            .then(pl.lit("partially_refunded"))
            .otherwise(pl.col("outcome").replace_strict(_STATES)),
            ordered_date=jakarta_day("created_at"),
            paid_date=jakarta_day("paid_at"),
        )
        .sort("order_id")
    )


def _spoilt(world: World, source: str) -> list[str]:
    """The order ids of a source's rows that never arrived sound: those of `orders` and `payments` name one each."""
    return world.planted(source).filter(pl.col("fate").is_in(NEVER_ARRIVED))["key"].drop_nulls().to_list()
