"""Reads the partitions that changed and has Great Expectations judge them. Not here: what is expected of them.

Only the columns that an expectation names are read, and results are boolean: no value can reach a report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import duckdb

from pipelines import engine, lake, settings
from pipelines.contracts import Contracts, InboundContract
from pipelines.quality import pages
from pipelines.quality.expectations import ON_ITS_DAY, Expected, expected_of
from pipelines.quality.judging import Judge, QualityError
from pipelines.quality.results import QualityResult

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.identity.keys import Keyring


Partition: TypeAlias = tuple[Path, date | None]
_ROWS_AT_ONCE = 100_000


def check_arrivals(
    home: settings.Home,
    ring: Keyring,
    contracts: Contracts,
    *,
    dataset: str,
    days: Sequence[date],
    as_of: datetime,
) -> QualityResult:
    """Judge the partitions of `dataset` on `days` (a state dataset: its one file, when `days` is not empty).

    Writes the dataset's page of Data Docs. Raises QualityError where an expectation could not be evaluated.
    """
    contract = contracts.inbound[dataset]
    files = _files(home, contract, days=days)
    expected = expected_of(contract)
    if not files or not expected:
        return QualityResult(dataset, partitions=0, rows=0, expectations=0, failed=())
    failures: Counter[str] = Counter()
    rows = 0
    judge = Judge(dataset, expected)
    with engine.connect(parquet_keys=ring.parquet_keys()) as connection:
        for group in _groups(connection, list(files.items())):
            frame = _frame(connection, contract, group, expected=expected)
            rows += len(frame)
            together = judge.failures(frame)
            if together:
                alone = [judge.failures(_frame(connection, contract, [one], expected=expected)) for one in group]
                # An id that stands in two partitions is missed by neither of them alone.
                failures.update(chain.from_iterable(alone) if any(alone) else together)
    failed = tuple(f"{name} ({count} of {len(files)} partitions)" for name, count in sorted(failures.items()))
    result = QualityResult(dataset, partitions=len(files), rows=rows, expectations=len(expected), failed=failed)
    if judge.verdict is not None:
        pages.write(home.data_docs, pages.Verdict(**result.told(as_of)), judge.verdict)
    return result


def _files(home: settings.Home, contract: InboundContract, *, days: Sequence[date]) -> dict[Path, date | None]:
    if contract.kind == "event":
        places: dict[Path, date | None] = {lake.partition_file(home, contract.name, day): day for day in days}
    else:
        places = {lake.current_file(home, contract.name): None} if days else {}
    # A day whose rows have all gone has no file.
    return {file: day for file, day in places.items() if file.exists()}


def _groups(connection: duckdb.DuckDBPyConnection, files: Sequence[Partition]) -> Iterator[list[Partition]]:
    """Put small partitions together: a validation costs the same for ten rows and for a hundred thousand."""
    group: list[Partition] = []
    held = 0
    for file, day in files:
        try:
            found = connection.execute(f"select count(*) from {lake.read_expression(file)}").fetchone()
        except duckdb.Error:
            # Its message may quote data.
            raise QualityError(f"a partition of {file.parents[1].name} cannot be read") from None
        rows = found[0] if found else 0
        if group and held + rows > _ROWS_AT_ONCE:
            yield group
            group, held = [], 0
        group.append((file, day))
        held += rows
    if group:
        yield group


def _frame(
    connection: duckdb.DuckDBPyConnection,
    contract: InboundContract,
    group: Sequence[Partition],
    *,
    expected: Sequence[Expected],
) -> pd.DataFrame:
    columns = [f'"{column}"' for column in dict.fromkeys(e.column for e in expected) if column != ON_ITS_DAY]
    stored = {column.name for column in contract.lake_columns}
    parts = [
        f"select {', '.join([*columns, *_on_its_day(stored, day)])} from ({lake.read_columns(file, contract.lake_columns)})"
        for file, day in group
    ]
    try:
        return connection.execute(" union all ".join(parts)).df()
    except duckdb.Error:
        # Its message may quote data.
        message = f"could not evaluate '{contract.name}': a column is missing or of an unexpected type"
        raise QualityError(message) from None


def _on_its_day(stored: set[str], day: date | None) -> list[str]:
    if day is None:
        return []
    if "occurred_at" not in stored:
        return [f"true as {ON_ITS_DAY}"]
    # Rows without consent carry no instant; their day is all that is kept of it.
    return [f"coalesce((occurred_at + interval 7 hours)::date = date '{day}', true) as {ON_ITS_DAY}"]
