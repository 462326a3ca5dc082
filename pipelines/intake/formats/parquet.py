"""Parquet, nested columns or dotted names alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines import engine
from pipelines.intake.formats.lines import LONGEST_LINE_BYTES, SCHEMA, UnreadableFile
from pipelines.intake.formats.nesting import Tree, nested_names

_ROWS = 20_000
_NESTED_ROWS = 250
_BATCH_BYTES = 16 << 20
_MOST_OF_A_CHUNK = 256  # times its size in the file
_HARMLESS_CHUNK_BYTES = 64 << 20
# What a reader of a broken file may meet: bytes that are no Parquet, texts that are no UTF-8, values of no calendar.
_BROKEN = (pa.ArrowException, duckdb.Error, OSError, ValueError, OverflowError, MemoryError)


def read(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield each Parquet row as one JSON line; its place is its row number.

    A row of more than 1 MiB has the fault `line_too_long` and no text. Raises UnreadableFile where the file is not
    Parquet, or breaks off after the rows that could be read; row groups after a broken one are read first. A row group
    whose pages hold 256 times their size in the file is not read (`parquet_bomb`). INT96 is an instant in UTC.
    """
    try:
        with _opened(path) as file:
            tree = nested_names(file.schema_arrow.names)
            if tree is None:
                raise UnreadableFile("broken_header")
            problems = set[str]()
            yield from _row_groups(file, tree, problems)
    except UnreadableFile:
        raise
    except _BROKEN:
        raise UnreadableFile("broken_parquet") from None
    if problems:
        raise UnreadableFile(min(problems, key=("parquet_bomb", "broken_parquet").index))


def _opened(path: Path) -> pq.ParquetFile:
    """Open a file so that a text that stands in many rows is held once."""
    texts = [
        column.path
        for column in _columns(pq.read_metadata(path))
        if column.physical_type == "BYTE_ARRAY" and column.max_repetition_level == 0
    ]
    return pq.ParquetFile(path, coerce_int96_timestamp_unit="us", read_dictionary=texts)


def _row_groups(file: pq.ParquetFile, tree: Tree, problems: set[str]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of every row group that can be read; what is wrong with the others is added to `problems`."""
    instants = _int96_columns(file)
    start = 1
    rows = _NESTED_ROWS if any(pa.types.is_nested(field.type) for field in file.schema_arrow) else _ROWS
    with engine.connect() as connection:
        for group in range(file.num_row_groups):
            facts = file.metadata.row_group(group)
            place, start = start, start + facts.num_rows
            if _is_bomb(facts):
                problems.add("parquet_bomb")
                continue
            try:
                for batch in file.iter_batches(rows, row_groups=[group]):
                    batch.validate(full=True)
                    yield from _lines(connection, _readable(batch, instants), tree, place=place)
                    place += batch.num_rows
            except _BROKEN:
                problems.add("broken_parquet")


def _is_bomb(group: pq.RowGroupMetaData) -> bool:
    chunks = [group.column(index) for index in range(group.num_columns)]
    return any(
        each.total_uncompressed_size > max(_HARMLESS_CHUNK_BYTES, _MOST_OF_A_CHUNK * each.total_compressed_size)
        for each in chunks
    )


def _columns(facts: pq.FileMetaData) -> list[pq.ColumnSchema]:
    return [facts.schema.column(index) for index in range(len(facts.schema))]


def _int96_columns(file: pq.ParquetFile) -> frozenset[str]:
    return frozenset(column.path for column in _columns(file.metadata) if column.physical_type == "INT96")


def _readable(batch: pa.RecordBatch, instants: frozenset[str]) -> pa.RecordBatch:
    """Return a batch whose types the engine knows, and whose INT96 are instants in UTC."""
    arrays = []
    for name, array in zip(batch.schema.names, batch.columns, strict=True):
        if name in instants:
            array = array.cast(pa.timestamp("us", "UTC"))
        elif pa.types.is_float16(array.type):
            array = array.cast(pa.float32())
        elif pa.types.is_decimal256(array.type):
            array = array.cast(pa.string())
        arrays.append(array)
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _lines(
    connection: duckdb.DuckDBPyConnection, batch: pa.RecordBatch, tree: Tree, *, place: int
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a batch as JSON, no more at a time than 16 MiB of them."""
    sizes = _row_bytes(batch)
    places = np.arange(place, place + batch.num_rows, dtype=np.int64)
    is_long = sizes > LONGEST_LINE_BYTES
    if is_long.any():
        yield _batch(places[is_long], pa.array([""] * int(is_long.sum()), pa.string()), fault="line_too_long")
        batch, places, sizes = batch.filter(pa.array(~is_long)), places[~is_long], sizes[~is_long]
    parts = np.cumsum(sizes) // _BATCH_BYTES
    starts = np.flatnonzero(np.diff(parts, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(parts)], strict=True):
        connection.register("batch", pa.Table.from_batches([batch.slice(start, end - start)]))
        made = connection.execute(f"select {_json_object(tree)}::varchar as raw from batch").to_arrow_table()
        yield _batch(places[start:end], made.column("raw").combine_chunks().cast(pa.string()))


def _batch(places: npt.NDArray[np.int64], raw: pa.Array, *, fault: str | None = None) -> pa.RecordBatch:
    faults = pa.array([fault] * len(places), pa.string())
    return pa.RecordBatch.from_arrays([pa.array(places), raw, faults], schema=SCHEMA)


def _row_bytes(batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """Return about how many bytes each row takes; of nested columns an equal share."""
    sizes = np.zeros(batch.num_rows, np.int64)
    for column in batch.columns:
        if pa.types.is_dictionary(column.type) and _is_text(column.type.value_type):
            lengths = pc.take(pc.binary_length(column.dictionary), column.indices)
        elif _is_text(column.type):
            lengths = pc.binary_length(column)
        else:
            sizes += column.nbytes // max(len(column), 1)
            continue
        sizes += pc.fill_null(lengths, 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return sizes


def _is_text(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(test(kind) for test in tests)


def _json_object(tree: Tree) -> str:
    """Return the SQL that makes one JSON object of a row, dotted columns nested."""
    if not tree:
        return "'{}'"
    parts = []
    for key, value in tree.items():
        column = '"' + value.replace('"', '""') + '"' if isinstance(value, str) else _json_object(value)
        parts.append(f"'{engine.quoted(key)}', {column}")
    return f"json_object({', '.join(parts)})"
