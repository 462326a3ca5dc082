"""JSON lines, plain or gzipped."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from pipelines.intake.formats.lines import UnreadableFile, cut

_GZIP = 16 + zlib.MAX_WBITS
# What tools write shrinks to a tenth or a fiftieth; the format's own limit is 1,032, and only a bomb comes near it.
_WINDOW_BYTES = 64 << 10
_MOST_OF_A_WINDOW_BYTES = 16 << 20
_KEPT_OF_A_BOMB_BYTES = 256 << 10


def read_plain(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the lines of a `.jsonl` file."""
    with path.open("rb", buffering=0) as stream:
        yield from cut(cast(BinaryIO, stream))


def read_gzip(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the lines of a `.jsonl.gz` file, decompressed as they are read.

    Raises UnreadableFile where the stream breaks off (`broken_gzip`), or where 64 KiB of it hold more than 16 MiB
    (`gzip_bomb`); what stood before that point has been yielded.
    """
    with path.open("rb") as stream:
        yield from cut(cast(BinaryIO, _Gunzip(stream)))


class _Gunzip:
    """A gzip stream that gives what it could decompress before it broke off; the standard one would drop it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._inflater = zlib.decompressobj(_GZIP)
        self._is_inside = False
        self._is_over = False
        self._reason: str | None = None
        self._ready = bytearray()

    def read(self, size: int) -> bytes:
        """Return up to `size` decompressed bytes, none at the end. Raises UnreadableFile where the stream breaks off."""
        while len(self._ready) < size and not self._is_over:
            self._fill()
        found = bytes(self._ready[:size])
        del self._ready[:size]
        if not found and self._reason:
            raise UnreadableFile(self._reason)
        return found

    def _fill(self) -> None:
        """Decompress the next 64 KiB of the file; of a bomb the beginning, for the lines that stand before it."""
        given = self._stream.read(_WINDOW_BYTES)
        if not given:
            self._stop("broken_gzip" if self._is_inside else None)
        found = bytearray()
        while given := given if self._is_inside else given.lstrip(b"\0"):  # padding between or after members
            self._is_inside = True
            try:
                found += self._inflater.decompress(given, _MOST_OF_A_WINDOW_BYTES + 1 - len(found))
            except zlib.error:
                self._stop("broken_gzip")
                break
            if len(found) > _MOST_OF_A_WINDOW_BYTES:
                self._stop("gzip_bomb")
                del found[_KEPT_OF_A_BOMB_BYTES:]
                break
            given = self._inflater.unused_data
            if self._inflater.eof:
                self._inflater, self._is_inside = zlib.decompressobj(_GZIP), False
        self._ready += found

    def _stop(self, reason: str | None) -> None:
        self._is_over, self._reason = True, reason
