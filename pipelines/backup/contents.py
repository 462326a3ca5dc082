"""What of a home is in a backup, and as what it is read: files of these zones, databases through SQLite's own backup.

Not here: how the stream is sealed, or what is done with a home that was put back.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO

from pipelines.backup.problems import BackupDamaged, BackupUnusablePlace
from pipelines.lake.manifest import staging_dir
from pipelines.settings import Home

KEYRING = "keyring"
ZONES = ("evidence", "vault", "lake", "quarantine", "release", "audiences")
_LEFT_OUT = (".staging", "spill", ".lock")
_DATABASE = ".sqlite"
_BESIDE_A_DATABASE = ("-journal", "-wal", "-shm")
_PRIVATE, _PRIVATE_FOLDER = 0o600, 0o700


def files_of(home: Home) -> list[Path]:
    """Return every file and link that a backup holds, relative to the home, in the order in which they are read.

    Raises BackupUnusablePlace where a link leads out of its zone: what is there would not be in the backup.
    """
    found = [path for zone in ZONES for path in _below(home.root / zone)]
    foreign = sum(not _stays(home, path) for path in found if path.is_symlink())
    if foreign:
        raise BackupUnusablePlace(
            f"{foreign:,} links in {home.root} lead out of their zone, and a backup would not hold what they lead to: put the "
            "files themselves there"
        )
    # The ledger's head first: it may grow meanwhile, and entries that its head does not know are taken over, not the reverse.
    ordered = sorted(found, key=lambda path: path.name != "head.json")
    return [path.relative_to(home.root) for path in sorted(ordered, key=lambda path: _rank(home, path))]


def write(home: Home, stream: IO[bytes], *, ring: bytes, files: list[Path], seen: Callable[[int], None]) -> None:
    """Write keyring and files as one archive; `seen` is told the bytes of each file."""
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        _add_bytes(archive, KEYRING, ring)
        for path in files:
            if (home.root / path).is_symlink():
                _add_link(archive, path, home.root / path)
            elif path.suffix == _DATABASE:
                _add_database(home, archive, path)
            else:
                _add_file(archive, path, home.root / path)
            seen((home.root / path).lstat().st_size)


def read(home: Home, stream: IO[bytes], *, seen: Callable[[], None]) -> bytes:
    """Write the files of an archive into an empty home, and return the keyring, which is not written."""
    ring = b""
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isreg() else None
            if member.name == KEYRING and content:
                ring = content.read()
                continue
            place = _place(home, member)
            place.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
            if content:
                descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
                with os.fdopen(descriptor, "wb") as file:
                    shutil.copyfileobj(content, file, 1 << 20)
            else:
                place.symlink_to(member.linkname)
            seen()
    return ring


def _below(zone: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(zone.resolve()):
        here = zone / Path(folder).relative_to(zone.resolve())
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT and name not in links)
        for name in sorted([*files, *links]):
            if name not in _LEFT_OUT and not name.endswith(tuple(_DATABASE + end for end in _BESIDE_A_DATABASE)):
                yield here / name


def _stays(home: Home, link: Path) -> bool:
    zone = home.root / link.relative_to(home.root).parts[0]
    return not link.readlink().is_absolute() and link.resolve().is_relative_to(zone.resolve())


def _rank(home: Home, path: Path) -> int:
    return ZONES.index(path.relative_to(home.root).parts[0])


def _add_bytes(archive: tarfile.TarFile, name: str, text: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(text)
    archive.addfile(member, BytesIO(text))


def _add_link(archive: tarfile.TarFile, path: Path, link: Path) -> None:
    member = tarfile.TarInfo(path.as_posix())
    member.type, member.linkname = tarfile.SYMTYPE, str(link.readlink())
    archive.addfile(member)


def _add_file(archive: tarfile.TarFile, path: Path, at: Path) -> None:
    with at.open("rb") as file:
        member = tarfile.TarInfo(path.as_posix())
        member.size = os.fstat(file.fileno()).st_size
        archive.addfile(member, file)


def _add_database(home: Home, archive: tarfile.TarFile, path: Path) -> None:
    """Add a database as SQLite itself copies it: a raw copy of one in use can be torn."""
    beside = staging_dir(home) / "backup" / path.name
    beside.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
    beside.unlink(missing_ok=True)
    with closing(sqlite3.connect(home.root / path)) as source, closing(sqlite3.connect(beside)) as copy:
        source.backup(copy)
    _add_file(archive, path, beside)
    beside.unlink()


def _place(home: Home, member: tarfile.TarInfo) -> Path:
    parts = PurePosixPath(member.name).parts
    leads_out = member.issym() and (member.linkname.startswith("/") or ".." in PurePosixPath(member.linkname).parts)
    if len(parts) <= 1 or parts[0] not in ZONES or ".." in parts or not (member.isreg() or member.issym()) or leads_out:
        raise BackupDamaged("the backup holds something that no backup of a home holds: nothing of it is used")
    return home.root.joinpath(*parts)
