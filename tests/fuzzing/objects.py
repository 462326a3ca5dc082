"""Rows of JSON, spoiled. Every row is one line, whatever was done to it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.fuzzing import strange
from tests.fuzzing.fates import Fate, Made

Row = dict[str, Any]
_PLACE = "@@here@@"


def made(row: Row, *, required: Sequence[Sequence[str]], rng: random.Random) -> Made:
    """Return a row as it is (one in four), or spoiled in one way."""
    roll = rng.random()
    if roll < 0.25:
        return Made(plain(row), Fate.SOUND)
    if roll < 0.3:
        return Made(_without(row, rng.choice(required), rng), Fate.BAD)
    if roll < 0.55:
        return Made(_one_line(rng.choice(_BROKEN)(plain(row), row, rng)), Fate.BAD)
    return Made(_one_line(rng.choice(_ODD)(row, rng)), Fate.OPEN)


def plain(row: Row) -> bytes:
    """Return a row as tools write it."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()


def _one_line(content: bytes) -> bytes:
    return content.replace(b"\n", b" ")


def _without(row: Row, names: Sequence[str], rng: random.Random) -> bytes:
    """Required members gone, or empty."""
    empty = rng.choice((None, "", "gone"))
    kept = {name: value for name, value in row.items() if name not in names}
    return plain(kept if empty == "gone" else {**kept, **dict.fromkeys(names, empty)})


def _cut_off(content: bytes, _row: Row, rng: random.Random) -> bytes:
    return content[: rng.randrange(1, len(content))]


def _gone_on(content: bytes, _row: Row, rng: random.Random) -> bytes:
    return content + rng.choice((b"}", b"]", b"x", b"{}", b" 1", b'"', b"{", b"//", b"\x00", b"\x00}"))


def _no_utf8(content: bytes, _row: Row, rng: random.Random) -> bytes:
    at = rng.randrange(1, len(content))
    return (
        content[:at] + rng.choice((b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf8", b"\xf4\x90\x80\x80")) + content[at:]
    )


def _nul(content: bytes, _row: Row, rng: random.Random) -> bytes:
    at = rng.randrange(1, len(content))
    return content[:at] + b"\x00" * rng.choice((1, 9)) + content[at:]


def _no_object(content: bytes, _row: Row, rng: random.Random) -> bytes:
    around = (
        b"[%s]",
        b"(%s)",
        b"%s,%s",
        b"x%s",
        b"\xef\xbb\xbf\xef\xbb\xbf%s",
        b"null",
        b"1",
        b'"%s"',
        b"[]",
        b"true",
        b"\x00",
    )
    return rng.choice(around).replace(b"%s", content)


def _braces(_content: bytes, _row: Row, rng: random.Random) -> bytes:
    depth = 10_000 if rng.random() < 0.02 else 50
    return rng.choice((b"{", b'{"a":', b"[", b"}", b'{"a":[')) * depth


def _twice(content: bytes, row: Row, rng: random.Random) -> bytes:
    name = rng.choice(list(row))
    spelled = "".join(f"\\u{ord(letter):04x}" for letter in name) if rng.random() < 0.3 else name
    value = json.dumps(row[name]) if rng.random() < 0.5 else json.dumps(strange.text(rng))
    return b'{"%s":%s,' % (spelled.encode(), value.encode("utf-8", "surrogatepass")) + content[1:]


def _no_json(content: bytes, _row: Row, rng: random.Random) -> bytes:
    return rng.choice(
        (
            content.replace(b'"', b"'"),
            content.replace(b":", b"=", 1),
            b"{x" + content[1:],
            b'{1:2,"' + content[2:],
            b"{/* */" + content[1:],
            b"{,," + content[1:],
        )
    )


def _strange_value(row: Row, rng: random.Random) -> bytes:
    path = rng.choice(list(_paths(row)))
    changed = json.dumps(_put(row, path, _PLACE), ensure_ascii=False)
    return changed.replace(f'"{_PLACE}"', strange.literal(rng)).encode("utf-8", "surrogatepass")


def _strange_member(row: Row, rng: random.Random) -> bytes:
    objects = [path for path in ((), *_paths(row)) if isinstance(_at(row, path), dict)]
    changed = json.dumps(_put(row, (*rng.choice(objects), strange.key(rng)), _PLACE), ensure_ascii=False)
    return changed.replace(f'"{_PLACE}"', strange.literal(rng)).encode("utf-8", "surrogatepass")


def _nested_twice(row: Row, rng: random.Random) -> bytes:
    content = plain(row)
    inner = content.find(b"{", 1)
    return content if inner < 0 else content[: inner + 1] + b'"a":1,"a":2,' + content[inner + 1 :]


def _flipped(row: Row, rng: random.Random) -> bytes:
    content = bytearray(plain(row))
    for _ in range(rng.choice((1, 1, 2, 9))):
        content[rng.randrange(len(content))] = rng.randrange(256)
    return b"{" + bytes(content[1:])


def _copied(row: Row, rng: random.Random) -> bytes:
    content = plain(row)
    start, end = sorted((rng.randrange(len(content)), rng.randrange(len(content))))
    return content[:end] + content[start:]


_BROKEN: tuple[Callable[[bytes, Row, random.Random], bytes], ...] = (
    *(_cut_off, _gone_on, _no_utf8, _nul, _no_object, _braces, _twice, _no_json),
)
_ODD: tuple[Callable[[Row, random.Random], bytes], ...] = (
    *(_strange_value, _strange_value, _strange_value, _strange_member, _nested_twice, _flipped, _copied),
)


def _paths(row: Row, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in row.items():
        yield (*above, name)
        if isinstance(value, dict):
            yield from _paths(value, (*above, name))


def _at(row: Row, path: Sequence[str]) -> Any:
    for name in path:
        row = row[name]
    return row


def _put(row: Row, path: Sequence[str], value: object) -> Row:
    first, *rest = path
    return {**row, first: _put(row[first], rest, value) if rest else value}
