"""Serves what is sealed in a release: as it was published, in place of what would be computed now. Not here: sealing, storing.

Rows that are touched take no part in the assessment of the others. Of a sealed row a column that its contract has gained
since is NULL, and one that it has lost is left out. Where the threshold was raised since, a row below it is withheld.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from pipelines import disclosure
from pipelines.contracts import OutboundContract
from pipelines.disclosure import WITHHELD
from pipelines.release.editions import Table
from pipelines.release.labels import plain
from pipelines.release.seals import Seal, as_typed, is_touched

_PLACE = "__place"


@dataclass(frozen=True)
class Remainder:
    """What of a mart is assessed anew, and how many of its rows are left out: touched, and not among those published before."""

    frame: pl.DataFrame
    spoilt: int


def without_touched(frame: pl.DataFrame, seal: Seal | None, *, contract: OutboundContract) -> Remainder:
    """Take the rows that are touched out of a mart."""
    if seal is None:
        return Remainder(frame, 0)
    touched = is_touched(frame, seal.scopes)
    key = [name for name in contract.key if name in seal.rows.columns]
    left_out = plain(frame.filter(touched).select(contract.key))
    if key:
        published = as_typed(seal.rows.select(key), left_out.schema)
        left_out = left_out.join(published, on=key, how="anti", nulls_equal=True)
    return Remainder(frame.filter(~touched), left_out.height)


def with_sealed(table: Table, seal: Seal | None, *, threshold: int) -> Table:
    """Put the sealed rows into a table, in the order in which rows are published."""
    if seal is None or seal.rows.is_empty():
        return table
    contract, schema = table.contract, table.frame.schema
    known = as_typed(seal.rows.select(name for name in seal.rows.columns if name in schema), schema)
    gained = [pl.lit(None, dtype=kind).alias(name) for name, kind in schema.items() if name not in known.columns]
    rows = _withhold_small(known.with_columns(gained).select(schema.names()), contract, threshold=threshold)
    if contract.disclosure.omit_withheld:
        rows = rows.filter(~pl.col(WITHHELD))
    measures = contract.named("measure")
    labels = [column.name for column in contract.mart_columns if column.name not in measures]
    frame = pl.concat([table.frame, rows]).sort([*labels, *measures, WITHHELD], nulls_last=True)
    return replace(table, frame=frame, sealed=rows.height)


def _withhold_small(rows: pl.DataFrame, contract: OutboundContract, *, threshold: int) -> pl.DataFrame:
    """Withhold what was published under a lower threshold than that of today."""
    shown = rows.with_row_index(_PLACE).filter(~pl.col(WITHHELD))
    measures = contract.named("measure")
    assessed = disclosure.assess(
        shown.drop(WITHHELD), disclosure=contract.disclosure, measures=measures, threshold=threshold
    )
    small = shown.filter(assessed.is_withheld()).get_column(_PLACE)
    is_small = pl.int_range(pl.len(), dtype=pl.UInt32).is_in(small.implode())
    figures = [pl.when(~is_small).then(pl.col(name)).alias(name) for name in (*measures, *contract.named("derived"))]
    return rows.with_columns(*figures, pl.col(WITHHELD) | is_small)
