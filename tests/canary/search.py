"""The search itself: walks a folder, opens what it finds, and says where an identifier lies.

A finding never bears the identifier, only its number in the caller's list.
"""

from __future__ import annotations

import copy
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.canary import containers
from tests.canary.forms import needles
from tests.canary.matching import Matcher
from tests.canary.views import views

_CHUNK = 4 << 20
_DEPTH = 6


@dataclass(frozen=True)
class Zones:
    """Folders directly under the root that may hold identifiers.

    `sealed` ones only encrypted: they are searched as one without keys would, and what stays shut is no finding.
    `skipped` ones are not looked at.
    """

    sealed: frozenset[str] = frozenset()
    skipped: frozenset[str] = frozenset()


@dataclass(frozen=True, order=True)
class Finding:
    """Where one canary lies, and in which form; `canary` is its number, -1 where a container could not be read."""

    file: str
    place: str
    kind: str
    form: str
    canary: int = field(default=-1)


def search(
    root: Path,
    canaries: Iterable[tuple[str, str]],
    *,
    parquet_keys: Mapping[str, bytes] | None = None,
    duckdb_keys: Mapping[str, bytes] | None = None,
    allow: Zones | None = None,
) -> list[Finding]:
    """Return every place under `root` where one of the (kind, value) canaries lies, and every unreadable container.

    Raises ValueError for a canary shorter than 6 bytes, and FileNotFoundError where the root is missing: an empty
    search must not pass for a clean one.
    """
    if not root.is_dir():
        raise FileNotFoundError(f"{root} is not a folder")
    with tempfile.TemporaryDirectory() as scratch:
        walk = _Search(list(canaries), parquet_keys or {}, duckdb_keys or {}, Path(scratch))
        return sorted(set(walk.folder(root, allow or Zones())))


class _Search:
    def __init__(
        self,
        canaries: list[tuple[str, str]],
        parquet_keys: Mapping[str, bytes],
        duckdb_keys: Mapping[str, bytes],
        scratch: Path,
    ) -> None:
        self._kinds = [kind for kind, _ in canaries]
        self._matcher = Matcher(needles(canaries))
        self._parquet_keys = parquet_keys
        self._duckdb_keys = duckdb_keys
        self._scratch = scratch
        self._is_without_keys = False
        # Room for the longest form when every byte of it is escaped (\u0061).
        self._overlap = 6 * self._matcher.longest

    def without_keys(self) -> _Search:
        """Return the same search as one who holds no key can do it."""
        other = copy.copy(self)
        other._parquet_keys, other._duckdb_keys, other._is_without_keys = {}, {}, True
        return other

    def folder(self, root: Path, zones: Zones) -> Iterator[Finding]:
        outsider = self.without_keys()
        for place, folders, files in os.walk(root):
            inner = Path(place).relative_to(root)
            if inner == Path():
                folders[:] = [name for name in folders if name not in zones.skipped]
            folders.sort()
            reader = outsider if inner.parts[:1] and inner.parts[0] in zones.sealed else self
            for name in sorted([*files, *folders]):
                path = Path(place) / name
                relative = str(path.relative_to(root))
                yield from self._stretch(os.fsencode(name), relative, "file name")
                if path.is_symlink():
                    # What it points to is searched where it lies; a target's name may bear an identifier too.
                    yield from self._stretch(os.fsencode(path.readlink()), relative, "link target")
                elif path.is_file():
                    yield from reader.file(path, relative, "raw bytes")

    def file(self, path: Path, name: str, place: str, *, depth: int = 0) -> Iterator[Finding]:
        """Search a file's bytes and, where it is a container, what is inside."""
        with path.open("rb") as stream:
            head = stream.read(16)
        is_packed = head[:4] in (b"PAR1", b"PARE") or head[8:12] == b"DUCK"
        yield from self._raw(path, name, place, is_packed=is_packed)
        try:
            for inner, data in self._inside(path, head):
                yield from self._bytes(data, name, f"{place} > {inner}" if depth else inner, depth=depth + 1)
        except containers.Unreadable:
            yield from self._unreadable(name, place)

    def _unreadable(self, name: str, place: str) -> Iterator[Finding]:
        if not self._is_without_keys:
            yield Finding(name, place, "unreadable", "container")

    def _inside(self, path: Path, head: bytes) -> Iterator[tuple[str, bytes]]:
        if head[:4] in (b"PAR1", b"PARE"):
            yield from containers.parquet(path, self._parquet_keys)
        elif head[8:12] == b"DUCK":
            yield from containers.duckdb_file(path, self._duckdb_keys)
        elif head.startswith(b"SQLite format 3"):
            yield from containers.sqlite(path, self._scratch)
        elif head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"PK\x03\x04", b"PK\x05\x06")):
            yield from containers.unpack(path.read_bytes()) or ()

    def _bytes(self, data: bytes, name: str, place: str, *, depth: int) -> Iterator[Finding]:
        """Search bytes that came out of a container, which may be a container again."""
        yield from self._stretch(data, name, place)
        if depth > _DEPTH:
            yield Finding(name, place, "unreadable", "nested too deep")
        elif data[:4] in (b"PAR1", b"PARE") or data[8:12] == b"DUCK" or data.startswith(b"SQLite format 3"):
            inner = self._scratch / f"inner{depth}"
            inner.write_bytes(data)
            yield from self.file(inner, name, place, depth=depth)
        else:
            try:
                for inner_place, inner_data in containers.unpack(data) or ():
                    yield from self._bytes(inner_data, name, f"{place} > {inner_place}", depth=depth + 1)
            except containers.Unreadable:
                yield from self._unreadable(name, place)

    def _raw(self, path: Path, name: str, place: str, *, is_packed: bool) -> Iterator[Finding]:
        before = b""
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                yield from self._window(before + chunk, name, place, is_packed=is_packed)
                before = (before + chunk)[-self._overlap :]

    def _stretch(self, data: bytes, name: str, place: str) -> Iterator[Finding]:
        for start in range(0, max(len(data), 1), _CHUNK):
            yield from self._window(data[max(0, start - self._overlap) : start + _CHUNK], name, place)

    def _window(self, data: bytes, name: str, place: str, *, is_packed: bool = False) -> Iterator[Finding]:
        for reading, folded in views(data):
            for needle in self._matcher.find(folded, is_packed=is_packed):
                form = f"{needle.form}, {reading}" if reading else needle.form
                yield Finding(name, place, self._kinds[needle.canary], form, needle.canary)
