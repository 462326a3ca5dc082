"""JSON lines, plain or gzipped."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from pipelines.intake.formats.lines import UnreadableFile, cut


def read_plain(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the lines of a `.jsonl` file."""
    with path.open("rb", buffering=0) as stream:
        yield from cut(cast(BinaryIO, stream))


def read_gzip(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the lines of a `.jsonl.gz` file, decompressed as they are read.

    Raises UnreadableFile where the stream breaks off; lines before that point have been yielded.
    """
    try:
        with gzip.open(path, "rb") as stream:
            yield from cut(cast(BinaryIO, stream))
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise UnreadableFile("broken_gzip") from None
