"""Parquet, nested columns or dotted names alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from pipelines import engine
from pipelines.intake.formats.lines import SCHEMA, UnreadableFile

_ROWS = 20_000


def read(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield each Parquet row as one JSON line; its place is its row number.

    Raises UnreadableFile where the file is not Parquet or breaks off.
    """
    connection = engine.connect()
    try:
        relation = f"read_parquet('{engine.quoted(path)}', hive_partitioning = false)"
        names = [row[0] for row in connection.execute(f"describe select * from {relation}").fetchall()]
        reader = connection.execute(f"select {_object(names)}::varchar as raw from {relation}").to_arrow_reader(_ROWS)
        place = 1
        for batch in reader:
            yield _lines(batch.column(0), place=place)
            place += batch.num_rows
    except (duckdb.Error, pa.ArrowInvalid, OSError):
        raise UnreadableFile("broken_parquet") from None
    finally:
        connection.close()


def _lines(raw: pa.Array, *, place: int) -> pa.RecordBatch:
    places = pa.array(np.arange(place, place + len(raw), dtype=np.int64))
    return pa.RecordBatch.from_arrays([places, raw.cast(pa.string()), pa.nulls(len(raw), pa.string())], schema=SCHEMA)


def _object(names: list[str]) -> str:
    """Return the SQL that makes one JSON object of a row, dotted columns nested."""
    tree: dict[str, object] = {}
    for name in names:
        *parents, leaf = name.split(".")
        place: dict[str, object] = tree
        for parent in parents:
            child = place.setdefault(parent, {})
            place = child if isinstance(child, dict) else place
        place[leaf] = '"' + name.replace('"', '""') + '"'
    return _json_object(tree)


def _json_object(tree: dict[str, object]) -> str:
    parts = [
        f"'{engine.quoted(key)}', {_json_object(value) if isinstance(value, dict) else value}"
        for key, value in tree.items()
    ]
    return f"json_object({', '.join(parts)})"
