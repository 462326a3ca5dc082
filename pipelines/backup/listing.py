"""Which backups there are, whether their key is still there, and whether a file is what was written. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pipelines.backup.expiring import backups_in
from pipelines.backup.problems import BackupEnded, BackupUnreadable
from pipelines.backup.sealed import Header, Opener, read_header
from pipelines.backup.telling import Told
from pipelines.contracts import Contracts
from pipelines.contracts.periods import day_of, is_over, last_day
from pipelines.identity import backup_keys
from pipelines.settings import Home

OPENS, ENDED, UNKNOWN, MISSING = "opens", "ended", "unknown", "no file"


@dataclass(frozen=True)
class Listed:
    """One backup: `state` is opens, ended (its key was destroyed), unknown (no key of this home), or no file (a key alone).

    `until` is the last day on which it opens, or the day on which its key was destroyed.
    """

    id: str
    made_at: str
    state: str
    bytes: int
    until: date | None


def listed(home: Home, contracts: Contracts, *, places: list[Path]) -> tuple[Listed, ...]:
    """Return the backups in these folders, and the keys of those that are elsewhere, the oldest first."""
    book, days = backup_keys.read(home), contracts.policy.backup_days.value
    found, rows = backups_in(places), []
    for path, header in found:
        size = path.stat().st_size
        if header.id in book.keys:
            until = last_day(date.fromisoformat(book.keys[header.id].day), f"P{days}D")
            rows.append(Listed(header.id, header.made_at, OPENS, size, until))
        elif header.id in book.ended:
            rows.append(Listed(header.id, header.made_at, ENDED, size, date.fromisoformat(book.ended[header.id])))
        else:
            rows.append(Listed(header.id, header.made_at, UNKNOWN, size, None))
    there = {header.id for _, header in found}
    rows += [
        Listed(each.id, each.made_at, MISSING, 0, last_day(date.fromisoformat(each.day), f"P{days}D"))
        for each in book.keys.values()
        if each.id not in there
    ]
    return tuple(sorted(rows, key=lambda each: (each.made_at, each.id)))


def check(
    home: Home, file: Path, contracts: Contracts, *, as_of: datetime, say: Callable[[str], None] = lambda _: None
) -> Header:
    """Read a backup from its beginning to its end and return its header. Raises BackupProblem where a restore would."""
    header, key = opened(home, file, contracts, as_of=as_of)
    told = Told(say, "checked", total=file.stat().st_size)
    with file.open("rb") as content:
        Opener(content, header, key=key, seen=told).read_to_end()
    return header


def opened(home: Home, file: Path, contracts: Contracts, *, as_of: datetime) -> tuple[Header, bytes]:
    """Return header and key of a backup that may still be opened. Raises BackupEnded, BackupUnreadable, BackupDamaged."""
    header, book = read_header(file), backup_keys.read(home)
    if header.id in book.ended:
        raise BackupEnded(
            f"the key of the backup {header.id} was destroyed on {book.ended[header.id]}, as the policy says: nobody can read it "
            "any more"
        )
    if header.id not in book.keys:
        raise BackupUnreadable(
            f"no key of this home opens the backup {header.id}: it is of another master key or home, "
            f"or {backup_keys.place_of(home)} is not the file of backup keys of the home that made it"
        )
    days = contracts.policy.backup_days.value
    day, today = date.fromisoformat(book.keys[header.id].day), day_of(as_of, timezone=contracts.policy.timezone)
    if is_over(day, f"P{days}D", today=today):
        raise BackupEnded(
            f"the backup {header.id} could be read until {last_day(day, f'P{days}D')}: its key has to be destroyed, and is with "
            "the next `crosslife retention apply`"
        )
    return header, book.key(header.id)
