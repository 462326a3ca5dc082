"""CSV with a header; dotted columns are nested fields (`context.ip`)."""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa

from pipelines.intake.formats.lines import KEPT_OF_A_LONG_LINE_BYTES, LONGEST_LINE_BYTES, SCHEMA, UnreadableFile
from pipelines.intake.formats.nesting import nested_names

_ROWS = 20_000
_LONGEST_RECORD_LINES = 50


def read(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield each CSV record as one JSON line; its place is the line on which the record begins.

    Empty cells are absent fields. A record with more or fewer cells than the header has the fault `wrong_cell_count`, one
    that is not UTF-8 `wrong_encoding`. A quote that is not closed within its record would swallow the records after it:
    the line on which it opens has the fault `broken_quotes`, lines right after it that are no records of this file belong
    to it, and reading goes on with the next that is one. Raises UnreadableFile without a usable header.
    """
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        lines = _Lines(stream)
        header = _header(lines)
        records = _records(lines, header=header)
        while rows := list(islice(records, _ROWS)):
            places, texts, faults = zip(*rows, strict=True)
            yield pa.RecordBatch.from_pydict(
                {"place": list(places), "raw": list(texts), "fault": list(faults)}, schema=SCHEMA
            )


class _Lines:
    """The numbered lines of a stream, some of which can be put back; of a line over the limit only that it is."""

    def __init__(self, stream: TextIO) -> None:
        self._numbered = enumerate(_bounded(stream), start=1)
        self._waiting: deque[tuple[int, str]] = deque()

    def take(self) -> tuple[int, str] | None:
        return self._waiting.popleft() if self._waiting else next(self._numbered, None)

    def put_back(self, lines: Sequence[tuple[int, str]]) -> None:
        self._waiting.extendleft(reversed(lines))


def _bounded(stream: TextIO) -> Iterator[str]:
    while text := stream.readline(LONGEST_LINE_BYTES + 1):
        yield text
        while len(text) > LONGEST_LINE_BYTES and not text.endswith(("\n", "\r")):
            text = stream.readline(LONGEST_LINE_BYTES + 1)


def _header(lines: _Lines) -> list[str]:
    first = lines.take()
    cells = _cells(first[1]) if first else None
    if not cells:
        raise UnreadableFile("no_header")
    header = [name.strip() for name in cells]
    if not all(header) or len(set(header)) < len(header) or nested_names(header) is None:
        raise UnreadableFile("broken_header")
    return header


def _records(lines: _Lines, *, header: list[str]) -> Iterator[tuple[int, str, str | None]]:
    while (taken := lines.take()) is not None:
        place, text = taken
        if not text.strip("\r\n"):
            continue
        held = [taken]
        cells = _cells(text)
        while cells is None and _may_go_on(held):
            following = lines.take()
            if following is None:
                break
            held.append(following)
            cells = _cells("".join(line for _, line in held))
        if cells is not None:
            yield place, *_row(cells, header=header)
            continue
        lines.put_back(held[1:])
        fault = _fault(text)
        rest = _rest_of_broken(lines, header=header) if fault == "broken_quotes" else ""
        yield place, _text({"line": (text + rest)[:KEPT_OF_A_LONG_LINE_BYTES]}), fault


def _rest_of_broken(lines: _Lines, *, header: list[str]) -> str:
    """Take the next lines that are no records of the file; return as much of them as is kept."""
    kept: list[str] = []
    size = 0
    while (taken := lines.take()) is not None:
        cells = _cells(taken[1])
        if cells is None or len(cells) == len(header):
            lines.put_back([taken])
            break
        if size < KEPT_OF_A_LONG_LINE_BYTES:
            kept.append(taken[1])
            size += len(taken[1])
    return "".join(kept)


def _may_go_on(held: list[tuple[int, str]]) -> bool:
    return len(held) <= _LONGEST_RECORD_LINES and sum(len(line) for _, line in held) <= LONGEST_LINE_BYTES


def _fault(text: str) -> str:
    return "line_too_long" if len(text) > LONGEST_LINE_BYTES else "broken_quotes"


def _cells(text: str) -> list[str] | None:
    """Return the cells of one record, None where a quote in it is not closed or stands where none may."""
    if len(text) > LONGEST_LINE_BYTES:
        return None
    if '"' not in text:
        return text.rstrip("\r\n").split(",")
    csv.field_size_limit(LONGEST_LINE_BYTES)
    try:
        found = list(csv.reader([text] if text.count("\n") <= 1 else text.splitlines(keepends=True), strict=True))
    except csv.Error:
        return None
    return found[0] if len(found) == 1 else None


def _row(cells: list[str], *, header: list[str]) -> tuple[str, str | None]:
    if len(cells) != len(header):
        return _text({"cells": cells}), "wrong_cell_count"
    nested = _nested({name: cell for name, cell in zip(header, cells, strict=True) if cell})
    text = json.dumps(nested, ensure_ascii=False)
    if text.isascii() or _is_utf8(text):
        return text, None
    return _text(nested), "wrong_encoding"


def _nested(flat: dict[str, str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, cell in flat.items():
        *parents, leaf = name.split(".")
        place = tree
        for parent in parents:
            place = place.setdefault(parent, {})
        place[leaf] = cell
    return tree


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _text(content: object) -> str:
    return json.dumps(content, ensure_ascii=True)
