"""What the platform can know of each order's money: from the notifications that arrived as the payment service signed them.

How each payment really ended is in `payments`, which is told by the shop's own outcomes.
"""

from __future__ import annotations

import polars as pl

from tests.truth import sound
from tests.truth.minors import without_minors
from tests.truth.reading import World
from tests.truth.rules import TODAY

_TRANSACTION = ["order_id", "transaction_id"]
_PAID, _IN_PART, _REFUNDED = "paid", "partially_refunded", "refunded"


def paid_orders(world: World) -> pl.DataFrame:
    """Return the orders that were ever paid, of those that arrived.

    `order_id`, `user_id`, `course_id`, `payment_state` (paid, partially_refunded, refunded), `paid_at` (milliseconds),
    `paid_idr`, `refunded_idr`. A transaction is paid when the service says that it was settled, or charged to a card and not
    called off; the instant is that of the settlement, of what was charged that of the transaction's beginning.
    """
    world = without_minors(world, rules=TODAY, as_of=world.as_of)
    told = sound.notifications(world)
    status, is_final = pl.col("transaction_status"), pl.col("status_code") == "200"
    is_trusted = pl.col("fraud_status").is_null() | (pl.col("fraud_status") == "accept")
    is_success = is_final & is_trusted & status.is_in(["settlement", "capture"])
    gives_back = is_final & status.is_in(["refund", "partial_refund"])
    transactions = told.group_by(_TRANSACTION).agg(
        is_settled=(is_success & (status == "settlement")).any(),
        is_charged=is_success.any() & ~(status == "cancel").any(),
        is_refunded=(gives_back & (status == "refund")).any(),
        is_in_part=gives_back.any(),
        paid_idr=pl.col("gross_amount").cast(pl.Float64).max().cast(pl.Int64),
        refunded_idr=pl.col("refunded_idr").max().fill_null(0),
        paid_at=pl.coalesce("settled_at", "begun_at").filter(is_success | gives_back).min(),
    )
    is_all_back = pl.col("is_refunded") | (pl.col("is_in_part") & (pl.col("refunded_idr") >= pl.col("paid_idr")))
    state = (
        pl.when(is_all_back)
        .then(pl.lit(_REFUNDED))
        .when("is_in_part")
        .then(pl.lit(_IN_PART))
        .when(pl.col("is_settled") | pl.col("is_charged"))
        .then(pl.lit(_PAID))
    )
    paid = transactions.with_columns(payment_state=state).filter(pl.col("payment_state").is_not_null())
    assert paid["order_id"].is_unique().all(), "an order is paid twice"
    orders = world.frame("orders").filter(~pl.col("order_id").is_in(list(sound.lost_orders(world))))
    return (
        orders.select("order_id", "user_id", "course_id")
        .join(paid, on="order_id")
        .select("order_id", "user_id", "course_id", "payment_state", "paid_at", "paid_idr", "refunded_idr")
        .sort("order_id")
    )
