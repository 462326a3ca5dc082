"""A backup as a file: a header that anybody can read, and behind it a stream of chunks that its key alone opens.

Each chunk is sealed with AES-256-GCM; its nonce is its number and whether it is the last (the STREAM construction of Hoang,
Reyhanitabar, Rogaway and Vizár, 2015), and the header is bound to each. So no chunk can be changed, cut off, moved, doubled or
taken from elsewhere unseen, and a renamed file is told by its header. A key seals one file only. Memory is that of two chunks.
What the stream holds does not belong here.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines.backup.problems import BackupDamaged, BackupUnreadable

CHUNK_BYTES = 1 << 20
SUFFIX = ".backup"
_MAGIC = b"crosslife backup 1\n"
_LONGEST_HEADER = 1_000
_TAG_BYTES, _NONCE_BYTES = 16, 12
_ID = re.compile(r"\d{4}-\d{2}-\d{2}-[0-9a-f]{16}")


@dataclass(frozen=True)
class Header:
    """What anybody may know of a backup: its id (which begins with its day) and the instant at which it was made."""

    id: str
    made_at: str

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"crosslife-{self.id}{SUFFIX}"

    @property
    def line(self) -> bytes:
        """The header as the file has it."""
        return json.dumps(asdict(self), sort_keys=True).encode() + b"\n"


class Sealer(io.RawIOBase):
    """Writes a stream into a file, sealed; it is whole once `end` was called."""

    def __init__(self, file: BinaryIO, header: Header, *, key: bytes) -> None:
        super().__init__()
        self._file = file
        self._seal = _Chunks(header, key=key).seal
        self._waiting = bytearray()
        self._number = 0
        file.write(_MAGIC + header.line)

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, data: bytes | bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Take bytes; whole chunks are written, the rest waits."""
        self._waiting += data
        # The last chunk is another one than those before, so that as much as may be the last is held back.
        while len(self._waiting) > CHUNK_BYTES:
            self._put(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]
        return len(data)

    def end(self) -> None:
        """Write the last chunk."""
        self._put(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _put(self, chunk: bytes, *, is_last: bool) -> None:
        self._file.write(self._seal(chunk, number=self._number, is_last=is_last))
        self._number += 1


class Opener(io.RawIOBase):
    """Reads the stream of a file back; each byte that it gives was seen to be what was written. Raises BackupDamaged."""

    def __init__(
        self, file: BinaryIO, header: Header, *, key: bytes, seen: Callable[[int], None] = lambda _: None
    ) -> None:
        super().__init__()
        self._file = file
        self._open = _Chunks(header, key=key).open
        self._seen = seen
        self._ready = memoryview(b"")
        self._number = 0
        self._has_ended = False
        file.seek(len(_MAGIC) + len(header.line))
        self._next = file.read(CHUNK_BYTES + _TAG_BYTES)

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Fill the buffer with what comes next; 0 once the last chunk was read."""
        while not self._ready and not self._has_ended:
            self._take()
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def read_to_end(self) -> None:
        """Read what is left, to see that it is whole."""
        while self.read(CHUNK_BYTES):
            pass

    def _take(self) -> None:
        sealed, self._next = self._next, self._file.read(CHUNK_BYTES + _TAG_BYTES)
        self._has_ended = not self._next
        self._ready = memoryview(self._open(sealed, number=self._number, is_last=self._has_ended))
        self._number += 1
        self._seen(len(sealed))


class _Chunks:
    """The chunks of one file, each bound to its place and to the header."""

    def __init__(self, header: Header, *, key: bytes) -> None:
        self._name = header.name
        self._header = hashlib.sha256(_MAGIC + header.line).digest()
        self._cipher = AESGCM(key)

    def seal(self, chunk: bytes, *, number: int, is_last: bool) -> bytes:
        return self._cipher.encrypt(_nonce(number, is_last=is_last), chunk, self._header)

    def open(self, sealed: bytes, *, number: int, is_last: bool) -> bytes:
        try:
            return self._cipher.decrypt(_nonce(number, is_last=is_last), sealed, self._header)
        except (InvalidTag, ValueError):
            raise BackupDamaged(
                f"the backup {self._name} is not what was written (it was cut or changed at chunk {number + 1:,}): nothing of "
                "it is used; take another copy of it, or an earlier backup"
            ) from None


def read_header(path: Path) -> Header:
    """Return the header of a backup's file. Raises BackupUnreadable, BackupDamaged where it bears another file's name."""
    try:
        with path.open("rb") as file:
            begins, line = file.read(len(_MAGIC)), file.readline(_LONGEST_HEADER)
        said = json.loads(line) if begins == _MAGIC else {}
        header = Header(said["id"], said["made_at"])
    except OSError as error:
        raise BackupUnreadable(
            f"the backup cannot be read ({type(error).__name__}): name a file that is there"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise BackupUnreadable("this file is no backup: `crosslife backup make` writes them") from None
    if not isinstance(header.made_at, str) or not _ID.fullmatch(str(header.id)) or line != header.line:
        raise BackupDamaged("the header of this backup is not as it was written: take another copy of it")
    if path.name != header.name:
        raise BackupDamaged(f"this backup was written as {header.name}: give it its name back, if it is that one")
    return header


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(_NONCE_BYTES - 1, "big") + bytes([is_last])
