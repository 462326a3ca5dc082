"""The zones of raw data: landed files, and quarantined rows with their keys. What of them has to go; nothing is changed here.

A landed file goes when the day on which its content was first committed lies longer back than the policy's window; a file
that no batch has read stays, however old, and so does what a link leads to. A day of quarantine goes with its key, which
nobody can bring back.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pipelines.contracts import Contracts, periods
from pipelines.contracts.registers import Days, Policy
from pipelines.identity.keyring import Keyring
from pipelines.intake import landed_files, quarantine_files, settled_files
from pipelines.lake import Manifest
from pipelines.settings import Home

LANDING, QUARANTINE = "landing", "quarantine"
QUARANTINE_KEYS = "quarantine/"


@dataclass(frozen=True)
class File:
    """A file as it was planned for; another size or time makes it another file."""

    zone: str
    dataset: str
    path: Path
    began: date
    bytes: int
    modified_ns: int

    def is_as_planned(self) -> bool:
        """Say whether the file is still the one that was planned for."""
        try:
            facts = self.path.lstat()
        except FileNotFoundError:
            return False
        return (facts.st_size, facts.st_mtime_ns) == (self.bytes, self.modified_ns)


def window_of(policy: Policy, zone: str) -> Days:
    """Return how many days a zone keeps what it holds, and by which clause."""
    return {LANDING: policy.landing_days, QUARANTINE: policy.quarantine_days}[zone]


def is_over(began: date, window: Days, *, today: date) -> bool:
    """Say whether what began on that day has to be gone by now."""
    return periods.is_over(began, f"P{window.value}D", today=today)


def landed(home: Home, contracts: Contracts, manifest: Manifest) -> Iterator[File]:
    """Yield every landed file that a batch has read as it is."""
    for source in sorted({*contracts.inbound, *manifest.sources()}):
        for path, as_of in landed_files(home, source, manifest):
            began = periods.day_of(datetime.fromisoformat(as_of), timezone=contracts.policy.timezone)
            if file := _file(home, LANDING, source, path, began):
                yield file


def quarantined(home: Home) -> Iterator[File]:
    """Yield every file of quarantined rows."""
    for each in quarantine_files(home):
        if file := _file(home, QUARANTINE, each.source, each.path, each.day):
            yield file


def _file(home: Home, zone: str, dataset: str, path: Path, began: date) -> File | None:
    """Return a file, None where it has gone meanwhile or lies behind a link: what a link leads to is not ours to remove."""
    try:
        facts = path.lstat()
    except FileNotFoundError:
        return None
    inside = path.parent.resolve().is_relative_to((home.root / zone).resolve())
    return (
        File(zone, dataset, path, began, facts.st_size, facts.st_mtime_ns)
        if inside and stat.S_ISREG(facts.st_mode)
        else None
    )


def entries(home: Home) -> int:
    """Return how many files lie in the landing zone, read or not."""
    folders = [entry.name for entry in home.landing.iterdir() if entry.is_dir()] if home.landing.is_dir() else []
    return sum(1 for source in folders for _ in settled_files(home, source))


def keys_over(ring: Keyring, window: Days, *, today: date) -> Iterator[str]:
    """Yield the ids of keys whose day of quarantine is over, whether files are left of it or not."""
    for entry in ring.entries():
        if entry.id.startswith(QUARANTINE_KEYS):
            day = date.fromisoformat(entry.id.removeprefix(QUARANTINE_KEYS))
            if is_over(day, window, today=today):
                yield entry.id
