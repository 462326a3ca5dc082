"""Carries a plan out: files are unlinked, keys destroyed, counts kept. Not here: what has to go, or asking whether to.

Killed anywhere, the next plan has what is left, and what was noted says that it was not completed: a landed file is unlinked
or not, a day of quarantine is gone with its files or the next call removes them, and a key whose day is over is destroyed
whether files are left of it or not. One file that cannot be removed stops no other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.contracts import Contracts
from pipelines.identity.keyring import Keyring
from pipelines.intake import quarantined_rows
from pipelines.lake import Intervention, Manifest, Move, open_manifest
from pipelines.lake.placing import sync_folder
from pipelines.retention.plans import LANDING, QUARANTINE, BrakeHeld, File, Plan, plan
from pipelines.settings import Home

KIND = "retention"


class StalePlan(RuntimeError):
    """What would go now is not what was agreed to."""


class NotRemoved(RuntimeError):
    """Something that has to go is there still, whatever stopped it; all else has gone."""


@dataclass(frozen=True)
class Applied:
    """What went: the plan as it was, and how many of its landed files were others meanwhile and stay until they are read."""

    plan: Plan
    changed: int


def apply(home: Home, ring: Keyring, contracts: Contracts, *, as_of: datetime, agreed: str | None = None) -> Applied:
    """Let go what has to go on the day of `as_of`; the caller holds the writer lock.

    `agreed` is the checksum of the plan that somebody has looked at; without one, an unusual plan is refused. Raises
    StalePlan, BrakeHeld: then nothing has changed; NotRemoved: then all has gone that could.
    """
    with open_manifest(home) as manifest:
        manifest.recover()
        found = plan(home, ring, contracts, as_of=as_of)
        if agreed is not None and agreed != found.checksum:
            raise StalePlan(
                f"the plan {agreed} is not what would go now, which is {found.checksum}: look at `crosslife retention plan` again"
            )
        if found.unusual and agreed is None:
            raise BrakeHeld(
                f"{found.unusual}. If all is as it should be, `crosslife retention apply --plan {found.checksum}` lets "
                f"{found.files:,} files go"
            )
        if not found.over and not found.key_ids:
            return Applied(found, changed=0)
        changed = _carry_out(home, ring, manifest, found, as_of=as_of)
    if left := plan(home, ring, contracts, as_of=as_of).files:
        raise NotRemoved(
            f"{left:,} files that have to go could not be removed from {home.root}: see who may write there, and that the disk "
            "is sound; the next call tries again"
        )
    return Applied(found, changed)


def _carry_out(home: Home, ring: Keyring, manifest: Manifest, found: Plan, *, as_of: datetime) -> int:
    """Let everything go that can; return how many landed files were others meanwhile."""
    number = len(manifest.interventions()) + 1
    work_id = hashlib.sha256(f"{KIND} {number}".encode()).hexdigest()[:16]
    quarantined = [each.path for each in found.of(QUARANTINE)]
    rows, unreadable = quarantined_rows(home, ring, quarantined)
    counts: dict[str, Any] = {"plan": found.checksum, "kept": found.kept, "dropped": rows, "is_complete": False}
    instant = as_of.astimezone(UTC).isoformat()
    manifest.prepare_intervention(
        Intervention(work_id, KIND, instant, counts), moves=[Move(None, path) for path in quarantined], stale={}
    )
    # Never through the manifest's moves: the name of a landed file can be a person's, and would stay in its free pages.
    gone, changed = _unlink(home, found.of(LANDING))
    ring.change(remove=found.key_ids)
    files: Mapping[str, int] = {LANDING: gone, QUARANTINE: len(quarantined)}
    counts |= {"files": files, "keys": len(found.key_ids), "unreadable": unreadable, "is_complete": True}
    manifest.amend(work_id, counts)
    manifest.finish(work_id)
    return changed


def _unlink(home: Home, landed: Sequence[File]) -> tuple[int, int]:
    """Remove landed files that are still what was planned for; return how many went, and how many are others by now."""
    gone = changed = 0
    folders = set[Path]()
    for each in landed:
        if not each.is_as_planned():
            changed += 1
            continue
        with suppress(OSError):
            each.path.unlink()
            gone += 1
            folders.add(each.path.parent)
    for folder in folders:
        sync_folder(folder)
    for folder in sorted(folders, key=lambda each: len(each.parts), reverse=True):
        _remove_empty(folder, below=home.landing)
    return gone, changed


def _remove_empty(folder: Path, *, below: Path) -> None:
    """Remove a folder that was emptied, and those above it, down to the source's own: its name can be a person's, too."""
    while folder.parent != below and folder.is_relative_to(below):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
