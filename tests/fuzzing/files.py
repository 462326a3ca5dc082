"""Spoiled rows as files of every format: tame files, whose every row is known by its place, and wild ones, which are not."""

from __future__ import annotations

import gzip
import io
import random
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from tests.fuzzing import cells, log_lines, objects, samples
from tests.fuzzing.fates import Fate, Made

_ROWS = 500
_BOM = b"\xef\xbb\xbf"
LONG = b'{"a":"' + b"x" * (1 << 20) + b'"}'


class File(NamedTuple):
    """A file to land: its fates by place (None: nobody knows), and the ids of its sound rows."""

    name: str
    content: bytes
    fates: dict[int, Fate] | None
    sound_ids: list[str]


class Source(NamedTuple):
    """What files of one source are made of: sound rows, or lines of a log."""

    name: str
    rows: Sequence[dict[str, Any]]
    lines: Sequence[bytes] = ()


def tame(source: Source, suffix: str, *, rows: int, rng: random.Random) -> Iterator[File]:
    """Yield files of so many rows in all."""
    numbers = iter(range(rows))
    for part in range(-(-rows // _ROWS)):
        taken = list(islice(numbers, _ROWS))
        made = {".csv": _csv, ".parquet": _parquet}.get(suffix, _lines)
        yield made(source, f"t{part:05d}{suffix}", taken, rng)


def wild(file: File, *, rng: random.Random) -> File:
    """Return a file whose bytes were cut, flipped, doubled or begun with others."""
    content = bytearray(file.content)
    for _ in range(rng.choice((1, 2, 8))):
        start, end = sorted(rng.randrange(len(content)) for _ in range(2))
        match rng.randrange(5):
            case 0:
                content = content[:end] or bytearray(b"x")
            case 1:
                for at in rng.sample(range(len(content)), min(20, len(content))):
                    content[at] = rng.choice(b'"\n\r,\x00{}[]\\\xff x0')
            case 2:
                content[start : min(end, start + 5_000)] = b""
                content = content or bytearray(b"x")
            case 3:
                content[start:start] = rng.choice((b'"', b"\n", b"\r", b"\x00" * 900, b"\x1f\x8b", b"PAR1", _BOM))
            case _:
                content += content[start : min(end, start + 5_000)]
    return File(f"w{file.name}", bytes(content), None, [])


def _fresh(source: Source, number: int, rng: random.Random) -> dict[str, Any]:
    return samples.fresh(source.name, rng.choice(source.rows), number)


def _lines(source: Source, name: str, numbers: Sequence[int], rng: random.Random) -> File:
    made, ids = list[Made](), list[str]()
    for number in numbers:
        if source.lines:
            made.append(log_lines.made(rng.choice(source.lines), rng=rng))
            continue
        row = _fresh(source, number, rng)
        made.append(objects.made(row, required=samples.REQUIRED[source.name], rng=rng))
        if made[-1].fate is Fate.SOUND:
            ids.append(f"uji-{number}")
    if rng.random() < 0.1:
        made[-1] = Made(LONG, Fate.BAD)
        ids = [each for each in ids if each != f"uji-{numbers[-1]}"]
    end = rng.choice((b"\n", b"\r\n"))
    content = rng.choice((b"", _BOM)) + end.join(each.content for each in made) + rng.choice((b"", end))
    fates = {place: each.fate for place, each in enumerate(made, start=1)}
    return File(name, _zipped(content, rng) if name.endswith(".gz") else content, fates, ids)


def _zipped(content: bytes, rng: random.Random) -> bytes:
    """Several members, some of them empty, with padding behind."""
    cuts = sorted(rng.randrange(len(content)) for _ in range(rng.choice((0, 1, 5))))
    parts = [content[start:end] for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True)]
    members = [gzip.compress(part, rng.choice((0, 1, 9)), mtime=0) for part in parts]
    return rng.choice((b"", gzip.compress(b"", mtime=0))).join(members) + rng.choice((b"", b"\x00" * 512))


def _columns(source: Source) -> list[str]:
    return list(dict.fromkeys(name for row in source.rows for name in cells.flat(row)))


def _csv(source: Source, name: str, numbers: Sequence[int], rng: random.Random) -> File:
    columns = _columns(source)
    content, fates, ids = ",".join(columns).encode() + b"\n", dict[int, Fate](), list[str]()
    place = 2
    for number in numbers:
        row = dict.fromkeys(columns, "") | cells.flat(_fresh(source, number, rng))
        made = cells.record(row, required=samples.REQUIRED[source.name], rng=rng)
        fates[place] = made.fate
        place += cells.lines_of(made.content)
        content += made.content
        if made.fate is Fate.SOUND:
            ids.append(f"uji-{number}")
    return File(name, rng.choice((b"", _BOM)) + content, fates, ids)


def _parquet(source: Source, name: str, numbers: Sequence[int], rng: random.Random) -> File:
    columns = _columns(source)
    is_odd = rng.random() < 0.5
    rows, fates, ids = list[dict[str, str]](), dict[int, Fate](), list[str]()
    for place, number in enumerate(numbers, start=1):
        row = dict.fromkeys(columns, "") | cells.flat(_fresh(source, number, rng))
        changed, fate = cells.spoiled(row, required=samples.REQUIRED[source.name], rng=rng)
        rows.append(changed)
        fates[place] = Fate.OPEN if is_odd else fate
        if fates[place] is Fate.SOUND:
            ids.append(f"uji-{number}")
    kind = rng.choice((pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())))
    arrays = {column: pa.array([row[column] or None for row in rows], kind) for column in columns}
    for _ in range(rng.choice((1, 3)) if is_odd else 0):
        arrays[rng.choice([*columns, "tambahan"])] = cells.odd_column(len(rows), rng=rng)
    sink = io.BytesIO()
    compression = rng.choice(("none", "snappy", "zstd", "gzip"))
    pq.write_table(pa.table(arrays), sink, row_group_size=rng.choice((100, 500, 5_000)), compression=compression)
    return File(name, sink.getvalue(), fates, ids)
