"""The derived Parquet partitions of event-level facts: `facts/<model>/dt=YYYY-MM-DD/part.parquet`.

A partition is written under another name and put in place whole. Which rows it has is the model's affair.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import duckdb

from pipelines import lake
from pipelines.settings import Home

FACTS_KEY = "warehouse_v1"
PART_NAME = "part.parquet"


def replace_partitions(
    connection: duckdb.DuckDBPyConnection, table: str, *, folder: Path, days: Iterable[date], sort_by: Sequence[str]
) -> None:
    """Replace the partitions of `days` below `folder` by the table's rows; a day without rows has no partition."""
    filled = {row[0] for row in connection.execute(f"select distinct dt from {table}").fetchall()}
    for day in days:
        file = folder / f"dt={day.isoformat()}" / PART_NAME
        if day in filled:
            query = (
                f"select * exclude (dt) from {table} where dt = date '{day.isoformat()}' order by {', '.join(sort_by)}"
            )
            lake.write_parquet(connection, query, file=file.with_name(f".{PART_NAME}"), key=FACTS_KEY)
            os.replace(file.with_name(f".{PART_NAME}"), file)  # noqa: PTH105 - the name of the promise
        else:
            _drop(file)


def days_of(home: Home) -> set[date]:
    """Return every day of which some fact has a partition."""
    return {date.fromisoformat(path.name.removeprefix("dt=")) for path in home.facts.glob("*/dt=*")}


def _drop(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.with_name(f".{PART_NAME}").unlink(missing_ok=True)
    if file.parent.is_dir():
        file.parent.rmdir()
