"""Truths of a dozen rows, written by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.demo.truth import TABLES
from tests.truth.reading import World

Row = dict[str, Any]
Tell = Callable[..., World]
END = date(2026, 6, 30)


@pytest.fixture
def tell(tmp_path: Path) -> Tell:
    """Return a function that writes a truth: rows by table, instants as ISO text with offset; the rest is empty or null."""

    def write(**tables: list[Row]) -> World:
        assert set(tables) <= set(TABLES)
        folder = tmp_path / f"truth-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        tables.setdefault("world", [{"end_date": END}])
        for table, columns in TABLES.items():
            rows = [_typed(table, row) for row in tables.get(table, [])]
            pq.write_table(
                pa.Table.from_pylist(rows, schema=pa.schema(list(columns.items()))), folder / f"{table}.parquet"
            )
        return World(folder)

    return write


def _typed(table: str, row: Row) -> Row:
    columns = TABLES[table]
    assert set(row) <= set(columns), f"{table} has no {set(row) - set(columns)}"
    return {
        name: datetime.fromisoformat(value)
        if isinstance(value, str) and pa.types.is_timestamp(columns[name])
        else value
        for name, value in row.items()
    }
