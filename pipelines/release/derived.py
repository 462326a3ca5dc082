"""Columns that are computed from published cells alone, by the formulas of the contracts.

They are computed after the assessment, so that they tell nothing that the cells beside them do not: a rate of a withheld
count is NULL, and a drop from a withheld step, too. Which formulas are allowed is checked with the contracts.
"""

from __future__ import annotations

import duckdb
import polars as pl

from pipelines.contracts import OutboundContract
from pipelines.disclosure import WITHHELD
from pipelines.release.refusals import without_values


def with_derived(published: pl.DataFrame, *, contract: OutboundContract) -> pl.DataFrame:
    """Return the published rows, in their order, with the derived columns in the contract's order; `is_withheld` is last.

    Raises ReleaseRefused where a formula cannot be computed.
    """
    derived = [column for column in contract.columns if column.role == "derived"]
    if not derived:
        return published
    frame = published.with_row_index(_PLACE)
    with duckdb.connect(":memory:", config={"enable_external_access": "false"}) as connection:
        for column in derived:
            with without_values(f"{contract.name}: the formula of {column.name} cannot be computed"):
                connection.register("published", frame.to_arrow())
                value = f"cast(({column.formula}) as {column.sql_type})"
                query = f'select *, {value} as "{column.name}" from published order by {_PLACE}'
                frame = connection.execute(query).pl()
                connection.unregister("published")
    return frame.select(*(column.name for column in contract.columns), WITHHELD)


_PLACE = "place_of_row"
