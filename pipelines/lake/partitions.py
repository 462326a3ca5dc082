"""Where the lake's files lie, and how one is written. Here: paths, reading, one encrypted COPY a file. Not here: when."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Protocol

import duckdb

from pipelines.engine import quoted
from pipelines.lake.records import Move
from pipelines.settings import Home

LAKE_KEY = "lake_v1"

GROUP_ROWS = 122_880
"""Rows of a row group, as DuckDB writes them."""


class Column(Protocol):
    """What must be known of a column to read it: name and SQL type."""

    @property
    def name(self) -> str:
        """Return the column's name."""

    @property
    def sql_type(self) -> str:
        """Return the column's SQL type."""


_DAY_PREFIX = "dt="


def current_file(home: Home, dataset: str) -> Path:
    """Return the file that holds the latest state of a state dataset."""
    return home.lake / dataset / "current.parquet"


def partition_file(home: Home, dataset: str, day: date) -> Path:
    """Return the file of one day of an event dataset."""
    return home.lake / dataset / f"{_DAY_PREFIX}{day.isoformat()}" / f"{dataset}.parquet"


def days_of(home: Home, dataset: str, *, through: date = date.max) -> tuple[date, ...]:
    """Return the days that the lake holds of an event dataset, up to and with one, in order."""
    folder = home.lake / dataset
    if not folder.is_dir():
        return ()
    last = f"{_DAY_PREFIX}{through.isoformat()}"
    names = (
        entry.name
        for entry in os.scandir(folder)
        if entry.name <= last and entry.name.startswith(_DAY_PREFIX) and entry.is_dir()
    )
    return tuple(sorted(date.fromisoformat(name.removeprefix(_DAY_PREFIX)) for name in names))


def written_days(moves: Iterable[Move]) -> Iterator[tuple[str, date]]:
    """Yield dataset and day of every partition that these moves write; removals write none."""
    for move in moves:
        day = day_of_file(move.target)
        if move.staged is not None and day:
            yield move.target.parent.parent.name, day


def day_of_file(file: Path) -> date | None:
    """Return the day whose partition a file is; None where it is none."""
    name = file.parent.name
    return date.fromisoformat(name.removeprefix(_DAY_PREFIX)) if name.startswith(_DAY_PREFIX) else None


def read_expression(
    files: Sequence[Path] | Path, *, key: str = LAKE_KEY, filename: bool = False, numbered: bool = False
) -> str:
    """Return the SQL table expression that reads these files; only the key's name stands in it.

    With `filename` each row says which file it is from; with `numbered` which row of it, from 0, as `file_row_number`.
    """
    paths = [files] if isinstance(files, Path) else list(files)
    listed = ", ".join(f"'{quoted(path)}'" for path in paths)
    options = f"hive_partitioning = false, encryption_config = {{footer_key: '{key}'}}"
    more = f"{', filename = true' * filename}{', file_row_number = true' * numbered}"
    return f"read_parquet([{listed}], {options}{more})"


def read_columns(file: Path, columns: Sequence[Column], *, numbered: bool = False) -> str:
    """Return the SQL query that reads one file as the contract has its columns now.

    A column that the file does not have yet is NULL of its type; one that the contract no longer has is left out.
    With `numbered` the number of the row in the file stands beside them, as `file_row_number`.
    """
    # By name, file by file: `union_by_name` of DuckDB 1.5 cannot read encrypted Parquet.
    rows = f"select * from {read_expression(file, numbered=numbered)} union all by name {_none(columns)}"
    return f"select {_typed(columns)}{', file_row_number' * numbered} from ({rows})"


def _typed(columns: Sequence[Column]) -> str:
    return ", ".join(f"{column.name}::{column.sql_type} as {column.name}" for column in columns)


def _none(columns: Sequence[Column]) -> str:
    return f"select {', '.join(f'null::{column.sql_type} as {column.name}' for column in columns)} where false"


def columns_digest(columns: Sequence[Column]) -> str:
    """Return what tells two sets of columns apart: a digest of their names and types."""
    text = ", ".join(f"{column.name} {column.sql_type}" for column in columns)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def write_parquet(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    *,
    file: Path,
    key: str = LAKE_KEY,
    group_rows: int = GROUP_ROWS,
) -> int:
    """Write the rows of `query` to `file`, encrypted under the named key; return how many there were.

    A reader that asks for few rows in the file's order reads whole groups of `group_rows`. The file is synced to disk, so that
    a rename that follows puts whole content in place.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = connection.execute(
        f"copy ({query}) to '{quoted(file)}' "
        f"(format parquet, compression zstd, row_group_size {group_rows}, encryption_config {{footer_key: '{key}'}})"
    ).fetchone()
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return int(written[0]) if written else 0
