"""Identifiers of the consent ledger whose spelling SQL cannot bring into its normal form: the vault's own rules do it."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from pipelines.identity import normal_forms, pseudonyms

COLUMNS = ("digest",)


def map_values(values: Collection[str], *, kind: str) -> pl.DataFrame:
    """Return `value` and `digest`, the SHA-256 of its normal form; NULL where nothing usable is left."""
    spelt = pl.DataFrame({"value": list(values)}, schema={"value": pl.String}).with_columns(kind=pl.lit(kind))
    normal = normal_forms.with_normal_form(spelt)
    digest = pl.when(pl.col("normal").is_not_null()).then("digest").alias("digest")
    return pseudonyms.with_digest(normal).select("value", digest)
