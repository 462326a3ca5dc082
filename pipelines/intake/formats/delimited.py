"""CSV with a header; dotted columns are nested fields (`context.ip`)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.intake.formats.lines import KEPT_OF_A_LONG_LINE_BYTES, LONGEST_LINE_BYTES, SCHEMA, UnreadableFile
from pipelines.intake.formats.nesting import nested_names

_ROWS = 20_000
_LONGEST_RECORD_LINES = 50


def read(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield each CSV record as one JSON line; its place is the line on which the record begins.

    Empty cells are absent fields. A record with more or fewer cells than the header has the fault `wrong_cell_count`, one
    that is not UTF-8 `wrong_encoding`. A quote that is not closed within its record would swallow the records after it:
    the line on which it opens has the fault `broken_quotes`, and reading goes on with the next line. Raises
    UnreadableFile without a usable header.
    """
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        lines = enumerate(stream, start=1)
        header = _header(lines)
        records = _records(lines, header=header)
        while rows := list(islice(records, _ROWS)):
            places, texts, faults = zip(*rows, strict=True)
            yield pa.RecordBatch.from_pydict(
                {"place": list(places), "raw": list(texts), "fault": list(faults)}, schema=SCHEMA
            )


def _header(lines: Iterator[tuple[int, str]]) -> list[str]:
    first = next(lines, None)
    cells = _cells(first[1]) if first else None
    if not cells:
        raise UnreadableFile("no_header")
    header = [name.strip() for name in cells]
    if not all(header) or len(set(header)) < len(header) or nested_names(header) is None:
        raise UnreadableFile("broken_header")
    return header


def _records(lines: Iterator[tuple[int, str]], *, header: list[str]) -> Iterator[tuple[int, str, str | None]]:
    waiting: list[tuple[int, str]] = []
    while True:
        taken = waiting.pop(0) if waiting else next(lines, None)
        if taken is None:
            return
        place, text = taken
        if not text.strip("\r\n"):
            continue
        held = [taken]
        cells = _cells(text)
        while cells is None and _may_go_on(held):
            following = waiting.pop(0) if waiting else next(lines, None)
            if following is None:
                break
            held.append(following)
            cells = _cells("".join(line for _, line in held))
        if cells is None:
            waiting = held[1:] + waiting
            yield place, _text({"line": text[:KEPT_OF_A_LONG_LINE_BYTES]}), _fault(text)
        else:
            yield place, *_row(cells, header=header)


def _may_go_on(held: list[tuple[int, str]]) -> bool:
    return len(held) <= _LONGEST_RECORD_LINES and sum(len(line) for _, line in held) <= LONGEST_LINE_BYTES


def _fault(text: str) -> str:
    return "line_too_long" if len(text) > LONGEST_LINE_BYTES else "broken_quotes"


def _cells(text: str) -> list[str] | None:
    """Return the cells of one record, None where a quote in it is not closed or stands where none may."""
    if len(text) > LONGEST_LINE_BYTES:
        return None
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
