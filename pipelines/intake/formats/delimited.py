"""CSV with a header; dotted columns are nested fields (`context.ip`)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from _csv import Reader

from pipelines.intake.formats.lines import LONGEST_LINE_BYTES, SCHEMA, UnreadableFile

_ROWS = 20_000


def read(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield each CSV record as one JSON line; its place is the line on which the record ends.

    A record with more or fewer cells than the header has the fault `wrong_cell_count`; one that is not UTF-8
    `wrong_encoding`. Empty cells are absent fields. Raises UnreadableFile without a usable header.
    """
    csv.field_size_limit(LONGEST_LINE_BYTES)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        reader = csv.reader(stream)
        header = _header(reader)
        records = _records(reader, header=header)
        while rows := list(islice(records, _ROWS)):
            places, texts, faults = zip(*rows, strict=True)
            yield pa.RecordBatch.from_pydict(
                {"place": list(places), "raw": list(texts), "fault": list(faults)}, schema=SCHEMA
            )


def _header(reader: Reader) -> list[str]:
    try:
        header = [name.strip() for name in next(reader)]
    except (StopIteration, csv.Error):
        raise UnreadableFile("no_header") from None
    if not all(header) or len(set(header)) < len(header):
        raise UnreadableFile("broken_header")
    return header


def _records(reader: Reader, *, header: list[str]) -> Iterator[tuple[int, str, str | None]]:
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield reader.line_num, "", "broken_csv"
            continue
        if cells:
            yield reader.line_num, *_row(cells, header=header)


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
            child = place.setdefault(parent, {})
            place = child if isinstance(child, dict) else place
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
