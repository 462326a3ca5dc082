"""Takes rows out of quarantine for good, and keeps why: counts by reason, no value. Not here: asking whether to."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from pipelines import engine
from pipelines.identity.keyring import Keyring
from pipelines.intake import quarantine
from pipelines.intake.quarantine import Selection
from pipelines.lake import Intervention, Manifest, Move, open_manifest
from pipelines.lake.manifest import staging_dir
from pipelines.settings import Home

KIND = "quarantine_drop"
_LONGEST_WHY = 500


class NoWhy(ValueError):
    """Rows were to be dropped, and nobody said why."""


@dataclass(frozen=True)
class Dropped:
    """How many rows went, by source and reason."""

    rows: dict[str, dict[str, int]]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(sum(reasons.values()) for reasons in self.rows.values())


def drop(home: Home, ring: Keyring, chosen: Selection, *, why: str, as_of: datetime) -> Dropped:
    """Take the chosen rows out of quarantine; afterwards only their number, reason, `why` and `as_of` are known.

    The caller holds the writer lock. Raises NoWhy. Killed anywhere, all of them are gone or none.
    """
    said = why.strip()
    if not said or len(said) > _LONGEST_WHY or not said.isprintable():
        message = f"say in one line of at most {_LONGEST_WHY} characters why the rows are dropped (--why)"
        raise NoWhy(message)
    with open_manifest(home) as manifest:
        manifest.recover()
        number = len(manifest.interventions()) + 1
        work_id = hashlib.sha256(f"{KIND} {number}".encode()).hexdigest()[:16]
        moves, rows = _stage(home, ring, chosen, work_id=work_id)
        if moves:
            counts = {"why": said, "dropped": {source: dict(reasons) for source, reasons in rows.items()}}
            work = Intervention(work_id, KIND, as_of.isoformat(), counts)
            manifest.prepare_intervention(work, moves=moves, stale={})
            manifest.finish(work_id)
    return Dropped({source: dict(reasons) for source, reasons in rows.items()})


def totals(manifest: Manifest) -> dict[str, int]:
    """Return what the balances say of quarantine: rows that came in, were replayed, were dropped, and still wait."""
    balances = [batch.balance for batch in manifest.batches()]
    came = sum(sum(balance.get("quarantined", {}).values()) for balance in balances)
    replayed = sum(balance.get("replayed", 0) for balance in balances)
    # By somebody's decision, or by retention.
    dropped = sum(
        sum(reasons.values())
        for work in manifest.interventions()
        for reasons in work.counts.get("dropped", {}).values()
    )
    return {"came": came, "replayed": replayed, "dropped": dropped, "waiting": came - replayed - dropped}


def _stage(home: Home, ring: Keyring, chosen: Selection, *, work_id: str) -> tuple[list[Move], dict[str, Counter[str]]]:
    condition, values = chosen.condition()
    moves: list[Move] = []
    rows: dict[str, Counter[str]] = {}
    with engine.connect() as connection:
        for number, file in enumerate(quarantine.files_of(home, chosen.source)):
            held = quarantine.rows_of(connection, file, ring=ring)
            found = connection.execute(f"select reason, count(*) from {held} where {condition} group by all", values)
            if not (gone := dict(found.fetchall())):
                continue
            rows.setdefault(file.source, Counter()).update(gone)
            connection.execute(
                f"create or replace temp table rest as select * from {held} where not ({condition})", values
            )
            staged = staging_dir(home) / work_id / f"{number}.parquet"
            query = "select * from rest order by file, place, reason"
            kept = quarantine.write(connection, query, file=staged, day=file.day, ring=ring)
            moves.append(Move(staged if kept else None, file.path))
    return moves, rows
