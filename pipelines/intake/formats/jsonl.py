"""JSON lines, plain or gzipped."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from pipelines.intake.formats.lines import UnreadableFile, cut

_GZIP = 16 + zlib.MAX_WBITS
_READ_BYTES = 1 << 18


def read_plain(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the lines of a `.jsonl` file."""
    with path.open("rb", buffering=0) as stream:
        yield from cut(cast(BinaryIO, stream))


def read_gzip(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the lines of a `.jsonl.gz` file, decompressed as they are read.

    Raises UnreadableFile where the stream breaks off; lines before that point have been yielded.
    """
    with path.open("rb") as stream:
        yield from cut(cast(BinaryIO, _Gunzip(stream)))


class _Gunzip:
    """A gzip stream that gives what it could decompress before it broke off; the standard one would drop it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._inflater = zlib.decompressobj(_GZIP)
        self._waiting = b""
        self._is_inside = False

    def read(self, size: int) -> bytes:
        """Return up to about `size` decompressed bytes, none at the end."""
        found = bytearray()
        while len(found) < size:
            if not self._waiting and not self._inflater.unconsumed_tail:
                self._waiting = self._stream.read(_READ_BYTES)
                if not self._waiting:
                    return self._end(found)
            self._inflate(found, size=size)
        return bytes(found)

    def _inflate(self, found: bytearray, *, size: int) -> None:
        given = self._inflater.unconsumed_tail + self._waiting
        if not self._is_inside and not given.strip(b"\0"):
            self._waiting = b""  # padding between or after members
            return
        self._is_inside = True
        try:
            found += self._inflater.decompress(given, size - len(found))
        except zlib.error:
            raise UnreadableFile("broken_gzip", remainder=bytes(found)) from None
        self._waiting = b""
        if self._inflater.eof:
            self._waiting = self._inflater.unused_data
            self._inflater, self._is_inside = zlib.decompressobj(_GZIP), False

    def _end(self, found: bytearray) -> bytes:
        if self._is_inside:
            self._is_inside = False
            raise UnreadableFile("broken_gzip", remainder=bytes(found))
        return bytes(found)
