"""Makes a backup: one consistent copy of a home, under the writer lock, in one file of a folder that the operator names.

The file is written beside its name; then its key is kept, then it gets its name. Killed anywhere, there is no backup, or a whole
one: a file without a key is waste, and a key without a file opens nothing. Not here: what is copied (contents).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, cast

from pipelines.backup import contents
from pipelines.backup.journal import note_gone
from pipelines.backup.problems import BackupUnusablePlace
from pipelines.backup.sealed import Header, Sealer
from pipelines.backup.telling import Told
from pipelines.contracts import Contracts
from pipelines.contracts.periods import day_of, last_day
from pipelines.identity import backup_keys, epochs
from pipelines.identity.backup_keys import BackupKey
from pipelines.identity.files import locked, put_in_place
from pipelines.identity.keyring import Keyring
from pipelines.lake import Intervention, Manifest, open_manifest
from pipelines.settings import Home

KIND = "backup"
_PRIVATE = 0o600


@dataclass(frozen=True)
class Made:
    """A backup that was made: its file, how many files of the home and bytes it holds, the last day on which it opens."""

    file: Path
    id: str
    files: int
    bytes: int
    last_day: date


def make(
    home: Home,
    ring: Keyring,
    contracts: Contracts,
    *,
    to: Path,
    as_of: datetime,
    say: Callable[[str], None] = lambda _: None,
) -> Made:
    """Write a backup of the home into the folder `to`; the caller holds the writer lock, and has recorded what happened.

    Raises LakeDamaged, LostVault, VaultBusy, BackupUnusablePlace.
    """
    _refuse_unusable(home, to)
    day = day_of(as_of, timezone=contracts.policy.timezone)
    header = Header(f"{day}-{os.urandom(8).hex()}", as_of.astimezone(UTC).isoformat(timespec="seconds"))
    with open_manifest(home) as manifest:
        manifest.recover()
        manifest.stored().check()
        with backup_keys.changing(home) as book:
            key, wrapped = book.draw(header.id)
        beside = to / f"crosslife-{ring.master_fingerprint()}.part"
        with locked(epochs.lock_file(home)):
            epochs.ensure(ring)
            note_gone(home, ring)
            files = _write(home, ring, beside, header, key=key, say=say)
        size = beside.stat().st_size
        with backup_keys.changing(home) as book:
            book.keys[header.id] = BackupKey(header.id, day.isoformat(), header.made_at, wrapped)
        put_in_place(beside, path=to / header.name)
        counts = {"backup": header.id, "made_at": header.made_at, "files": files, "bytes": size}
        _note(manifest, header, counts)
    return Made(to / header.name, header.id, files, size, last_day(day, f"P{contracts.policy.backup_days.value}D"))


def _write(home: Home, ring: Keyring, beside: Path, header: Header, *, key: bytes, say: Callable[[str], None]) -> int:
    """Write the file, whole and synced when it gets its name; return how many files of the home it holds."""
    found = contents.files_of(home)
    told = Told(say, "written", total=sum((home.root / path).lstat().st_size for path in found))
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        stream = Sealer(file, header, key=key)
        # The keyring's keys lie under the backup's key alone: the master key may be exchanged, and its old one forgotten.
        contents.write(home, cast("IO[bytes]", stream), ring=ring.wrapped_under(key).sealed(), files=found, seen=told)
        stream.end()
    return len(found)


def _note(manifest: Manifest, header: Header, counts: dict[str, object]) -> None:
    work_id = header.id.rpartition("-")[2]
    manifest.prepare_intervention(Intervention(work_id, KIND, header.made_at, counts), moves=[], stale={})
    manifest.finish(work_id)


def _refuse_unusable(home: Home, to: Path) -> None:
    if to.resolve().is_relative_to(home.root):
        raise BackupUnusablePlace(
            "backups cannot lie in the home that they are of: name a folder elsewhere, best on another disk"
        )
    if not to.is_dir():
        raise BackupUnusablePlace("the folder for backups is not there: make it, or mount its disk")
    if not os.access(to, os.W_OK):
        raise BackupUnusablePlace("nothing can be written into the folder for backups: see who owns it")
