"""Judges each table of a release before it is put in place, cell by cell as it would be read. Not here: what is withheld.

A second look at the threshold by other means than the room that applied it: what that room let through by mistake stops here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

from pipelines.contracts import OutboundContract
from pipelines.quality import pages
from pipelines.quality.expectations import ROW_KEY, complement, expected_of_release
from pipelines.quality.judging import Judge
from pipelines.quality.results import QualityResult


def check_release(
    contract: OutboundContract,
    frame: pl.DataFrame,
    *,
    key: Sequence[str],
    threshold: int,
    withheld: str,
    as_of: datetime,
    docs: Path,
) -> QualityResult:
    """Judge the rows of one table as they would be published; `withheld` is the flag of rows whose measures are NULL.

    `key` are the columns that name a row. Writes the table's page below `docs`. Raises QualityError.
    """
    expected = expected_of_release(contract, threshold=threshold, withheld=withheld)
    population = pl.col(contract.disclosure.population)
    judge = Judge(contract.name, expected)
    seen = frame.with_columns(
        pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in key], separator="\x1f").alias(ROW_KEY),
        *((population - pl.col(part)).alias(complement(part)) for part in contract.disclosure.parts),
    )
    wanted = list(dict.fromkeys([*(each.column for each in expected), withheld]))
    failed = tuple(judge.failures(seen.select(wanted).to_pandas()))
    result = QualityResult(contract.name, 1, frame.height, len(expected), failed)
    if judge.verdict is not None:
        pages.write(docs, pages.Verdict(**result.told(as_of)), judge.verdict)
    return result
