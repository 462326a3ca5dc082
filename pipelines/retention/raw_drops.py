"""Lets raw files and keys go: landed files are unlinked, days of quarantine go with their keys, counts are kept.

A landed file is unlinked or not, a day of quarantine is gone with its files or the next call removes them, and a key whose day
is over is destroyed whether files are left of it or not. One file that cannot be removed stops no other. Not here: which.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.identity.keyring import Keyring
from pipelines.intake import quarantined_rows
from pipelines.lake import Intervention, Manifest, Move
from pipelines.lake.placing import sync_folder
from pipelines.retention.plans import Plan
from pipelines.retention.raw import LANDING, QUARANTINE, File
from pipelines.settings import Home

RAW_KIND = "retention_raw"


def carry_out(home: Home, ring: Keyring, manifest: Manifest, found: Plan, *, as_of: datetime) -> int:
    """Let everything of the raw zones go that can; return how many landed files were others meanwhile."""
    if not found.over and not found.key_ids:
        return 0
    number = len(manifest.interventions()) + 1
    work_id = hashlib.sha256(f"{RAW_KIND} {number}".encode()).hexdigest()[:16]
    quarantined = [each.path for each in found.of(QUARANTINE)]
    rows, unreadable = quarantined_rows(home, ring, quarantined)
    counts: dict[str, Any] = {"plan": found.checksum, "kept": found.kept, "dropped": rows, "is_complete": False}
    counts |= {"windows": dict(found.windows)}
    instant = as_of.astimezone(UTC).isoformat()
    manifest.prepare_intervention(
        Intervention(work_id, RAW_KIND, instant, counts), moves=[Move(None, path) for path in quarantined], stale={}
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
