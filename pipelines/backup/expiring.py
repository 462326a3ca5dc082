"""When a backup ends: its key is destroyed, and nobody opens it any more; its file can go then.

`due` says what would go, `expire` lets it go; both by the policy's days, the last of which counts in full. Files of backups that
another home made are never touched. Not here: when this is done.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pipelines.backup.journal import note_gone
from pipelines.backup.problems import BackupProblem
from pipelines.backup.sealed import SUFFIX, Header, read_header
from pipelines.contracts import Contracts
from pipelines.contracts.periods import ONE_DAY, day_of, is_over, last_day
from pipelines.identity import backup_keys
from pipelines.identity.keyring import Keyring
from pipelines.settings import Home


@dataclass(frozen=True)
class Due:
    """What has to go: ids of backups whose key does, and files that no key opens, or will open then; `since` the first day."""

    ids: tuple[str, ...]
    files: tuple[Path, ...]
    since: date | None


@dataclass(frozen=True)
class Expired:
    """What went: ids of backups whose key was destroyed, how many files were unlinked, and how many could not be."""

    ids: tuple[str, ...]
    files: int
    left: int


def due(home: Home, contracts: Contracts, *, as_of: datetime, places: Iterable[Path] = ()) -> Due:
    """Return what has to go on the day of `as_of`, files in the folders `places` included; changes nothing."""
    days, today = contracts.policy.backup_days.value, day_of(as_of, timezone=contracts.policy.timezone)
    if not backup_keys.place_of(home).exists():
        return Due((), (), None)
    book = backup_keys.read(home)
    over = {each.id: date.fromisoformat(each.day) for each in book.keys.values() if _is_over(each.day, days, today)}
    ended = over.keys() | book.ended.keys()
    files = [path for path, header in backups_in(places) if header.id in ended]
    since = last_day(min(over.values()), f"P{days}D") + ONE_DAY if over else None
    return Due(tuple(sorted(over)), tuple(files), since)


def expire(home: Home, ring: Keyring, contracts: Contracts, *, as_of: datetime, places: Iterable[Path] = ()) -> Expired:
    """Destroy the keys of backups whose days are over, then unlink their files in `places`; again, it changes nothing.

    It also notes which keys of the home are gone since, and lets no former master key open the file of backup keys.
    """
    if not backup_keys.place_of(home).exists():
        return Expired((), 0, 0)
    backup_keys.settle(home, fingerprint=ring.master_fingerprint())
    note_gone(home, ring)
    found = due(home, contracts, as_of=as_of, places=places)
    if found.ids:
        today = day_of(as_of, timezone=contracts.policy.timezone).isoformat()
        with backup_keys.changing(home) as book:
            for name in found.ids:
                if book.keys.pop(name, None):
                    book.ended[name] = today
            if not book.keys:
                # No backup is left that could bring a destroyed key back.
                book.destroyed.clear()
    left = 0
    for path in found.files:
        try:
            path.unlink(missing_ok=True)
        except OSError:
            left += 1
    return Expired(found.ids, len(found.files) - left, left)


def backups_in(places: Iterable[Path]) -> list[tuple[Path, Header]]:
    """Return the files in these folders that bear the header of a backup, the oldest first."""
    found = []
    for place in places:
        for path in sorted(place.glob(f"*{SUFFIX}")):
            try:
                found.append((path, read_header(path)))
            except BackupProblem:
                continue
    return found


def _is_over(day: str, days: int, today: date) -> bool:
    return is_over(date.fromisoformat(day), f"P{days}D", today=today)
