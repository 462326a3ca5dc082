"""What came in and what was given back, per month and course, before any threshold."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from tests.truth import settlements
from tests.truth.clocks import month_has_passed
from tests.truth.reading import World, jakarta_month


def monthly(world: World, *, as_of: datetime | None = None) -> pl.DataFrame:
    """Return one row per month of Jakarta in which orders were paid, and course.

    `month`, `course_id`, `is_month_over`, `buyers`, `paid_orders`, `gross_idr`, `refunded_idr` (of these orders, whenever).
    """
    return (
        settlements.paid_orders(world)
        .group_by("course_id", month=jakarta_month("paid_at"))
        .agg(
            buyers=pl.col("user_id").n_unique().cast(pl.Int64),
            paid_orders=pl.len().cast(pl.Int64),
            gross_idr=pl.col("paid_idr").sum(),
            refunded_idr=pl.col("refunded_idr").sum(),
        )
        .select(
            "month",
            "course_id",
            month_has_passed("month", at=as_of or world.as_of).alias("is_month_over"),
            pl.col("buyers", "paid_orders", "gross_idr", "refunded_idr"),
        )
        .sort("month", "course_id")
    )
