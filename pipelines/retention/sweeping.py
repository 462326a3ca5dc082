"""What stands beside the rows of the lake, trimmed to those that are left: ids of events, arrivals of states.

An id of a row that is gone leads to nobody, and goes once a month: to look through all of them each day would cost as much as
all that was ever taken in. Not here: rows.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from pipelines import engine
from pipelines.contracts import Contracts
from pipelines.contracts.models import InboundContract
from pipelines.identity.keyring import Keyring
from pipelines.intake import precedence, storing
from pipelines.lake import Intervention, Manifest, Move, read_expression, write_parquet
from pipelines.lake.manifest import staging_dir
from pipelines.settings import Home

KIND = "trim"


def trim_ids(home: Home, ring: Keyring, contracts: Contracts, manifest: Manifest, *, as_of: datetime) -> int:
    """Let go every id and arrival whose row is gone; return how many that were. The caller holds the writer lock."""
    work_id = hashlib.sha256(f"{KIND} {len(manifest.interventions()) + 1}".encode()).hexdigest()[:16]
    moves: list[Move] = []
    trimmed = 0
    with engine.connect(parquet_keys=ring.parquet_keys(), temp_dir=staging_dir(home) / "spill") as connection:
        for family in sorted({each.family for each in contracts.inbound.values() if each.kind == "event" and each.key}):
            members = [each for each in contracts.inbound.values() if each.family == family]
            there = _stored(manifest, members, "event_key")
            for file in storing.stored_keys(home, family):
                trimmed += _trim(
                    connection, home, file, f"event_key in ({there})", moves, work_id=work_id, by="dt, event_key"
                )
        for contract in contracts.inbound.values():
            place = precedence.arrivals_file(home, contract) if contract.kind == "state" else None
            if place and place.exists():
                there = _stored(manifest, [contract], f"hash({', '.join(contract.key_columns)})")
                trimmed += _trim(
                    connection, home, place, f"key_hash in ({there})", moves, work_id=work_id, by="key_hash"
                )
    if moves:
        instant = as_of.astimezone(UTC).isoformat()
        manifest.prepare_intervention(Intervention(work_id, KIND, instant, {"ids": trimmed}), moves=moves, stale={})
        manifest.finish(work_id)
    return trimmed


def _stored(manifest: Manifest, members: list[InboundContract], column: str) -> str:
    parts = [
        f"select {column} from {read_expression(files)}"
        for each in members
        for files in manifest.stored().by_columns(each.name).values()
    ]
    return " union all ".join(parts) or "select null where false"


def _trim(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    file: Path,
    kept: str,
    moves: list[Move],
    *,
    work_id: str,
    by: str,
) -> int:
    rows = read_expression(file)
    found = connection.execute(f"select count(*), count(*) filter ({kept}) from {rows}").fetchone()
    before, after = found or (0, 0)
    if before == after:
        return 0
    staged = staging_dir(home) / work_id / f"{len(moves):04d}.parquet"
    left = write_parquet(connection, f"select * from {rows} where {kept} order by {by}", file=staged)
    moves.append(Move(staged if left else None, file))
    return int(before - after)
