"""Files of the landing zone: written as `*.part` and renamed when whole; the same lines are the same bytes.

Every file takes JSON lines; CSV and Parquet files parse them. Memory is bounded. What stands in the lines and which file
they go to does not belong here.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol

import pyarrow as pa

from pipelines.demo.groups import BATCH_ROWS, RowGroups

_BUFFER_BYTES = 1 << 20

_INSTANT: pa.DataType = pa.timestamp("us", tz="UTC")
SCHEMAS: Mapping[str, pa.Schema] = {
    "course_progress": pa.schema(
        [
            ("event_id", pa.string()),
            ("user_id", pa.string()),
            ("course_id", pa.string()),
            ("cohort", pa.string()),
            ("enrolment_id", pa.string()),
            ("module_id", pa.string()),
            ("event_type", pa.string()),
            ("occurred_at", _INSTANT),
            ("progress_percent", pa.float64()),
            ("score", pa.float64()),
            ("max_score", pa.float64()),
            ("attempt", pa.int32()),
        ]
    ),
    "orders": pa.schema(
        [
            ("order_id", pa.string()),
            ("user_id", pa.string()),
            ("course_id", pa.string()),
            ("created_at", _INSTANT),
            ("amount_idr", pa.int64()),
            ("discount_idr", pa.int64()),
            ("status", pa.string()),
        ]
    ),
}


class LandedFile(Protocol):
    """A file being written."""

    path: Path
    rows: int
    lines_before: int  # what an editor counts above the first row

    def put(self, lines: Sequence[str]) -> None:
        """Append JSON lines."""

    def close(self) -> None:
        """Finish the file and give it its name."""


class TextFile:
    """`jsonl` or `log`, packed where the name ends in `.gz`."""

    lines_before = 0

    def __init__(self, path: Path) -> None:
        self.path, self.rows = path, 0
        self._raw: IO[bytes] = part_of(path).open("wb", buffering=_BUFFER_BYTES)
        # No name and no time in the gzip header: the same lines are the same bytes.
        self._gzip = gzip.GzipFile("", "wb", 1, self._raw, mtime=0) if path.suffix == ".gz" else None

    def put(self, lines: Sequence[str]) -> None:
        """Append JSON lines."""
        if lines:
            data = ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")
            (self._gzip or self._raw).write(data)
            self.rows += len(lines)

    def close(self) -> None:
        """Finish the file and give it its name."""
        if self._gzip:
            self._gzip.close()
        self._raw.close()
        part_of(self.path).replace(self.path)


class CsvFile:
    """`csv` with a header."""

    lines_before = 1

    def __init__(self, path: Path, *, header: Sequence[str]) -> None:
        self.path, self.rows, self._header = path, 0, tuple(header)
        self._file: io.TextIOWrapper = part_of(path).open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(self._header)

    def put(self, lines: Sequence[str]) -> None:
        """Append JSON lines, as rows."""
        self.put_rows([[_cell(row.get(name)) for name in self._header] for row in map(json.loads, lines)])

    def put_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Append rows."""
        self._writer.writerows(rows)
        self.rows += len(rows)

    def close(self) -> None:
        """Finish the file and give it its name."""
        self._file.close()
        part_of(self.path).replace(self.path)


class ParquetFile:
    """`parquet`."""

    lines_before = 0

    def __init__(self, path: Path, *, schema: pa.Schema) -> None:
        self.path, self.rows, self._schema = path, 0, schema
        self._instants = [field.name for field in schema if field.type == _INSTANT]
        self._waiting: list[dict[str, Any]] = []
        self._file = RowGroups(part_of(path), schema=schema)

    def put(self, lines: Sequence[str]) -> None:
        """Append JSON lines, as rows."""
        for line in lines:
            row = json.loads(line)
            row.update({name: _instant(row.get(name)) for name in self._instants})
            self._waiting.append(row)
        self.rows += len(lines)
        if len(self._waiting) >= BATCH_ROWS:
            self._flush()

    def close(self) -> None:
        """Finish the file and give it its name."""
        self._flush()
        self._file.close()
        part_of(self.path).replace(self.path)

    def _flush(self) -> None:
        if self._waiting:
            self._file.put(pa.Table.from_pylist(self._waiting, schema=self._schema))
            self._waiting.clear()


def part_of(path: Path) -> Path:
    """Return the name that a file bears while it is being written."""
    return path.with_name(path.name + ".part")


def leave_half_written(path: Path, *, of: Path) -> None:
    """Leave the first third of a plain file at `path`'s unfinished name."""
    whole = of.stat().st_size
    with of.open("rb") as source, part_of(path).open("wb") as target:
        target.write(source.read(max(1, min(whole // 3, _BUFFER_BYTES))))


def copy_file(source: Path, target: Path) -> None:
    """Write the same bytes under another name."""
    shutil.copyfile(source, part_of(target))
    part_of(target).replace(target)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
