"""Carries a plan out, zone by zone, and sees that nothing is left over. Not here: what has to go, or asking whether to.

Killed anywhere, the next call has what is left, and what was noted says that it was not completed. First the raw zones, then
the lake and the vault: people leave the vault before their rows leave the lake, and rows whose people are nobody any more
have a clock of their own, so that whichever half a killed process did, the other follows. Only then their month is over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from pipelines import engine
from pipelines.contracts import Contracts, blocked_categories, periods, unsettled
from pipelines.identity import rotation
from pipelines.identity.keyring import Keyring
from pipelines.identity.vault import Vault, open_vault
from pipelines.lake import Intervention, Manifest, doubts, horizons, open_manifest
from pipelines.lake.manifest import staging_dir
from pipelines.retention import holding, looking, raw_drops, sweeping
from pipelines.retention.falling import Falling
from pipelines.retention.lake_drops import stage
from pipelines.retention.looking import Look
from pipelines.retention.plans import KIND, BrakeHeld, Plan, make
from pipelines.settings import Home

Seal = Callable[[Falling], Mapping[str, Any]]
"""Keeps the figures that are made of what is about to fall, and returns what it kept, by name; refuses by raising."""

Progress = Callable[[str], None]


class StalePlan(RuntimeError):
    """What would go now is not what was agreed to."""


class NotRemoved(RuntimeError):
    """Something that has to go is there still, whatever stopped it; all else has gone."""


@dataclass(frozen=True)
class Applied:
    """What went: the plan as it was, how many of its landed files were others meanwhile and stay until they are read, and
    how many rows are held on, by hold. `is_noted` is false where nothing had to go by a clock or windows that are in doubt:
    then it is not noted either that somebody looked."""

    plan: Plan
    changed: int
    held: Mapping[str, int]
    is_noted: bool = True


def plan(home: Home, ring: Keyring, contracts: Contracts, *, as_of: datetime) -> Plan:
    """Return what has to go on the day of `as_of`; changes nothing."""
    with open_manifest(home) as manifest, _looked(home, ring, contracts, manifest, as_of=as_of) as (found, _, _):
        return make(home, ring, contracts, manifest, found, holding.listed(home, contracts), as_of=as_of)


def apply(
    home: Home,
    ring: Keyring,
    contracts: Contracts,
    *,
    as_of: datetime,
    agreed: str | None = None,
    seal: Seal = lambda _: {},
    progress: Progress = lambda _: None,
) -> Applied:
    """Let go what has to go on the day of `as_of`; the caller holds the writer lock.

    `agreed` is the checksum of the plan that somebody has looked at; without one, an unusual plan is refused. `seal` is shown
    what is about to fall before anything does. Raises StalePlan, BrakeHeld and what `seal` raises: then nothing has changed
    of the lake; NotRemoved, UnsettledConflict: then all has gone that could.
    """
    with open_manifest(home) as manifest:
        manifest.recover()
        with _looked(home, ring, contracts, manifest, as_of=as_of) as (found, connection, vault):
            agreed_plan = make(home, ring, contracts, manifest, found, holding.listed(home, contracts), as_of=as_of)
            _refuse_unagreed(agreed_plan, agreed)
            if agreed_plan.doubt and agreed is None:
                # A horizon that a wrong clock raised would refuse for years what the right one keeps.
                return Applied(agreed_plan, 0, {}, is_noted=False)
            if agreed is not None:
                doubts.note_agreed(manifest)
            progress(f"{agreed_plan.files:,} raw files and {agreed_plan.rows:,} rows of the lake have to go")
            changed = raw_drops.carry_out(home, ring, manifest, agreed_plan, as_of=as_of)
            held = _lake(home, contracts, manifest, connection, vault, found, agreed_plan, seal, as_of=as_of)
        if found.is_sweep:
            progress("the vault: copied into a fresh file, so that keys of people who left are shredded")
            rotation.rotate_vault(ring)
            sweeping.trim_ids(home, ring, contracts, manifest, as_of=as_of)
            through = looking.swept_through(agreed_plan.today)
            manifest.horizons().raise_to(horizons.EVERYONE, horizons.INTERACTION, through)
    if not agreed_plan.is_empty and (left := plan(home, ring, contracts, as_of=as_of)) and not left.is_empty:
        raise NotRemoved(
            f"{left.files:,} files and {left.rows:,} rows that have to go could not be removed from {home.root}: see who may "
            "write there, and that the disk is sound; the next call tries again"
        )
    if blocked := blocked_categories(contracts.policy):
        raise unsettled(blocked.values())
    return Applied(agreed_plan, changed, held)


@contextmanager
def _looked(
    home: Home, ring: Keyring, contracts: Contracts, manifest: Manifest, *, as_of: datetime
) -> Iterator[tuple[Look, duckdb.DuckDBPyConnection, Vault | None]]:
    """Look over lake and vault, and keep open what was found; the vault only where people of this month are due."""
    today = periods.day_of(as_of, timezone=contracts.policy.timezone)
    spill = staging_dir(home) / "spill"
    spill.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with engine.connect(parquet_keys=ring.parquet_keys(), temp_dir=spill) as connection:
        engine.set_secret(connection, "event_key", ring.event_key().hex())
        if not looking.is_sweep_due(manifest, today=today):
            yield looking.look(home, contracts, manifest, connection, None, today=today), connection, None
            return
        with open_vault(home, ring, purpose="clocks of retention") as vault:
            yield looking.look(home, contracts, manifest, connection, vault, today=today), connection, vault


def _refuse_unagreed(found: Plan, agreed: str | None) -> None:
    if agreed is not None and agreed != found.checksum:
        raise StalePlan(
            f"the plan {agreed} is not what would go now, which is {found.checksum}: look at `crosslife retention plan` again"
        )
    if found.unusual and agreed is None:
        raise BrakeHeld(
            f"{found.unusual}. If all is as it should be, `crosslife retention apply --plan {found.checksum}` lets "
            f"{found.files:,} files and {found.rows:,} rows go"
        )


def _lake(
    home: Home,
    contracts: Contracts,
    manifest: Manifest,
    connection: duckdb.DuckDBPyConnection,
    vault: Vault | None,
    found: Look,
    agreed: Plan,
    seal: Seal,
    *,
    as_of: datetime,
) -> dict[str, int]:
    """Take out of lake and vault what was found; return how many rows are held on, by hold."""
    if not (found.rows or agreed.held or found.is_sweep):
        _note_looked(manifest, found)
        return {}
    sealed = seal(looking.falling(connection, found)) if found.rows else {}
    work_id = hashlib.sha256(f"{KIND} lake {len(manifest.interventions()) + 1}".encode()).hexdigest()[:16]
    staged = stage(home, contracts, manifest, connection, vault, found, agreed, work_id=work_id)
    counts = {
        "plan": agreed.checksum,
        "rows": staged.rewriting.rows,
        "held": staged.held,
        "enrolments": found.enrolments,
        "subjects": len(found.subjects),
        "sealed": dict(sealed),
        "windows": dict(agreed.windows),
    }
    if vault is not None:
        vault.commit()
    manifest.prepare_intervention(
        Intervention(work_id, KIND, as_of.astimezone(UTC).isoformat(), counts),
        moves=staged.rewriting.moves,
        stale=staged.rewriting.days,
        horizons=found.horizons,
    )
    manifest.finish(work_id)
    _note_looked(manifest, found)
    return staged.held


def _note_looked(manifest: Manifest, found: Look) -> None:
    for (dataset, kind), through in found.horizons.items():
        manifest.horizons().raise_to(dataset, kind, through)
        manifest.staleness().clear_unaged(dataset, through=through)
