"""The file of a backup: what was changed, cut, moved or renamed is told before any of it is used."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.backup import sealed
from pipelines.backup.problems import BackupDamaged, BackupUnreadable
from pipelines.backup.sealed import CHUNK_BYTES, Header, Opener, Sealer, read_header

HEADER = Header("2026-07-01-0123456789abcdef", "2026-06-30T17:00:00+00:00")
KEY = bytes(range(32))
SEALED_CHUNK = CHUNK_BYTES + 16
BEGINS = len(sealed._MAGIC) + len(HEADER.line)


def write(folder: Path, content: bytes, *, key: bytes = KEY) -> Path:
    path = folder / HEADER.name
    with path.open("wb") as file:
        stream = Sealer(file, HEADER, key=key)
        for start in range(0, len(content), 700_001):
            stream.write(content[start : start + 700_001])
        stream.end()
    return path


def read(path: Path, *, key: bytes = KEY) -> bytes:
    with path.open("rb") as file:
        stream = Opener(file, read_header(path), key=key)
        return b"".join(iter(lambda: stream.read(1 << 20), b""))


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_what_was_written_is_read_back(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    assert read(write(tmp_path, content)) == content


def _flipped(at: int) -> Callable[[bytes], bytes]:
    return lambda text: text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]


def _chunk(text: bytes, number: int) -> bytes:
    return text[BEGINS + number * SEALED_CHUNK : BEGINS + (number + 1) * SEALED_CHUNK]


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "a bit of the first chunk": _flipped(BEGINS + 5),
    "a bit of the second chunk": _flipped(BEGINS + SEALED_CHUNK + 99),
    "a bit of the last tag": _flipped(-1 + BEGINS + 3 * SEALED_CHUNK),
    "a digit of the instant": lambda text: text.replace(b"2026-06-30T17", b"2026-06-30T18", 1),
    "cut within a chunk": lambda text: text[:-1000],
    "cut at a chunk's end": lambda text: text[: BEGINS + 2 * SEALED_CHUNK],
    "cut to nothing": lambda text: text[:BEGINS],
    "chunks swapped": lambda text: text[:BEGINS] + _chunk(text, 1) + _chunk(text, 0) + _chunk(text, 2),
    "a chunk doubled": lambda text: text[:BEGINS] + _chunk(text, 0) + text[BEGINS:],
    "a chunk left out": lambda text: text[:BEGINS] + _chunk(text, 0) + _chunk(text, 2),
    "bytes added": lambda text: text + b"more",
    "a chunk added": lambda text: text + _chunk(text, 2),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_file_is_refused(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    path = write(tmp_path, os.urandom(3 * CHUNK_BYTES))
    text = path.read_bytes()
    changed = change(text)
    assert changed != text
    path.write_bytes(changed)
    with pytest.raises(BackupDamaged):
        read(path)


def test_a_renamed_file_is_refused_and_told_its_name(tmp_path: Path) -> None:
    path = write(tmp_path, b"x")
    other = path.rename(path.with_name("crosslife-2026-07-02-0123456789abcdef.backup"))
    with pytest.raises(BackupDamaged, match=HEADER.name):
        read_header(other)


def test_a_chunk_of_another_backup_under_the_same_key_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, b"x" * 10)
    text = path.read_bytes()
    other = Header("2026-07-01-0123456789abcdee", HEADER.made_at)
    path = path.with_name(other.name)
    path.write_bytes(sealed._MAGIC + other.line + text[BEGINS:])
    with pytest.raises(BackupDamaged):
        read(path)


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    with pytest.raises(BackupDamaged):
        read(write(tmp_path, b"x"), key=bytes(32))


@pytest.mark.parametrize("text", [b"", b"PAR1", sealed._MAGIC, sealed._MAGIC + b"{}\n", sealed._MAGIC + b"[1]\n"])
def test_what_is_no_backup_is_told_so(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / HEADER.name
    path.write_bytes(text)
    with pytest.raises(BackupUnreadable):
        read_header(path)
