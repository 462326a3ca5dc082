"""Takes children out of lake and vault, with everything, and shreds their keys. Who they are is found elsewhere.

Killed anywhere, the next call completes it: files go before the vault forgets, so that no row is left whose pseudonym nobody
could compute, and the look counts as done only once the vault has been copied under a fresh key. What a hold covers is set
aside, as retention does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import duckdb
import polars as pl

from pipelines import engine
from pipelines.contracts import Contracts, periods
from pipelines.identity import rotation
from pipelines.identity.keyring import Keyring
from pipelines.identity.vault import Vault, open_vault
from pipelines.intake import minority, storing
from pipelines.lake import Intervention, Manifest, doubts, open_manifest
from pipelines.lake.manifest import staging_dir
from pipelines.lake.rewriting import Rewriting
from pipelines.lake.rewriting import find as find_files
from pipelines.minors import finding
from pipelines.retention import holding, whereabouts
from pipelines.settings import Home

KIND = "minors"
_READER, _SHREDDED = "minors", "minors_shredded"

Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Erased:
    """What one look did: rows that went by dataset, rows that are held on by hold, subjects that the vault forgot."""

    rows: Mapping[str, int] = field(default_factory=dict)
    held: Mapping[str, int] = field(default_factory=dict)
    subjects: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """Return the counts by name: one for each dataset, and `subjects`."""
        return {**self.rows, "subjects": self.subjects}


def waits(home: Home, contracts: Contracts) -> bool:
    """Say whether anything came in since the last look that could be a child's, or a look was not completed."""
    if not home.manifest_file.exists():
        return False
    with open_manifest(home) as manifest:
        return _unseen(manifest, contracts) is not None or _is_unshredded(manifest)


def erase(
    home: Home,
    ring: Keyring,
    contracts: Contracts,
    *,
    as_of: datetime,
    progress: Progress = lambda _dataset, _rows: None,
) -> Erased:
    """Take out whoever was a child, with all that is stored of them; the caller holds the writer lock.

    What they were known by becomes tombstones, so that it is refused when it comes again. Nothing new since the last look:
    nothing is opened.
    """
    with open_manifest(home) as manifest:
        manifest.recover()
        position = _unseen(manifest, contracts)
        erased = Erased()
        if position is not None:
            erased = _look(home, ring, contracts, manifest, as_of=as_of, progress=progress)
        if _is_unshredded(manifest):
            rotation.rotate_vault(ring)
            manifest.readers().note_seen(_SHREDDED, _done(manifest))
        if position is not None:
            manifest.readers().note_seen(_READER, position)
    return erased


def _look(
    home: Home, ring: Keyring, contracts: Contracts, manifest: Manifest, *, as_of: datetime, progress: Progress
) -> Erased:
    spill = staging_dir(home) / "spill"
    spill.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    at = as_of.astimezone(UTC).replace(tzinfo=None)
    with (
        engine.connect(parquet_keys=ring.parquet_keys(), temp_dir=spill) as connection,
        open_vault(home, ring, purpose="children (policy §10)") as vault,
    ):
        engine.set_secret(connection, "event_key", ring.event_key().hex())
        subjects = finding.find(connection, manifest, contracts, vault, at=at)
        today = periods.day_of(as_of, timezone=contracts.policy.timezone)
        last = doubts.last_batch(manifest, timezone=contracts.policy.timezone, before=as_of)
        if last and not doubts.of_clock(last, today=today):
            # Never by a clock that jumped: what it took out would let children come back under the right one.
            vault.tombstones.sweep(at)
        work_id = hashlib.sha256(f"{KIND} {len(manifest.interventions()) + 1}".encode()).hexdigest()[:16]
        rewriting = Rewriting(home, connection, work_id=work_id, today=today)
        held = _take_out(home, contracts, connection, manifest, rewriting, work_id=work_id, today=today)
        if subjects.is_empty() and not rewriting.rows:
            vault.commit()
            return Erased()
        receipts = _forget(connection, contracts, vault, subjects, rewriting, as_of=as_of)
        if len(subjects):
            rewriting.moves += storing.links_again(connection, home, contracts, vault, batch_id=work_id)
        counts = {"rows": rewriting.rows, "held": held, "subjects": len(subjects), "records": list(receipts)}
        counts |= {"clause": contracts.policy.minority.clause.partition(" ")[0]}
        manifest.prepare_intervention(
            Intervention(work_id, KIND, as_of.astimezone(UTC).isoformat(), counts),
            moves=rewriting.moves,
            stale=rewriting.days,
        )
        vault.commit()
        manifest.finish(work_id)
    for dataset, rows in rewriting.rows.items():
        progress(dataset, rows)
    return Erased(rewriting.rows, held, len(subjects))


def _take_out(
    home: Home,
    contracts: Contracts,
    connection: duckdb.DuckDBPyConnection,
    manifest: Manifest,
    rewriting: Rewriting,
    *,
    work_id: str,
    today: date,
) -> dict[str, int]:
    """Stage every file that holds rows of theirs without them; return how many rows are held on, by hold."""
    held: dict[str, int] = {}
    for contract in contracts.inbound.values():
        gone = finding.gone(contract)
        found = find_files(connection, manifest, contract, gone) if gone else None
        if not gone or not found or not found.total:
            continue
        files = dict.fromkeys(found.rows, gone)
        aside = holding.set_aside(rewriting, connection, home, contracts, contract, files, today=today, work_id=work_id)
        held |= {hold: held.get(hold, 0) + rows for hold, rows in aside.items()}
        rewriting.take_out(contract, gone, found=found)
        rewriting.moves += whereabouts.removal(home, contract.name)
    return held


def _forget(
    connection: duckdb.DuckDBPyConnection,
    contracts: Contracts,
    vault: Vault,
    subjects: pl.Series,
    rewriting: Rewriting,
    *,
    as_of: datetime,
) -> tuple[str, ...]:
    """Bury what they were known by, and forget them in the open transaction; return the digests of their receipts."""
    listed = ", ".join(f"{dataset} {rows}" for dataset, rows in sorted(rewriting.rows.items())) or "no rows"
    when = as_of.astimezone(UTC).isoformat()
    receipts = vault.keep_record(subjects, f"erased {when}, {contracts.policy.minority.clause}: {listed}")
    burial = minority.burial(contracts.policy, as_of=as_of)
    vault.tombstones.bury_subjects(subjects, burial)
    vault.tombstones.bury(finding.keys_of(connection), burial)
    vault.forget(subjects)
    vault.refusals.forget(connection.execute("select holder from leaving_holders").pl()["holder"])
    return receipts


def _unseen(manifest: Manifest, contracts: Contracts) -> int | None:
    heard = {
        each.name
        for each in contracts.inbound.values()
        if each.makes_subjects or each.holder_columns or each.owned_through
    }
    return manifest.readers().unseen(_READER, sources=heard)


def _done(manifest: Manifest) -> int:
    return sum(each.kind == KIND for each in manifest.interventions())


def _is_unshredded(manifest: Manifest) -> bool:
    return _done(manifest) > manifest.readers().seen(_SHREDDED)
