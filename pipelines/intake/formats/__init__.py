"""Landed files as streams of lines: one module a format.

Every format yields the same Arrow batches (`place`, `raw`, `fault`): the row's place in its file (1-based line, or row for
Parquet), its JSON text, and a reason code where the row could not even be read. Memory is bounded by a batch. Not here:
what a row means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa

from pipelines.intake.formats import combined_log, delimited, jsonl, parquet
from pipelines.intake.formats.lines import SCHEMA, UnreadableFile

Reader = Callable[[Path], Iterator[pa.RecordBatch]]

READERS: dict[str, Reader] = {
    ".jsonl": jsonl.read_plain,
    ".jsonl.gz": jsonl.read_gzip,
    ".log": combined_log.read_plain,
    ".log.gz": combined_log.read_gzip,
    ".csv": delimited.read,
    ".parquet": parquet.read,
}

__all__ = ["READERS", "SCHEMA", "Reader", "UnreadableFile", "suffix_of"]


def suffix_of(name: str) -> str | None:
    """Return the format suffix of a file name that intake can read, or None."""
    lowered = name.lower()
    return next((suffix for suffix in READERS if lowered.endswith(suffix)), None)
