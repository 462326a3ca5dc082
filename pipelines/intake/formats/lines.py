"""Bytes into line batches, without a copy where all is well. Here: cutting, encoding, length. Not here: JSON."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa

SCHEMA = pa.schema([("place", pa.int64()), ("raw", pa.string()), ("fault", pa.string())])

# Four megabytes stay within one allocator arena: larger blocks cost more in page faults than the reading itself.
BLOCK_BYTES = 4 << 20
LONGEST_LINE_BYTES = 1 << 20
KEPT_OF_A_LONG_LINE_BYTES = 64 << 10
_NEWLINE = 10
_MAYBE_BLANK = 16  # a line this short may be blank; no row of any source is


class UnreadableFile(ValueError):
    """A landed file whose container is broken: its reason code, and the bytes that could still be read."""

    def __init__(self, reason: str, *, remainder: bytes = b"") -> None:
        super().__init__(reason)
        self.remainder = remainder


def cut(stream: BinaryIO) -> Iterator[pa.RecordBatch]:
    """Yield the lines of a byte stream as batches; blank lines are not rows, a byte order mark is not part of one.

    A line over 1 MiB becomes a row with the fault `line_too_long` and its first 64 KiB; one that is not UTF-8 a row with
    the fault `wrong_encoding`, its bytes escaped. Raises UnreadableFile where the stream broke off, after what stood before.
    """
    place = 1
    rest = b""
    skipping = False
    broken: UnreadableFile | None = None
    while broken is None:
        try:
            block = stream.read(BLOCK_BYTES)
        except UnreadableFile as problem:
            broken, block = problem, problem.remainder
        if not block:
            break
        if place == 1 and not rest:
            block = block.removeprefix(codecs.BOM_UTF8)
        end = block.rfind(b"\n") + 1
        if skipping:
            skipping, block, end = _skip(block)
        if end == 0:
            rest += block
            if len(rest) > LONGEST_LINE_BYTES:
                yield _single(place, rest, fault="line_too_long")
                rest, skipping, place = b"", True, place + 1
            continue
        batch, lines = _lines(rest + block[:end], place=place)
        yield batch
        place += lines
        rest = block[end:]
    if rest.strip():
        yield _lines(rest + b"\n", place=place)[0]
    if broken is not None:
        raise broken


def _skip(block: bytes) -> tuple[bool, bytes, int]:
    """Drop the remainder of a line that was too long; return whether it goes on, and what follows it."""
    end = block.find(b"\n") + 1
    if end == 0:
        return True, b"", 0
    following = block[end:]
    return False, following, following.rfind(b"\n") + 1


def _lines(buffer: bytes, *, place: int) -> tuple[pa.RecordBatch, int]:
    ends = np.flatnonzero(np.frombuffer(buffer, np.uint8) == _NEWLINE) + 1
    offsets = np.zeros(len(ends) + 1, np.int32)
    offsets[1:] = ends
    lengths = np.diff(offsets)
    clean = lengths.max() <= LONGEST_LINE_BYTES and lengths.min() > 2 and _is_utf8(buffer)
    if not clean:
        return _careful(buffer, place=place), len(ends)
    raw = pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(buffer))
    places = pa.array(np.arange(place, place + len(ends), dtype=np.int64))
    return pa.RecordBatch.from_arrays([places, raw, pa.nulls(len(ends), pa.string())], schema=SCHEMA), len(ends)


def _careful(buffer: bytes, *, place: int) -> pa.RecordBatch:
    rows = [_row(place + index, line) for index, line in enumerate(buffer.split(b"\n")) if line.strip()]
    return pa.RecordBatch.from_arrays(
        [
            pa.array([row[0] for row in rows], pa.int64()),
            pa.array([row[1] for row in rows], pa.string()),
            pa.array([row[2] for row in rows], pa.string()),
        ],
        schema=SCHEMA,
    )


def _row(place: int, line: bytes) -> tuple[int, str, str | None]:
    if len(line) > LONGEST_LINE_BYTES:
        return place, line[:KEPT_OF_A_LONG_LINE_BYTES].decode("utf-8", "backslashreplace"), "line_too_long"
    if not _is_utf8(line):
        return place, line.decode("utf-8", "backslashreplace"), "wrong_encoding"
    return place, line.decode("utf-8"), None


def _single(place: int, line: bytes, *, fault: str) -> pa.RecordBatch:
    text = line[:KEPT_OF_A_LONG_LINE_BYTES].decode("utf-8", "backslashreplace")
    return pa.RecordBatch.from_pydict({"place": [place], "raw": [text], "fault": [fault]}, schema=SCHEMA)


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
