"""One night's drops, over all the rooms that have a part in them: figures sealed, rows and keys let go, backups told.

What the command and the schedule both do. Not here: what has to go (retention), which figures are kept (release), how a backup
learns of it (backup).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pipelines import backup, lake, release, retention
from pipelines.contracts import Contracts
from pipelines.identity.keyring import Keyring
from pipelines.settings import Home


def let_go(
    home: Home,
    ring: Keyring,
    contracts: Contracts,
    *,
    as_of: datetime,
    agreed: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> retention.Applied:
    """Let go what has to go today; the caller holds the writer lock. Raises what `retention.apply` and `release.seal` raise.

    A restored backup must not bring back what fell: whatever was dropped is noted where the backups' keys lie, and keys of
    backups whose days are over are destroyed, whether or not the drops could all be done; by a clock that is in doubt none is,
    as nobody could bring it back.
    """
    is_in_doubt = False

    def seal(falling: retention.Falling) -> Mapping[str, Any]:
        progress("sealing the figures that are made of what falls")
        sealed = release.seal(home, ring, contracts, falling, as_of=as_of)
        return {"rows": dict(sealed.rows), "digests": dict(sealed.digests)}

    try:
        applied = retention.apply(home, ring, contracts, as_of=as_of, agreed=agreed, seal=seal, progress=progress)
        is_in_doubt = not applied.is_noted
    except (retention.BrakeHeld, retention.StalePlan):
        is_in_doubt = True
        raise
    finally:
        with lake.open_manifest(home) as manifest:
            dropped = {
                f"{name}/{kind}": day.isoformat() for (name, kind), day in manifest.horizons().all().items() if name
            }
        backup.note_drops(home, dropped)
        if not is_in_doubt:
            backup.expire(home, ring, contracts, as_of=as_of)
    return applied
