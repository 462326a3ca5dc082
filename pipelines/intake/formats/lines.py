"""Bytes into line batches, without a copy where all is well. Here: cutting, encoding, length. Not here: JSON."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

import numpy as np
import pyarrow as pa

SCHEMA = pa.schema([("place", pa.int64()), ("raw", pa.string()), ("fault", pa.string())])

# Four megabytes stay within one allocator arena: larger blocks cost more in page faults than the reading itself.
BLOCK_BYTES = 4 << 20
LONGEST_LINE_BYTES = 1 << 20
KEPT_OF_A_LONG_LINE_BYTES = 64 << 10
_NEWLINE = 10
_ROWS = 100_000


class UnreadableFile(ValueError):
    """A landed file whose container is broken; the message is its reason code."""


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
            broken, block = problem, b""
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
        buffer = rest + block[:end]
        yield from _lines(buffer, place=place)
        place += buffer.count(b"\n")
        rest = block[end:]
    if rest.strip():
        yield from _lines(rest + b"\n", place=place)
    if broken is not None:
        raise broken


def _skip(block: bytes) -> tuple[bool, bytes, int]:
    """Drop the remainder of a line that was too long; return whether it goes on, and what follows it."""
    end = block.find(b"\n") + 1
    if end == 0:
        return True, b"", 0
    following = block[end:]
    return False, following, following.rfind(b"\n") + 1


def _lines(buffer: bytes, *, place: int) -> Iterator[pa.RecordBatch]:
    """Yield the lines of a buffer, however short they are, in batches of a bounded number of rows."""
    ends = np.flatnonzero(np.frombuffer(buffer, np.uint8) == _NEWLINE) + 1
    offsets = np.zeros(len(ends) + 1, np.int32)
    offsets[1:] = ends
    lengths = np.diff(offsets)
    if lengths.max() > LONGEST_LINE_BYTES or lengths.min() <= 2 or not _is_utf8(buffer):
        yield from _careful(buffer, place=place)
        return
    raw = pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(buffer))
    places = pa.array(np.arange(place, place + len(ends), dtype=np.int64))
    batch = pa.RecordBatch.from_arrays([places, raw, pa.nulls(len(ends), pa.string())], schema=SCHEMA)
    yield from (batch.slice(start, _ROWS) for start in range(0, len(ends), _ROWS))


def _careful(buffer: bytes, *, place: int) -> Iterator[pa.RecordBatch]:
    lines = ((number, line) for number, line in enumerate(buffer.split(b"\n"), start=place) if line.strip())
    while rows := [_row(number, line) for number, line in islice(lines, _ROWS)]:
        places, texts, faults = zip(*rows, strict=True)
        yield pa.RecordBatch.from_pydict(
            {"place": list(places), "raw": list(texts), "fault": list(faults)}, schema=SCHEMA
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
