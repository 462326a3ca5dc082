"""Writes each projection anew where anything came in that it could show. Not here: the SQL of any one of them (contracts)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from pipelines import engine
from pipelines.contracts import Contracts, InboundContract, InternalContract
from pipelines.contracts.projections import CUT, in_order, translated
from pipelines.identity.keyring import Keyring
from pipelines.identity.vault import Vault, open_vault
from pipelines.intake.treatments import JAKARTA_OFFSET_HOURS
from pipelines.lake import Intervention, Manifest, Move, columns_digest, current_file, open_manifest, write_parquet
from pipelines.lake.manifest import staging_dir
from pipelines.settings import Home
from pipelines.warehouse import lake_views

KIND = "projection"

Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Projected:
    """Rows of each projection that was written, and how many were left out: their people are nobody in its domain."""

    rows: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)

    def counts(self, dataset: str) -> dict[str, int]:
        """Return the counts of one projection by name; nothing where it was not written."""
        if dataset not in self.rows:
            return {}
        return {"rows": self.rows[dataset], "left_out": self.left_out[dataset]}


def waits(home: Home, contracts: Contracts) -> bool:
    """Say whether anything came in, or was taken back, that a projection could show, or whether one was declared anew."""
    if not home.manifest_file.exists():
        return False
    with open_manifest(home) as manifest:
        return bool(_unseen(manifest, contracts))


def project(
    home: Home,
    ring: Keyring,
    contracts: Contracts,
    *,
    as_of: datetime,
    progress: Progress = lambda _dataset, _rows: None,
) -> Projected:
    """Write every projection that could have changed, each after those that it reads; the caller holds the writer lock.

    A person's pseudonym is that of the projection's own domain; whoever has none there is left out, and nobody gets one.
    Dead in the middle, the next call completes it. Nothing new since the last call: nothing is opened.
    """
    rows: dict[str, int] = {}
    left_out: dict[str, int] = {}
    with open_manifest(home) as manifest:
        manifest.recover()
        unseen = _unseen(manifest, contracts)
        if not unseen:
            return Projected()
        spill = staging_dir(home) / "spill"
        spill.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (
            engine.connect(parquet_keys=ring.parquet_keys(), temp_dir=spill) as connection,
            open_vault(home, ring, purpose="projections between domains") as vault,
        ):
            for contract, position in unseen:
                one = _Projection(home, contracts, connection, contract)
                rows[contract.name], left_out[contract.name] = one.write(manifest, vault, as_of=as_of)
                progress(contract.name, rows[contract.name])
                manifest.readers().note_seen(_reader(contract, contracts), position)
    return Projected(rows, left_out)


class _Projection:
    """One projection on its way into the lake."""

    def __init__(
        self, home: Home, contracts: Contracts, connection: duckdb.DuckDBPyConnection, contract: InternalContract
    ) -> None:
        self._home, self._contracts = home, contracts
        self._connection, self._contract = connection, contract
        self._translated = translated(contract, {**contracts.inbound, **contracts.internal})

    def write(self, manifest: Manifest, vault: Vault, *, as_of: datetime) -> tuple[int, int]:
        """Stage the rows, record them, put them in place; return how many there are, and how many were left out."""
        lake_views.create(self._connection, home=self._home, contracts=self._contracts)
        self._connection.execute(f"create or replace temp view projected as {self._contract.query}")
        for domain in sorted(set(self._translated.values())):
            self._translate(vault, domain)
        work_id = self._work_id(manifest)
        staged = staging_dir(self._home) / work_id / f"{self._contract.name}.parquet"
        rows = write_parquet(self._connection, self._query(), file=staged)
        left_out = self._count("projected") - rows
        move = Move(staged, current_file(self._home, self._contract.name), columns_digest(self._contract.lake_columns))
        counts = {"rows": {self._contract.name: rows}, "left_out": left_out}
        day = as_of.astimezone(ZoneInfo(self._contracts.policy.timezone)).date()
        manifest.prepare_intervention(
            Intervention(work_id, KIND, as_of.astimezone(UTC).isoformat(), counts),
            moves=[move],
            stale={self._contract.name: (day,)},
        )
        manifest.finish(work_id)
        return rows, left_out

    def _translate(self, vault: Vault, domain: str) -> None:
        """Make the table `from_<domain>` (origin_pseudonym, pseudonym) of whoever is known in both domains."""
        table = f"from_{domain}"
        self._connection.execute(f"create or replace temp table {table} (origin_pseudonym varchar, pseudonym varchar)")
        for part in vault.translations(origin=domain, target=self._contract.domain):
            _append(self._connection, part, table=table)

    def _query(self) -> str:
        joins = "".join(
            f" {'left' if self._is_nullable(name) else 'inner'} join from_{domain} as {name}_there "
            f"on {name}_there.origin_pseudonym = projected.{name}"
            for name, domain in self._translated.items()
        )
        # In the order of the pseudonym, so that nothing of the order in which the other domain has its rows is left.
        order = ", ".join(column.name for column in self._contract.lake_columns)
        return (
            f"select * from (select {', '.join(self._columns())} from projected{joins}) "
            f"order by {self._contract.sort_by} nulls last, {order}"
        )

    def _columns(self) -> list[str]:
        columns = []
        for column in self._contract.lake_columns:
            value = f"projected.{column.name}"
            if column.name in self._translated:
                value = f"{column.name}_there.pseudonym"
            elif column.treatment == CUT:
                value = f"({value} + interval {JAKARTA_OFFSET_HOURS} hours)"
            columns.append(f"cast({value} as {column.sql_type}) as {column.name}")
        return columns

    def _is_nullable(self, name: str) -> bool:
        return next(column.nullable for column in self._contract.lake_columns if column.name == name)

    def _work_id(self, manifest: Manifest) -> str:
        """Return an id that the same history always gets."""
        text = f"{KIND}\n{self._contract.name}\n{len(manifest.batches())}\n{len(manifest.interventions())}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _count(self, table: str) -> int:
        row = self._connection.execute(f"select count(*) from {table}").fetchone()
        return int(row[0]) if row else 0


def _unseen(manifest: Manifest, contracts: Contracts) -> list[tuple[InternalContract, int]]:
    """Return the projections that could have changed, in order, each with how far what came in reaches."""
    heard = {each.name for each in contracts.inbound.values() if _is_heard(each, contracts)}
    readers = manifest.readers()
    found = [
        (each, readers.unseen(_reader(each, contracts), sources=heard, other_than=(KIND,)))
        for each in in_order(contracts.internal)
    ]
    return [(each, position) for each, position in found if position is not None]


def _is_heard(contract: InboundContract, contracts: Contracts) -> bool:
    """Whether a source can tell of rows that are projected, or of who somebody is in another domain."""
    projected = {name for each in contracts.internal.values() for name in each.projects}
    return contract.makes_subjects or contract.name in projected


def _reader(contract: InternalContract, contracts: Contracts) -> str:
    """Return the name under which is noted what a projection has seen; declared otherwise, it has seen nothing.

    So it is with a projection that it reads.
    """
    text = _declared(contract, contracts)
    return f"{KIND}:{contract.name}:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _declared(contract: InternalContract, contracts: Contracts) -> str:
    read = (contracts.internal[name] for name in contract.projects if name in contracts.internal)
    return "\n".join([repr(contract.model_copy(update={"file": None})), *(_declared(each, contracts) for each in read)])


def _append(connection: duckdb.DuckDBPyConnection, rows: pl.DataFrame, *, table: str) -> None:
    connection.register("incoming", rows)
    try:
        connection.execute(f"insert into {table} select * from incoming")
    finally:
        connection.unregister("incoming")
