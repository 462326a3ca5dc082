"""Advertising figures as the platform has them: the days of each ad. Whom campaigns brought is in `campaigns`."""

from __future__ import annotations

import polars as pl

from tests.truth.reading import World

_KEY = pl.format("{}/{}/{}", "date", "campaign_id", "ad_id")


def days(world: World) -> pl.DataFrame:
    """Return the days of ads that arrived: `utm_campaign`, `impressions`, `clicks`, `spend`, `currency`.

    The truth states each day once, as it was corrected last; what was corrected never is the last row of a day. Where a tool
    called its column of spend something else, nobody knows what was spent.
    """
    planted = world.planted("ad_insights")
    renamed = planted.filter(kind="drift_renamed")["file"].unique().to_list()
    # A row that is planted otherwise keeps its plant in a file whose column is renamed.
    is_in_renamed = pl.col("file").is_in(renamed) & (pl.col("fate") == "accepted")
    unknown = planted.filter(is_in_renamed)["key"].to_list()
    return (
        world.frame("ad_days")
        .with_columns(key=_KEY)
        .filter(~pl.col("key").is_in(list(world.lost("ad_insights"))))
        .with_columns(spend=pl.when(~pl.col("key").is_in(unknown)).then("spend"))
        .select("utm_campaign", "impressions", "clicks", "spend", "currency")
    )
