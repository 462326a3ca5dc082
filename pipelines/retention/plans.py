"""What has to go: by zone and dataset, since when, under which clause; a checksum by which a plan is agreed to; and a brake.

Nothing is changed here. A landed file goes when the day its batch was committed lies longer back than the policy's window; a
file that no batch has read stays, however old. A day of quarantine goes with its key, which nobody can bring back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from pipelines.contracts import Contracts
from pipelines.identity.keyring import Keyring
from pipelines.intake import landed_files, quarantine_files
from pipelines.lake import Manifest, open_manifest
from pipelines.retention.clocks import day_of, is_over, last_day
from pipelines.settings import Home

LANDING, QUARANTINE = "landing", "quarantine"
QUARANTINE_KEYS = "quarantine/"
_MOST_DAYS_SINCE_THE_LAST_BATCH = 62
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
class Plan:
    """Everything that has to go on one day.

    `kept` is how many files of these zones stay; `unusual` says why somebody has to look first, empty where nobody has to.
    `paths` and `key_ids` are what is meant: names of landed files can be a person's, so that they are shown to nobody.
    """

    today: date
    policy_version: str
    drops: tuple[Drop, ...]
    kept: int
    unusual: str
    landed: tuple[Path, ...]
    quarantined: tuple[Path, ...]
    key_ids: tuple[str, ...]

    @property
    def files(self) -> int:
        """How many files go."""
        return sum(drop.files for drop in self.drops)

    @property
    def checksum(self) -> str:
        """What tells this plan from any other: a digest of everything that would go."""
        said = [self.today.isoformat(), self.policy_version, [asdict(drop) for drop in self.drops]]
        names = sorted(map(str, (*self.landed, *self.quarantined, *self.key_ids)))
        return hashlib.sha256(json.dumps([said, names], default=str).encode("utf-8", "surrogateescape")).hexdigest()[
            :16
        ]


@dataclass(frozen=True)
class _File:
    zone: str
    dataset: str
    path: Path
    began: date


def plan(home: Home, ring: Keyring, contracts: Contracts, *, as_of: datetime) -> Plan:
    """Return what has to go on the day of `as_of`."""
    policy, today = contracts.policy, day_of(as_of, timezone=contracts.policy.timezone)
    windows = {LANDING: policy.landing_days, QUARANTINE: policy.quarantine_days}
    with open_manifest(home) as manifest:
        found = [*_landed(home, contracts, manifest), *_quarantined(home)]
        last = max(
            (day_of(datetime.fromisoformat(each.as_of), timezone=policy.timezone) for each in manifest.batches()),
            default=today,
        )
    over = [each for each in found if is_over(each.began, windows[each.zone].value, today=today)]
    groups: dict[tuple[str, str], list[_File]] = {}
    for each in over:
        groups.setdefault((each.zone, each.dataset), []).append(each)
    drops = tuple(
        Drop(
            zone,
            dataset,
            files=len(files),
            bytes=sum(each.path.stat().st_size for each in files),
            since=last_day(min(each.began for each in files), windows[zone].value + 1),
            clause=windows[zone].clause,
        )
        for (zone, dataset), files in sorted(groups.items())
    )
    keys = tuple(sorted(_keys_over(ring, windows[QUARANTINE].value, today=today)))
    return Plan(
        today=today,
        policy_version=policy.version,
        drops=drops,
        kept=len(found) - len(over),
        unusual=_unusual(today, last=last, over=len(over), found=len(found)) if over or keys else "",
        landed=tuple(each.path for each in over if each.zone == LANDING),
        quarantined=tuple(each.path for each in over if each.zone == QUARANTINE),
        key_ids=keys,
    )


def _unusual(today: date, *, last: date, over: int, found: int) -> str:
    """Say what is unusual: a clock that jumped, or a window that shrank, would let all go at once, and rightly so by itself."""
    days = (today - last).days
    if days > _MOST_DAYS_SINCE_THE_LAST_BATCH:
        return f"the last batch was taken in on {last}, {days:,} days before {today}: see that the clock is right"
    if found >= _MANY and over > found / 2:
        return f"{over:,} of {found:,} files would go: see that the policy's windows are right"
    return ""


def _landed(home: Home, contracts: Contracts, manifest: Manifest) -> Iterator[_File]:
    for source in contracts.inbound:
        for path, as_of in landed_files(home, source, manifest):
            began = day_of(datetime.fromisoformat(as_of), timezone=contracts.policy.timezone)
            yield _File(LANDING, source, path, began)


def _quarantined(home: Home) -> Iterator[_File]:
    for file in quarantine_files(home):
        yield _File(QUARANTINE, file.source, file.path, file.day)


def _keys_over(ring: Keyring, days: int, *, today: date) -> Iterator[str]:
    for entry in ring.entries():
        if entry.id.startswith(QUARANTINE_KEYS):
            day = date.fromisoformat(entry.id.removeprefix(QUARANTINE_KEYS))
            if is_over(day, days, today=today):
                yield entry.id
