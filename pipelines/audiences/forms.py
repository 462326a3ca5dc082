"""Members and contacts in the form in which one recipient is sent them: hashed as it wants it, in memory alone.

Which contacts are usable stands in `contacts`; who is a member in `judging`.
"""

from __future__ import annotations

import polars as pl

from pipelines.audiences import contacts
from pipelines.audiences.judging import FIELDS
from pipelines.audiences.sinks import Sink

KINDS = ("email", "phone")


def as_sent(members: pl.DataFrame, sink: Sink) -> pl.DataFrame:
    """Return the members who have something of what a sink is sent, hashed as it wants it."""
    own = contacts.sendable(_as_written(members), spelling=sink.spelling)
    found = members.drop(FIELDS).join(own.select("subject", *FIELDS), on="subject")
    return found.filter(pl.any_horizontal(pl.col(*sink.fields).is_not_null())).sort("subject")


def hashed(standing: pl.DataFrame, sink: Sink) -> pl.DataFrame:
    """Return the hashes of contacts (`kind`, `normal`), a row each, as a sink is sent them."""
    wide = standing.select(
        subject=pl.int_range(pl.len(), dtype=pl.Int64),
        **{kind: pl.when(pl.col("kind") == kind).then("normal") for kind in KINDS},
    )
    return contacts.sendable(_as_written(wide), spelling=sink.spelling).select(sink.fields)


def _as_written(normal: pl.DataFrame) -> pl.DataFrame:
    """Return normal forms as somebody would write them: without its plus a number of another country is nobody's."""
    return normal.select("subject", "email", phone="+" + pl.col("phone"))
