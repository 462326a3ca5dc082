"""What has to go: by zone and dataset, since when, under which clause; a checksum by which a plan is agreed to; and a brake.

Nothing is changed here. A landed file goes when the day on which its content was first committed lies longer back than the
policy's window; a file that no batch has read stays, however old, and so does what a link leads to. A day of quarantine goes
with its key, which nobody can bring back.
"""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pipelines.contracts import Contracts
from pipelines.identity.keyring import Keyring
from pipelines.intake import landed_files, quarantine_files, settled_files
from pipelines.lake import Manifest, open_manifest
from pipelines.retention.clocks import day_of, is_over, last_day
from pipelines.settings import Home

LANDING, QUARANTINE = "landing", "quarantine"
QUARANTINE_KEYS = "quarantine/"
_MOST_DAYS = 62
_MANY = 100


class BrakeHeld(RuntimeError):
    """More would go than usual, or the clock stands far from all that is known; somebody has to look at the plan first."""


@dataclass(frozen=True)
class Drop:
    """What has to go of one dataset in one zone: files and bytes; `since` is the first day on which it should be gone."""

    zone: str
    dataset: str
    files: int
    bytes: int
    since: date
    clause: str


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


@dataclass(frozen=True)
class Plan:
    """Everything that has to go on one day.

    `kept` is how many files of these zones stay, `unjudged` how many in the landing zone no batch has read as they are;
    `unusual` says why somebody has to look first, empty where nobody has to. `over` and `key_ids` are what is meant: names of
    landed files can be a person's, so that they are shown to nobody, and are in `checksum` by the manifest's salted hash.
    """

    today: date
    policy_version: str
    drops: tuple[Drop, ...]
    kept: int
    unjudged: int
    unusual: str
    over: tuple[File, ...]
    key_ids: tuple[str, ...]
    checksum: str

    @property
    def files(self) -> int:
        """How many files go."""
        return len(self.over)

    def of(self, zone: str) -> tuple[File, ...]:
        """Return the files of one zone that go."""
        return tuple(each for each in self.over if each.zone == zone)


def plan(home: Home, ring: Keyring, contracts: Contracts, *, as_of: datetime) -> Plan:
    """Return what has to go on the day of `as_of`."""
    policy, today = contracts.policy, day_of(as_of, timezone=contracts.policy.timezone)
    windows = {LANDING: policy.landing_days, QUARANTINE: policy.quarantine_days}
    with open_manifest(home) as manifest:
        landed = list(_landed(home, contracts, manifest))
        found = [*landed, *_quarantined(home)]
        last = _last_known(manifest, landed, timezone=policy.timezone) or today
        over = tuple(each for each in found if is_over(each.began, windows[each.zone].value, today=today))
        drops = tuple(
            _drop(files, windows[files[0].zone].value, windows[files[0].zone].clause) for files in _groups(over)
        )
        keys = tuple(sorted(_keys_over(ring, windows[QUARANTINE].value, today=today)))
        said = [today.isoformat(), policy.version, [asdict(drop) for drop in drops], keys]
        names = sorted(manifest.digest(str(each.path.relative_to(home.root))) for each in over)
    return Plan(
        today=today,
        policy_version=policy.version,
        drops=drops,
        kept=len(found) - len(over),
        unjudged=_entries(home) - len(landed),
        unusual=_unusual(today, last=last, over=len(over), found=len(found)) if over or keys else "",
        over=over,
        key_ids=keys,
        checksum=hashlib.sha256(json.dumps([said, names], default=str).encode()).hexdigest()[:16],
    )


def _groups(over: Sequence[File]) -> list[list[File]]:
    groups: dict[tuple[str, str], list[File]] = {}
    for each in over:
        groups.setdefault((each.zone, each.dataset), []).append(each)
    return [groups[name] for name in sorted(groups)]


def _drop(files: Sequence[File], days: int, clause: str) -> Drop:
    since = last_day(min(each.began for each in files), days + 1)
    return Drop(files[0].zone, files[0].dataset, len(files), sum(each.bytes for each in files), since, clause)


def _unusual(today: date, *, last: date, over: int, found: int) -> str:
    """Say what is unusual: a clock that jumped, or a window that shrank, would let all go at once, and rightly so by itself."""
    days = (today - last).days
    if days > _MOST_DAYS:
        return f"the last that is known is of {last}, {days:,} days before {today}: see that the clock is right"
    if found >= _MANY and over > found / 2:
        return f"{over:,} of {found:,} files would go: see that the policy's windows are right"
    return ""


def _last_known(manifest: Manifest, landed: Sequence[File], *, timezone: str) -> date | None:
    """Return the last day that anything is known of: of batches, or of files if theirs is earlier, as no run sets their time."""
    batches = [day_of(datetime.fromisoformat(each.as_of), timezone=timezone) for each in manifest.batches()]
    written = [day_of(datetime.fromtimestamp(each.modified_ns / 1e9, UTC), timezone=timezone) for each in landed]
    return min((max(days) for days in (batches, written) if days), default=None)


def _landed(home: Home, contracts: Contracts, manifest: Manifest) -> Iterator[File]:
    for source in sorted({*contracts.inbound, *manifest.sources()}):
        for path, as_of in landed_files(home, source, manifest):
            began = day_of(datetime.fromisoformat(as_of), timezone=contracts.policy.timezone)
            if file := _file(home, LANDING, source, path, began):
                yield file


def _quarantined(home: Home) -> Iterator[File]:
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


def _entries(home: Home) -> int:
    folders = [entry.name for entry in home.landing.iterdir() if entry.is_dir()] if home.landing.is_dir() else []
    return sum(1 for source in folders for _ in settled_files(home, source))


def _keys_over(ring: Keyring, days: int, *, today: date) -> Iterator[str]:
    for entry in ring.entries():
        if entry.id.startswith(QUARANTINE_KEYS):
            day = date.fromisoformat(entry.id.removeprefix(QUARANTINE_KEYS))
            if is_over(day, days, today=today):
                yield entry.id
