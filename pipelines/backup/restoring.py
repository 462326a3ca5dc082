"""Puts a home back from a backup: made ready beside its place, everything that went since let go again, then renamed.

Until the rename there is no home; killed anywhere, the next call begins anew and ends the same. What was destroyed since is never
written: the keyring is written without it, files that only it opened are not counted as waiting, the vault gets a new epoch.
Not here: what has to go by the policy's windows (the caller says how), or how a backup is read (contents, sealed).
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any, Protocol, cast

from pipelines import settings
from pipelines.backup import contents
from pipelines.backup.journal import is_destroyed, note_gone, opens_the_vault
from pipelines.backup.listing import check, opened
from pipelines.backup.problems import HomeNotEmpty
from pipelines.backup.sealed import Header, Opener
from pipelines.backup.telling import Told
from pipelines.contracts import Contracts
from pipelines.identity import backup_keys, keyring, keys, master, rotation
from pipelines.identity.files import locked, read_private, write_private
from pipelines.identity.keyring import Entry, Keyring
from pipelines.intake import quarantine_files, quarantined_rows
from pipelines.lake import Horizons, Intervention, Manifest, Move, open_manifest
from pipelines.lake.horizons import EVENT
from pipelines.lake.placing import sync_folder
from pipelines.settings import Home

KIND = "restore"
_QUARANTINE = "quarantine/"
_SPARED = (".writer.lock", ".keyring.lock")


class _HasHorizons(Protocol):
    def horizons(self) -> Horizons: ...


@dataclass(frozen=True)
class Restored:
    """What was put back, and what of it went again: horizons raised, keys destroyed, files that only those opened."""

    id: str
    made_at: str
    files: int
    horizons: int
    keys: int
    unreadable_files: int
    vault_keys: tuple[str, ...]


def restore(
    home: Home,
    file: Path,
    contracts: Contracts,
    *,
    as_of: datetime,
    then: Callable[[Home, Keyring], None],
    say: Callable[[str], None] = lambda _: None,
) -> Restored:
    """Put the home back from a backup's file. Raises BackupProblem, and whatever `then` raises: then there is no home still.

    `then` is given the home before it stands in its place, to let everything go that has to by now.
    """
    ready = settings.restoring(home)
    book_file = backup_keys.place_of(home)
    with locked(book_file.with_name(f"{book_file.name}.restore.lock")):
        _refuse_full(home)
        _bring_key_back(home, ready)
        check(home, file, contracts, as_of=as_of, say=say)
        header, key = opened(home, file, contracts, as_of=as_of)
        begun = _begin(home, ready)
        say("checked; writing the home beside its place")
        files, text = _read(begun, file, header, key=key, say=say)
        ring = keyring.unsealed(begun, text, master_key=key).wrapped_under(master.candidates(home)[0])
        say("letting go what went since")
        had = [entry.token for entry in ring.entries()]
        done = _let_go(begun, ring, header, files=files, as_of=as_of)
        then(begun, keys.open_keyring(begun))
        note_gone(home, keys.open_keyring(begun), had=had)
        _put_in_place(begun, home)
    return done


def _carry_horizons(manifest: _HasHorizons, journal: Mapping[str, str]) -> int:
    """Raise the horizons of whole days to those of the journal; return how many there are.

    What says up to where enrolments and people were looked at stays as it was: they are there again, and looked at again.
    """
    raised = {
        dataset: day for name, day in journal.items() for dataset, _, kind in [name.partition("/")] if kind == EVENT
    }
    for dataset, through in raised.items():
        manifest.horizons().raise_to(dataset, EVENT, date.fromisoformat(through))
    return len(raised)


def _read(ready: Home, file: Path, header: Header, *, key: bytes, say: Callable[[str], None]) -> tuple[int, bytes]:
    """Write the files of a backup; return how many, and the keyring."""
    count = 0

    def seen() -> None:
        nonlocal count
        count += 1

    with file.open("rb") as content:
        stream = Opener(content, header, key=key, seen=Told(say, "written", total=file.stat().st_size))
        ring = contents.read(ready, cast("IO[bytes]", stream), seen=seen)
        stream.read_to_end()
    return count, ring


def _let_go(ready: Home, ring: Keyring, header: Header, *, files: int, as_of: datetime) -> Restored:
    """Write the keyring without what was destroyed since, and let go what hangs on it."""
    book = backup_keys.read(ready)
    gone = [each for each in ring.entries() if is_destroyed(each, book.destroyed)]
    destroyed = [each.id for each in gone if not opens_the_vault(each)]
    with open_manifest(ready) as manifest:
        closed = _files_of(ready, destroyed)
        rows, _ = quarantined_rows(ready, ring, closed)
        ring.write(without=destroyed)
        horizons = _carry_horizons(manifest, book.horizons)
        counts = {"backup": header.id, "made_at": header.made_at, "horizons": horizons, "keys": len(destroyed)}
        _intervene(manifest, {**counts, "files": files, "dropped": rows}, closed, as_of=as_of)
        manifest.stored().check()
    exchanged = _exchange_vault_key(ready, ring, gone)
    return Restored(header.id, header.made_at, files, horizons, len(destroyed), len(closed), exchanged)


def _files_of(ready: Home, destroyed: Iterable[str]) -> list[Path]:
    """Return the files that only these keys open."""
    days = {each.removeprefix(_QUARANTINE) for each in destroyed if each.startswith(_QUARANTINE)}
    return [each.path for each in quarantine_files(ready) if each.day.isoformat() in days]


def _intervene(manifest: Manifest, counts: Mapping[str, Any], closed: list[Path], *, as_of: datetime) -> None:
    number = len(manifest.interventions()) + 1
    work_id = hashlib.sha256(f"{KIND} {number} {counts['backup']}".encode()).hexdigest()[:16]
    work = Intervention(work_id, KIND, as_of.astimezone(UTC).isoformat(), counts)
    manifest.prepare_intervention(work, moves=[Move(None, path) for path in closed], stale={})
    manifest.finish(work_id)


def _exchange_vault_key(ready: Home, ring: Keyring, gone: list[Entry]) -> tuple[str, ...]:
    """Copy the vault under a new key, so that the one that the backup brought is destroyed once more; return which were."""
    is_looked_up_anew = any(each.family == "lookup" for each in gone)
    done = rotation.rotate_lookup(ring) if is_looked_up_anew else rotation.rotate_vault(ring)
    return done.destroyed


def _begin(home: Home, ready: Home) -> Home:
    """Return an empty home beside the place of the one to be put back, with its master key where that is a file in it."""
    key_file = settings.key_file(home)
    text = read_private(key_file) if key_file.is_relative_to(home.root) and key_file.exists() else None
    if ready.root.exists():
        shutil.rmtree(ready.root)
    ready.prepare()
    if text is not None:
        write_private(ready.root / key_file.relative_to(home.root), content=text)
    return ready


def _bring_key_back(home: Home, ready: Home) -> None:
    """Put the master key back into the home, where a restore was killed right before the home got its name."""
    key_file = settings.key_file(home)
    if key_file.is_relative_to(home.root) and not key_file.exists():
        beside = ready.root / key_file.relative_to(home.root)
        if beside.exists():
            write_private(key_file, content=read_private(beside))


def _refuse_full(home: Home) -> None:
    """Raise HomeNotEmpty where something stands in the home's place besides the master key that it uses."""
    key_file = settings.key_file(home)
    spared = {*_SPARED, *([key_file.name] if key_file.parent == home.root else [])}
    if home.root.exists() and (not home.root.is_dir() or {path.name for path in home.root.iterdir()} - spared):
        raise HomeNotEmpty(
            f"{home.root} is not empty: a backup is put back where nothing stands but the master key; name another home, or "
            "move this one away"
        )


def _put_in_place(ready: Home, home: Home) -> None:
    """Give the home its name; what was written is on the disk before."""
    os.sync()
    _refuse_full(home)
    if home.root.exists():
        for path in home.root.iterdir():
            path.unlink()
    # Onto an empty folder or none, in one step.
    os.rename(ready.root, home.root)  # noqa: PTH104 - the name of the promise
    sync_folder(home.root.parent)
