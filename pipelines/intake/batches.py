"""One batch of one source, from its landed files to the moves that put it in place. Not here: SQL of rows, order of sources."""

from __future__ import annotations

import hashlib
from collections import Counter
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pyarrow as pa

from pipelines import engine
from pipelines.contracts import Contracts
from pipelines.contracts.models import InboundContract
from pipelines.identity import keys
from pipelines.identity.keyring import Keyring
from pipelines.identity.vault import Vault, open_vault
from pipelines.intake import consulting, files, quarantine, replays, settling, storing
from pipelines.intake.chunks import Chunks, Progress
from pipelines.intake.dialects import dialect_of
from pipelines.intake.formats import READERS, UnreadableFile
from pipelines.intake.judging import Judgement
from pipelines.intake.reasons import EXPIRED, refusals
from pipelines.intake.reports import BatchReport
from pipelines.lake import BatchRow, Manifest, current_file, read_expression
from pipelines.lake.manifest import LandedFile, Move, staging_dir
from pipelines.settings import Home


@dataclass(frozen=True)
class _Inputs:
    """What a batch reads: landed files, and quarantined rows that can be replayed."""

    pending: list[files.Pending]
    repeated: list[LandedFile]
    replays: list[replays.Replay]

    def __bool__(self) -> bool:
        return bool(self.pending or self.repeated or self.replays)


class Intake:
    """Takes in one source after the other, each as one batch of one home."""

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
        """Take in what has landed of a source as one batch; None where there is nothing.

        Raises BalanceError or MissingSecret, and then keeps nothing.
        """
        spill = staging_dir(self._home) / "spill"
        spill.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (
            ThreadPoolExecutor(max_workers=1) as executor,
            engine.connect(parquet_keys=self._ring.parquet_keys(), temp_dir=spill) as connection,
        ):
            # Every row bears its place; whatever order matters is asked for.
            connection.execute("set preserve_insertion_order = false")
            self._know_references(connection, contract)
            inputs = self._inputs(connection, contract, executor)
            if not inputs:
                self._manifest.clear_due(contract.name)
                return None
            secret = self._secret(contract)
            with open_vault(self._home, self._ring, purpose=f"intake of {contract.name}") as vault:
                return self._batch(connection, contract, inputs, vault, secret=secret)

    def _secret(self, contract: InboundContract) -> bytes | None:
        """Return what the sender's proof is judged by, where rows of the source bear one. Raises MissingSecret."""
        proof = dialect_of(contract).proof
        return keys.secret(self._ring, proof.secret) if proof else None

    def _inputs(self, connection: duckdb.DuckDBPyConnection, contract: InboundContract, executor: Executor) -> _Inputs:
        unread = files.unread_files(self._home, contract.name, self._manifest)
        pending, repeated = files.sort_out(self._home, contract.name, self._manifest, unread, executor=executor)
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

    def _shown_ids(self, connection: duckdb.DuckDBPyConnection, contract: InboundContract) -> dict[str, frozenset[str]]:
        """Return the ids that paths of this source may show, by `source.field`."""
        found = {}
        for source, field in contract.shown_ids:
            place = current_file(self._home, source)
            column = self._contracts.inbound[source].field(field).stored_as[0]
            query = f"select distinct {column} from {read_expression(place)}"
            rows = connection.execute(query).fetchall() if place.exists() else []
            found[f"{source}.{field}"] = frozenset(value for (value,) in rows)
        return found

    def _ledger(self, contract: InboundContract) -> InboundContract | None:
        rule = contract.consent
        return self._contracts.inbound[rule.ledger] if rule and rule.ledger else None

    def _batch(
        self,
        connection: duckdb.DuckDBPyConnection,
        contract: InboundContract,
        inputs: _Inputs,
        vault: Vault,
        *,
        secret: bytes | None,
    ) -> BatchReport:
        position = len(self._manifest.batches()) + 1
        # Through Arrow: a bound parameter makes DuckDB import pandas, and a key never stands in SQL.
        connection.register("secret", pa.table({"event_key": [self._ring.event_key().hex()]}))
        connection.execute("set variable event_key = (select event_key from secret)")
        connection.unregister("secret")
        chunks = Chunks(
            connection,
            Judgement(contract, as_of=self._as_of, skew_hours=self._contracts.policy.max_clock_skew_hours),
            vault=vault,
            at=self._as_of,
            policy_version=self._contracts.policy.version,
            known=self._shown_ids(connection, contract),
            has_statements=consulting.prepare(connection, self._home, contract, self._ledger(contract)),
            secret=secret,
            progress=self._progress,
        )
        names = _read(connection, chunks, inputs)
        settled = self._settle(connection, contract)
        batch_id = _batch_id(contract.name, inputs, position=position)
        staged, moves = self._stage(connection, contract, batch_id=batch_id, names=names, position=position)
        marks, unknown = chunks.counted()
        refused = Counter(staged.refused) + Counter({EXPIRED: settled.expired})
        report = replace(
            staged,
            files=len(inputs.pending),
            repeated_files=len(inputs.repeated),
            rows_in=chunks.rows_in,
            replayed=sum(replay.rows for replay in inputs.replays),
            duplicates=settled.duplicates,
            duplicates_with_other_content=settled.duplicates_with_other_content,
            superseded=settled.superseded,
            refused=dict(refused),
            marks=marks,
            unknown_fields=unknown,
        ).check()
        for replay in inputs.replays:
            moves.append(replays.stage_rest(connection, self._home, self._ring, contract, replay, batch_id=batch_id))
        if contract.makes_subjects:
            vault.forget_unused(_pseudonyms(connection, contract), domain=contract.domain)
        if storing.states_links(contract):
            links = vault.links(domain=contract.domain)
            columns = self._contracts.internal[storing.LINKS].lake_columns
            moves.append(storing.stage_links(connection, self._home, links, columns=columns, batch_id=batch_id))
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
            moves += storing.stage_keys(connection, self._home, contract, batch_id=batch_id, position=position)
        elif accepted:
            days = [self._day]
            moves.append(storing.stage_current(connection, self._home, contract, batch_id=batch_id))
        place = quarantine.target(self._home, self._day, source=contract.name, batch_id=batch_id)
        staged = staging_dir(self._home) / batch_id / "quarantine.parquet"
        quarantined = quarantine.stage_rejected(
            connection,
            contract.name,
            names=names,
            refused=refusals(contract),
            file=staged,
            day=self._day,
            ring=self._ring,
        )
        moves += [Move(staged, place)] if quarantined else []
        listed = ", ".join(f"'{reason}'" for reason in sorted(refusals(contract)))
        by_reason = f"select reason, count(*) from rejected where reason in ({listed}) group by reason order by reason"
        refused = dict(connection.execute(by_reason).fetchall())
        denied = _count(connection, "select count(*) from accepted where not is_consented")
        report = BatchReport(
            batch_id=batch_id,
            source=contract.name,
            files=0,
            accepted=accepted,
            quarantined=quarantined,
            refused=refused,
            denied_consent=denied,
            days=tuple(days),
        )
        return report, moves

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
        names.append(file.name)
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


def _pseudonyms(connection: duckdb.DuckDBPyConnection, contract: InboundContract) -> pl.Series:
    """Return the pseudonyms of every row that is kept: whoever else was met on the way is nobody's subject."""
    columns = [f.stored_as[0] for f in contract.fields if f.treatment == "pseudonymise" and f.stored_as]
    parts = [f"select {column} as pseudonym from accepted where {column} is not null" for column in columns]
    if not parts:
        return pl.Series("pseudonym", [], dtype=pl.String)
    return connection.execute(" union ".join(parts)).pl()["pseudonym"]


def _batch_id(source: str, inputs: _Inputs, *, position: int) -> str:
    """Return an id that the same inputs at the same place in history always get."""
    hashes = sorted(file.landed.content_hash for file in inputs.pending)
    text = "\n".join([source, str(position), *hashes])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
