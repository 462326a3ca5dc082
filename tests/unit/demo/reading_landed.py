"""Reads a demo's files with the standard library and pyarrow alone, to count what stands in them independently."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

JAKARTA = timezone(timedelta(hours=7))
COPY = "-salinan"


def finished(landing: Path, source: str, *, with_copies: bool = False) -> list[Path]:
    """Files in the order of their periods; a snapshot comes first."""
    files = [path for path in (landing / source).iterdir() if path.suffix != ".part"]
    return sorted((f for f in files if with_copies or COPY not in f.name), key=arrival)


def lines(path: Path) -> list[str]:
    """The lines of a file; rows of typed files and tables as JSON."""
    if path.suffix == ".parquet":
        return [json.dumps(row, default=lambda at: at.isoformat()) for row in pq.read_table(path).to_pylist()]
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            return [json.dumps(row) for row in csv.DictReader(file)]
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8", "surrogateescape").split("\n")[:-1]


def rows(path: Path) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Each line with its row, or None where it does not parse."""
    for line in lines(path):
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            row = None
        yield line, row


def all_rows(landing: Path, source: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Each line of every finished file of a source, with its row."""
    for path in finished(landing, source):
        yield from rows(path)


def period(path: Path) -> str:
    """The `YYYY-MM` or `YYYY-MM-DD` of a file's name; empty for a snapshot."""
    text = path.name.split("-", 1)[1].split(".")[0].removesuffix(COPY)
    return text if text[0].isdigit() else ""


def first_day(path: Path) -> date:
    text = period(path)
    return date.fromisoformat(text if len(text) == 10 else text + "-01") if text else date.min


def arrival(path: Path) -> tuple[str, str]:
    """Snapshots first, then by period; a month's own file ends before the days that follow it have files of their own."""
    text = period(path)
    return (text if len(text) != 7 else text + "-00", path.name)


def instant(value: object) -> datetime | None:
    """An instant, or None where the value is none; without an offset it is Jakarta's."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=JAKARTA)).astimezone(UTC)


def has_offset(value: object) -> bool:
    return datetime.fromisoformat(str(value)).tzinfo is not None
