"""Parquet, nested columns or dotted names alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import engine
from pipelines.intake.formats.lines import SCHEMA, UnreadableFile
from pipelines.intake.formats.nesting import Tree, nested_names

_ROWS = 20_000


def read(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield each Parquet row as one JSON line; its place is its row number.

    Raises UnreadableFile where the file is not Parquet, or breaks off after the rows that could be read; row groups
    after a broken one are read first. INT96 is an instant in UTC.
    """
    try:
        file = pq.ParquetFile(path, coerce_int96_timestamp_unit="us")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise UnreadableFile("broken_parquet") from None
    with file, engine.connect() as connection:
        tree = nested_names(file.schema_arrow.names)
        if tree is None:
            raise UnreadableFile("broken_header")
        instants = _int96_columns(file)
        place, is_broken = 1, False
        for group in range(file.num_row_groups):
            try:
                for batch in file.iter_batches(_ROWS, row_groups=[group]):
                    yield _lines(connection, _in_utc(batch, instants), tree, place=place)
                    place += batch.num_rows
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, duckdb.InvalidInputException):
                is_broken = True
        if is_broken:
            raise UnreadableFile("broken_parquet")


def _int96_columns(file: pq.ParquetFile) -> frozenset[str]:
    columns = (file.schema.column(index) for index in range(len(file.schema)))
    return frozenset(column.path for column in columns if column.physical_type == "INT96")


def _in_utc(batch: pa.RecordBatch, instants: frozenset[str]) -> pa.RecordBatch:
    arrays = [
        array.cast(pa.timestamp("us", "UTC")) if name in instants else array
        for name, array in zip(batch.schema.names, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _lines(connection: duckdb.DuckDBPyConnection, batch: pa.RecordBatch, tree: Tree, *, place: int) -> pa.RecordBatch:
    batch.validate(full=True)
    connection.register("batch", pa.Table.from_batches([batch]))
    made = connection.execute(f"select {_json_object(tree)}::varchar as raw from batch").to_arrow_table()
    raw = made.column("raw").combine_chunks().cast(pa.string())
    places = pa.array(np.arange(place, place + len(raw), dtype=np.int64))
    return pa.RecordBatch.from_arrays([places, raw, pa.nulls(len(raw), pa.string())], schema=SCHEMA)


def _json_object(tree: Tree) -> str:
    """Return the SQL that makes one JSON object of a row, dotted columns nested."""
    if not tree:
        return "'{}'"
    parts = []
    for key, value in tree.items():
        column = '"' + value.replace('"', '""') + '"' if isinstance(value, str) else _json_object(value)
        parts.append(f"'{engine.quoted(key)}', {column}")
    return f"json_object({', '.join(parts)})"
