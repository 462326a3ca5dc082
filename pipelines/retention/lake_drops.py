"""Stages what goes of the lake, and takes people out of the open vault; nothing lasts before the caller commits both.

Not here: what has to go (looking), or when it is done (applying).
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from pipelines.contracts import Contracts
from pipelines.identity.vault import Vault
from pipelines.intake import storing
from pipelines.lake import Manifest, Move
from pipelines.lake.rewriting import Found, Rewriting
from pipelines.retention import ended, holding, whereabouts
from pipelines.retention.looking import Look
from pipelines.retention.plans import Plan
from pipelines.settings import Home


@dataclass(frozen=True)
class Staged:
    """What will change, and how many rows are held on, by hold."""

    rewriting: Rewriting
    held: dict[str, int]


def stage(
    home: Home,
    contracts: Contracts,
    manifest: Manifest,
    connection: duckdb.DuckDBPyConnection,
    vault: Vault | None,
    found: Look,
    agreed: Plan,
    *,
    work_id: str,
) -> Staged:
    """Stage everything that was found, held rows aside; forget in the vault's open transaction whose clock has run out."""
    rewriting = Rewriting(home, connection, work_id=work_id, today=agreed.today)
    held: dict[str, int] = {}
    for going in found.going:
        covered = {**dict.fromkeys(going.whole, "true"), **dict.fromkeys(going.partly, going.gone)}
        aside = holding.set_aside(
            rewriting, connection, home, contracts, going.contract, covered, today=agreed.today, work_id=work_id
        )
        for hold, rows in aside.items():
            held[hold] = held.get(hold, 0) + rows
        rewriting.drop(going.contract, going.whole)
        rewriting.take_out(going.contract, going.gone, found=Found(going.partly))
    rewriting.moves += [Move(None, each.file) for each in agreed.held]
    if found.enrolments:
        ended.remember(rewriting, connection, home, work_id=work_id)
    if vault is not None:
        vault.interactions.note(found.days)
        vault.forget(found.subjects)
        vault.refusals.forget(found.silenced)
        # Whoever was forgotten by a call that was killed since is in the links still.
        rewriting.moves += storing.links_again(connection, home, contracts, vault, batch_id=work_id)
        gone = {each.contract.name: each.gone for each in found.going}
        whereabouts.stage(rewriting, connection, home, contracts, manifest, gone=gone)
    return Staged(rewriting, held)
