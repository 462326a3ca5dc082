"""A Parquet file that is written batch by batch, in row groups large enough that its footer stays small.

A writer keeps what it knows of every column of every row group until the file is closed: with small groups that footer,
and not the rows, is what memory grows by. Which rows and which columns is for the truth and the landing zone to say.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

BATCH_ROWS = 2_048
_GROUP_ROWS = 8_192


class RowGroups:
    """One Parquet file under way; rows are handed over some thousand at a time."""

    def __init__(self, path: Path, *, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(path, schema, compression="zstd", write_statistics=False)
        self._waiting: list[pa.Table] = []
        self._rows = 0

    def put(self, rows: pa.Table) -> None:
        """Append rows."""
        self._waiting.append(rows)
        self._rows += rows.num_rows
        if self._rows >= _GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        """Write what waits, and the footer."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting).combine_chunks())
            self._waiting.clear()
            self._rows = 0
