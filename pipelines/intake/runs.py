"""One run of intake over everything that has landed, source by source. Here: order, replay, commit. Not here: SQL of rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from pipelines import engine
from pipelines.contracts import Contracts
from pipelines.contracts.models import InboundContract
from pipelines.identity.keyring import Keyring
from pipelines.identity.vault import Vault, open_vault
from pipelines.intake import files, quarantine, replays, settling, storing
from pipelines.intake.chunks import Chunks
from pipelines.intake.formats import READERS, UnreadableFile
from pipelines.intake.judging import EXPIRED, Judgement
from pipelines.intake.reports import BatchReport
from pipelines.lake import BatchRow, Manifest, current_file, open_manifest, read_expression, write_parquet
from pipelines.lake.manifest import LandedFile, Move, staging_dir
from pipelines.settings import Home

LINKS = "identity_links"

Progress = Callable[[str, int], None]


def pending(home: Home, contracts: Contracts) -> bool:
    """Say whether a run would find anything to do: unread files, or work that a dead process left behind."""
    if not home.manifest_file.exists():
        return any(next(files.settled_files(home, source), None) for source in contracts.inbound)
    with open_manifest(home) as manifest:
        return manifest.has_unfinished() or any(
            manifest.is_due(source) or files.unread_files(home, source, manifest) for source in contracts.inbound
        )


def run(
    home: Home,
    ring: Keyring,
    contracts: Contracts,
    *,
    as_of: datetime,
    sources: Sequence[str] | None = None,
    progress: Progress = lambda _source, _rows: None,
) -> tuple[BatchReport, ...]:
    """Take in all that has landed and is settled, each source as one batch; return what each did.

    Sources that others refer to come first, so that the order of files does not matter. The caller holds the writer lock.
    Raises BalanceError (nothing of that source's batch is kept), IdentityProblem, OSError.
    """
    with open_manifest(home) as manifest:
        manifest.recover()
        intake = _Intake(home, ring, contracts, manifest, as_of=as_of, progress=progress)
        wanted = [name for name in _in_order(contracts) if sources is None or name in sources]
        reports = [intake.take_in(contracts.inbound[name]) for name in wanted]
    return tuple(report for report in reports if report is not None)


def _in_order(contracts: Contracts) -> list[str]:
    """Return the sources, each after those it refers to."""
    ordered: list[str] = []

    def visit(name: str) -> None:
        for reference in contracts.inbound[name].references:
            if reference.source not in ordered and reference.source != name:
                visit(reference.source)
        if name not in ordered:
            ordered.append(name)

    for name in sorted(contracts.inbound):
        visit(name)
    return ordered


@dataclass(frozen=True)
class _Inputs:
    """What a batch reads: landed files, and quarantined rows that can be replayed."""

    pending: list[files.Pending]
    repeated: list[LandedFile]
    replays: list[replays.Replay]

    def __bool__(self) -> bool:
        return bool(self.pending or self.repeated or self.replays)


class _Intake:
    def __init__(
        self,
        home: Home,
        ring: Keyring,
        contracts: Contracts,
        manifest: Manifest,
        *,
        as_of: datetime,
        progress: Progress,
    ) -> None:
        self._home, self._ring, self._contracts, self._manifest = home, ring, contracts, manifest
        self._as_of = as_of.astimezone(UTC)
        self._day = as_of.astimezone(ZoneInfo(contracts.policy.timezone)).date()
        self._progress = progress

    def take_in(self, contract: InboundContract) -> BatchReport | None:
        spill = staging_dir(self._home) / "spill"
        with engine.connect(parquet_keys=self._ring.parquet_keys(), temp_dir=spill) as connection:
            self._know_references(connection, contract)
            inputs = self._inputs(connection, contract)
            if not inputs:
                self._manifest.clear_due(contract.name)
                return None
            with open_vault(self._home, self._ring, purpose=f"intake of {contract.name}") as vault:
                return self._batch(connection, contract, inputs, vault)

    def _inputs(self, connection: duckdb.DuckDBPyConnection, contract: InboundContract) -> _Inputs:
        unread = files.unread_files(self._home, contract.name, self._manifest)
        pending, repeated = files.sort_out(self._home, contract.name, self._manifest, unread)
        due = self._manifest.is_due(contract.name)
        return _Inputs(pending, repeated, replays.find(connection, self._home, self._ring, contract) if due else [])

    def _know_references(self, connection: duckdb.DuckDBPyConnection, contract: InboundContract) -> None:
        """Make `known_<source>` for every source that rows of this one must refer to."""
        for reference in contract.references:
            place = current_file(self._home, reference.source)
            column = self._contracts.inbound[reference.source].field(reference.source_field).stored_as[0]
            rows = (
                f"select {column} as value from {read_expression(place)}"
                if place.exists()
                else "select '' as value limit 0"
            )
            connection.execute(f"create or replace temp table known_{reference.source} as {rows}")

    def _batch(
        self, connection: duckdb.DuckDBPyConnection, contract: InboundContract, inputs: _Inputs, vault: Vault
    ) -> BatchReport:
        position = len(self._manifest.batches()) + 1
        batch_id = _batch_id(contract.name, inputs, position=position)
        connection.execute("set variable event_key = ?", [self._ring.event_key().hex()])
        chunks = Chunks(
            connection,
            Judgement(contract, as_of=self._as_of, skew_hours=self._contracts.policy.max_clock_skew_hours),
            vault=vault,
            at=self._as_of,
            policy_version=self._contracts.policy.version,
            progress=self._progress,
        )
        names = _read(connection, chunks, inputs)
        settled = self._settle(connection, contract)
        staged, moves = self._stage(connection, contract, batch_id=batch_id, names=names, position=position)
        marks, unknown = chunks.counted()
        expired = staged.refused.get(EXPIRED, 0) + settled.expired
        report = replace(
            staged,
            files=len(inputs.pending),
            repeated_files=len(inputs.repeated),
            rows_in=chunks.rows_in,
            replayed=sum(replay.rows for replay in inputs.replays),
            duplicates=settled.duplicates,
            duplicates_with_other_content=settled.duplicates_with_other_content,
            superseded=settled.superseded,
            refused={EXPIRED: expired} if expired else {},
            marks=marks,
            unknown_fields=unknown,
        ).check()
        for replay in inputs.replays:
            moves.append(replays.stage_rest(connection, self._home, self._ring, contract, replay, batch_id=batch_id))
        moves += self._stage_links(connection, contract, vault, batch_id=batch_id)
        vault.commit()
        self._commit(contract, report, inputs, moves)
        return report

    def _settle(self, connection: duckdb.DuckDBPyConnection, contract: InboundContract) -> settling.Settled:
        if contract.kind == "event":
            keys = storing.stored_keys(self._home, contract.family)
            return settling.settle_events(connection, contract, stored_keys=keys, as_of=self._as_of)
        stored = current_file(self._home, contract.name)
        return settling.settle_states(connection, contract, stored=stored if stored.exists() else None)

    def _stage(
        self,
        connection: duckdb.DuckDBPyConnection,
        contract: InboundContract,
        *,
        batch_id: str,
        names: list[str],
        position: int,
    ) -> tuple[BatchReport, list[Move]]:
        moves: list[Move] = []
        days: list[date] = []
        accepted = _count(connection, "select count(*) from accepted")
        if accepted and contract.kind == "event":
            for day, move in storing.stage_days(connection, self._home, contract, batch_id=batch_id):
                days.append(day)
                moves.append(move)
                self._progress(f"{contract.name} {day.isoformat()}", 0)
            moves += storing.stage_keys(connection, self._home, contract, batch_id=batch_id, position=position)
        elif accepted:
            days = [self._day]
            moves.append(storing.stage_current(connection, self._home, contract, batch_id=batch_id))
        quarantined = self._stage_quarantine(connection, contract, moves, batch_id=batch_id, names=names)
        expired = _count(connection, f"select count(*) from rejected where reason = '{EXPIRED}'")
        denied = _count(connection, "select count(*) from accepted where not is_consented")
        report = BatchReport(
            batch_id=batch_id,
            source=contract.name,
            files=0,
            accepted=accepted,
            quarantined=quarantined,
            refused={EXPIRED: expired},
            denied_consent=denied,
            days=tuple(days),
        )
        return report, moves

    def _stage_quarantine(
        self,
        connection: duckdb.DuckDBPyConnection,
        contract: InboundContract,
        moves: list[Move],
        *,
        batch_id: str,
        names: list[str],
    ) -> dict[str, int]:
        found = connection.execute(
            f"select reason, count(*) from rejected where reason <> '{EXPIRED}' group by reason order by reason"
        ).fetchall()
        if found:
            connection.register("names", pa.table({"file_no": range(1, len(names) + 1), "file": names}))
            query = (
                f"select '{contract.name}' as source, reason, file, place, raw from rejected left join names using (file_no) "
                f"where reason <> '{EXPIRED}' order by file, place, reason"
            )
            staged = staging_dir(self._home) / batch_id / "quarantine.parquet"
            quarantine.write(connection, query, file=staged, day=self._day, ring=self._ring)
            place = quarantine.target(self._home, self._day, source=contract.name, batch_id=batch_id)
            moves.append(Move(staged, place))
        return dict(found)

    def _stage_links(
        self, connection: duckdb.DuckDBPyConnection, contract: InboundContract, vault: Vault, *, batch_id: str
    ) -> list[Move]:
        """Stage the projection of the vault's timed links, when this source can state any."""
        kinds = {field.identifier_kind for field in contract.fields}
        if not {"anonymous_id", "user_id"} <= kinds:
            return []
        connection.register("links", vault.links(domain=contract.domain))
        staged = staging_dir(self._home) / batch_id / "links.parquet"
        columns = ", ".join(f"{c.name}::{c.sql_type} as {c.name}" for c in self._contracts.internal[LINKS].lake_columns)
        write_parquet(connection, f"select {columns} from links order by all", file=staged)
        return [Move(staged, current_file(self._home, LINKS))]

    def _commit(self, contract: InboundContract, report: BatchReport, inputs: _Inputs, moves: list[Move]) -> None:
        self._manifest.prepare(
            BatchRow(report.batch_id, contract.name, self._as_of.isoformat(), report.balance()),
            files=[*(file.landed for file in inputs.pending), *inputs.repeated],
            moves=moves,
            stale={contract.name: report.days},
            due=self._cured_by(contract) if report.accepted else (),
        )
        self._manifest.finish(report.batch_id)

    def _cured_by(self, contract: InboundContract) -> list[str]:
        """Return the sources whose quarantined rows may wait for rows of this one."""
        return [
            other.name
            for other in self._contracts.inbound.values()
            if any(ref.source == contract.name and ref.unknown == "quarantine" for ref in other.references)
        ]


def _read(connection: duckdb.DuckDBPyConnection, chunks: Chunks, inputs: _Inputs) -> list[str]:
    """Stream every input through `chunks`; return the file names by number, the first being 1."""
    names: list[str] = []
    for file in inputs.pending:
        names.append(file.landed.name)
        try:
            if file.suffix is None:
                raise UnreadableFile("unknown_format")
            chunks.add(READERS[file.suffix](file.path), file_no=len(names))
        except UnreadableFile as problem:
            chunks.add_broken(str(problem), file_no=len(names))
    for replay in inputs.replays:
        for name, batches in replays.lines(connection, replay):
            names.append(name)
            chunks.add(batches, file_no=len(names))
    chunks.flush()
    return names


def _batch_id(source: str, inputs: _Inputs, *, position: int) -> str:
    """Return an id that the same inputs at the same place in history always get."""
    hashes = sorted(file.landed.content_hash for file in inputs.pending)
    text = "\n".join([source, str(position), *hashes])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
