"""Rows of tables, spoiled cell by cell: CSV records with the line on which each begins, and Parquet columns."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from tests.fuzzing import strange
from tests.fuzzing.fates import Fate, Made

Cells = Mapping[str, str]
_LINE_END = re.compile(rb"\r\n|\r|\n")


def spoiled(row: Cells, *, required: Sequence[Sequence[str]], rng: random.Random) -> tuple[dict[str, str], Fate]:
    """Return the cells of a row as they are (one in three), without something required, or with something strange."""
    roll = rng.random()
    if roll < 0.35:
        return dict(row), Fate.SOUND
    if roll < 0.5:
        return {**row, **dict.fromkeys(rng.choice(required), "")}, Fate.BAD
    return {**row, **{rng.choice(list(row)): strange.text(rng) for _ in range(rng.choice((1, 1, 3)))}}, Fate.OPEN


def record(row: Cells, *, required: Sequence[Sequence[str]], rng: random.Random) -> Made:
    """Return one CSV record, its line end included."""
    cells, fate = spoiled(row, required=required, rng=rng)
    values, roll = list(cells.values()), rng.random()
    if roll < 0.06:
        return Made(_written([*values, "x"], rng), Fate.BAD)
    if roll < 0.12 and len(values) > 2:
        return Made(_written(values[:-1], rng), Fate.BAD)
    if roll < 0.18:
        return Made(_written([*values[:-1], "\udcff"], rng), Fate.BAD)
    return Made(_written(values, rng), fate)


def lines_of(content: bytes) -> int:
    """Return how many lines bytes of CSV take."""
    return len(_LINE_END.findall(content))


def _written(values: Sequence[str], rng: random.Random) -> bytes:
    buffer = io.StringIO()
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    csv.writer(buffer, quoting=quoting, lineterminator=rng.choice(("\n", "\r\n"))).writerow(values)
    return buffer.getvalue().encode("utf-8", "surrogateescape")


def flat(row: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """Return a row as dotted cells; what is no object is written as its JSON, but texts as they are."""
    found: dict[str, str] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            found |= flat(value, f"{above}{name}.")
        elif value is not None:
            found[above + name] = value if isinstance(value, str) else json.dumps(value)
    return found


def odd_column(rows: int, *, rng: random.Random) -> pa.Array:
    """Return a column of a type that nobody meant."""
    moment = datetime(2026, 6, 20, 10, tzinfo=UTC)
    values: Sequence[tuple[Any, pa.DataType]] = (
        *((7, pa.uint64()), (7, pa.int8()), (7.5, pa.float16()), (float("nan"), pa.float64()), (True, pa.bool_())),
        *((moment, pa.timestamp("ns", "Asia/Jakarta")), (moment.replace(tzinfo=None), pa.timestamp("s"))),
        *((date(9999, 12, 31), pa.date32()), (date(1, 1, 1), pa.date64()), (time(23, 59), pa.time64("us"))),
        *((timedelta(days=9), pa.duration("ms")), (Decimal("1.50"), pa.decimal128(9, 2)), (b"\xff\x00", pa.binary())),
        *((b"ab", pa.binary(2)), (strange.MARK, pa.large_string()), ([strange.MARK], pa.list_(pa.string()))),
        *(({"a": {"b": [strange.MARK]}}, pa.struct({"a": pa.struct({"b": pa.list_(pa.string())})})), (None, pa.null())),
        *(
            ([(strange.MARK, 1)], pa.map_(pa.string(), pa.int64())),
            (strange.MARK, pa.dictionary(pa.int8(), pa.string())),
        ),
        *((Decimal("9" * 60), pa.decimal256(70, 2)), ([], pa.list_(pa.struct({"id": pa.string()})))),
    )
    value, kind = rng.choice(values)
    return pa.array([value if rng.random() < 0.9 else None for _ in range(rows)], kind)
