"""Carries a plan out: files are unlinked, keys destroyed, counts kept. Not here: what has to go, or asking whether to.

Killed anywhere, the next plan has what is left: a landed file is unlinked or not, a day of quarantine is gone with its files or
the next call removes them, and a key whose day is over is destroyed whether files are left of it or not.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.contracts import Contracts
from pipelines.identity.keyring import Keyring
from pipelines.intake import quarantined_rows
from pipelines.lake import Intervention, Manifest, Move, open_manifest
from pipelines.lake.placing import sync_folder
from pipelines.retention.plans import BrakeHeld, Plan, plan
from pipelines.settings import Home

KIND = "retention"


class StalePlan(RuntimeError):
    """What would go now is not what was agreed to."""


@dataclass(frozen=True)
class Applied:
    """What went: the plan, and what a look afterwards finds overdue still (0, or something could not be removed)."""

    plan: Plan
    overdue: int


def apply(home: Home, ring: Keyring, contracts: Contracts, *, as_of: datetime, agreed: str | None = None) -> Applied:
    """Let go what has to go on the day of `as_of`; the caller holds the writer lock.

    `agreed` is the checksum of the plan that somebody has looked at; without one, an unusual plan is refused. Raises
    StalePlan, BrakeHeld; then nothing has changed.
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
        if not found.drops and not found.key_ids:
            return Applied(found, overdue=0)
        _carry_out(home, ring, manifest, found, as_of=as_of)
    return Applied(found, overdue=plan(home, ring, contracts, as_of=as_of).files)


def _carry_out(home: Home, ring: Keyring, manifest: Manifest, found: Plan, *, as_of: datetime) -> None:
    number = len(manifest.interventions()) + 1
    work_id = hashlib.sha256(f"{KIND} {number}".encode()).hexdigest()[:16]
    zones = Counter({drop.zone: 0 for drop in found.drops})
    for drop in found.drops:
        zones[drop.zone] += drop.files
    counts = {
        "plan": found.checksum,
        "files": dict(zones),
        "kept": found.kept,
        "keys": len(found.key_ids),
        "dropped": quarantined_rows(home, ring, found.quarantined),
    }
    moves = [Move(None, path) for path in found.quarantined]
    manifest.prepare_intervention(
        Intervention(work_id, KIND, as_of.astimezone(UTC).isoformat(), counts), moves=moves, stale={}
    )
    # Never through the manifest: the name of a landed file can be a person's, and would stay in its free pages.
    for path in found.landed:
        path.unlink(missing_ok=True)
    for folder in {path.parent for path in found.landed}:
        sync_folder(folder)
    manifest.finish(work_id)
    ring.change(remove=found.key_ids)
