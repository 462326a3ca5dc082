"""One batch of one source, from its landed files to the moves that put it in place. Not here: SQL of rows, order of sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from zoneinfo import ZoneInfo

import duckdb

from pipelines import engine
from pipelines.contracts import Contracts
from pipelines.contracts.models import InboundContract
from pipelines.identity import keys
from pipelines.identity.keyring import Keyring
from pipelines.identity.vault import Vault, open_vault
from pipelines.intake import (
    ageing,
    brakes,
    consulting,
    drifts,
    files,
    inputs,
    minority,
    precedence,
    quarantine,
    references,
    replays,
    settling,
    storing,
    strangers,
)
from pipelines.intake.chunks import Chunks, Progress
from pipelines.intake.dialects import dialect_of
from pipelines.intake.inputs import Inputs
from pipelines.intake.judging import Judgement
from pipelines.intake.quarantine import Selection
from pipelines.intake.reasons import EXPIRED, MINOR, refusals
from pipelines.intake.reports import BatchReport
from pipelines.lake import BatchRow, Manifest, Move, current_file
from pipelines.lake.drifts import Drifts
from pipelines.lake.manifest import staging_dir
from pipelines.settings import Home


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
        expiry_is_right: bool = False,
    ) -> None:
        self._home, self._ring, self._contracts, self._manifest = home, ring, contracts, manifest
        self._as_of = as_of.astimezone(UTC)
        self._day = as_of.astimezone(ZoneInfo(contracts.policy.timezone)).date()
        self._progress = progress
        self._expiry_is_right = expiry_is_right

    def take_in(self, contract: InboundContract, *, chosen: Selection | None = None) -> BatchReport | None:
        """Take in what has landed of a source as one batch; None where there is nothing.

        With `chosen`, what has landed waits, and those quarantined rows are judged again as if they came for the first
        time. Raises BalanceError, MissingSecret or ExpiryInDoubt, and then keeps nothing.
        """
        if not chosen and not self._has_news(contract):
            return None
        spill = staging_dir(self._home) / "spill"
        spill.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (
            ThreadPoolExecutor(max_workers=1) as executor,
            engine.connect(parquet_keys=self._ring.parquet_keys(), temp_dir=spill) as connection,
        ):
            # Every row bears its place; whatever order matters is asked for.
            connection.execute("set preserve_insertion_order = false")
            references.know(connection, self._home, self._contracts, contract)
            given = self._inputs(connection, contract, executor, chosen=chosen)
            if not given:
                self._manifest.clear_due(contract.name)
                return None
            secret = self._secret(contract)
            with open_vault(self._home, self._ring, purpose=f"intake of {contract.name}") as vault:
                return self._batch(connection, contract, given, vault, secret=secret)

    def _has_news(self, contract: InboundContract) -> bool:
        """Say whether anything could be taken in; most sources have nothing in most runs, and an engine costs time."""
        name, manifest = contract.name, self._manifest
        return manifest.is_due(name) or bool(files.unread_files(self._home, name, manifest))

    def _secret(self, contract: InboundContract) -> bytes | None:
        """Return what the sender's proof is judged by, where rows of the source bear one. Raises MissingSecret."""
        proof = dialect_of(contract).proof
        return keys.secret(self._ring, proof.secret) if proof else None

    def _inputs(
        self,
        connection: duckdb.DuckDBPyConnection,
        contract: InboundContract,
        executor: Executor,
        *,
        chosen: Selection | None,
    ) -> Inputs:
        unread = () if chosen else files.unread_files(self._home, contract.name, self._manifest)
        pending, repeated = files.sort_out(self._home, contract.name, self._manifest, unread, executor=executor)
        again = replays.find(
            connection,
            self._home,
            self._ring,
            contract,
            positions=self._manifest.positions(),
            chosen=chosen,
            is_due=self._manifest.is_due(contract.name),
        )
        return Inputs(pending, repeated, again)

    def _ledger(self, contract: InboundContract) -> InboundContract | None:
        rule = contract.consent
        return self._contracts.inbound[rule.ledger] if rule and rule.ledger else None

    def _batch(
        self,
        connection: duckdb.DuckDBPyConnection,
        contract: InboundContract,
        given: Inputs,
        vault: Vault,
        *,
        secret: bytes | None,
    ) -> BatchReport:
        position = len(self._manifest.batches()) + 1
        engine.set_secret(connection, "event_key", self._ring.event_key().hex())
        judgement = Judgement(
            contract,
            as_of=self._as_of,
            skew_hours=self._contracts.policy.max_clock_skew_hours,
            known_traffic=self._contracts.traffic,
            first_kept=ageing.first_kept(contract, self._manifest.horizons(), today=self._day),
            refusable=self._contracts.policy.browser_refusals.purposes,
        )
        chunks = self._chunks(connection, judgement, vault, secret=secret)
        inputs.read(connection, chunks, given, position=position)
        late = {MINOR: chunks.minority.conclude(), EXPIRED: self._take_out_old(connection, contract, vault)}
        settled = self._settle(connection, contract)
        batch_id = given.batch_id(contract.name, position=position)
        staged, moves, stale = self._stage(connection, judgement, batch_id=batch_id, position=position)
        marks, unknown = chunks.counted()
        report = replace(
            staged,
            files=len(given.pending),
            repeated_files=len(given.repeated),
            rows_in=chunks.rows_in,
            replayed=sum(replay.rows for replay in given.replays),
            duplicates=settled.duplicates,
            duplicates_with_other_content=settled.duplicates_with_other_content,
            superseded=settled.superseded,
            displaced=settled.displaced,
            refused=dict(Counter(staged.refused) + Counter(late)),
            marks=marks,
            unknown_fields=unknown,
        ).check()
        if not self._expiry_is_right:
            brakes.hold(report, contract, self._contracts.policy, self._manifest, as_of=self._as_of)
        paths = [file.path for file in given.pending]
        book = self._manifest.drifts()
        showed = drifts.observe(connection, contract, chunks.sightings, paths, book=book)
        report = replace(report, drifts=tuple(drifts.told(each) for each in showed.new))
        for replay in given.replays:
            moves.append(replays.stage_rest(connection, self._home, self._ring, judgement, replay, batch_id=batch_id))
        if contract.makes_subjects:
            vault.forget_unused(storing.owners(connection, contract), domain=contract.domain)
        if storing.states_links(contract):
            links = vault.links(domain=contract.domain)
            columns = self._contracts.internal[storing.LINKS].lake_columns
            moves.append(storing.stage_links(connection, self._home, links, columns=columns, batch_id=batch_id))
        vault.commit()
        self._commit(contract, report, given, moves, stale=stale, showed=showed)
        return report

    def _chunks(
        self, connection: duckdb.DuckDBPyConnection, judgement: Judgement, vault: Vault, *, secret: bytes | None
    ) -> Chunks:
        """Return what takes rows in, with everything that it asks of the lake and the contracts."""
        contract = judgement.contract
        return Chunks(
            connection,
            judgement,
            vault=vault,
            at=self._as_of,
            policy_version=self._contracts.policy.version,
            known=references.shown_ids(connection, self._home, self._contracts, contract),
            has_statements=consulting.prepare(connection, self._home, contract, self._ledger(contract)),
            secret=secret,
            minority=minority.terms_of(contract, self._contracts, as_of=self._as_of),
            progress=self._progress,
        )

    def _take_out_old(self, connection: duckdb.DuckDBPyConnection, contract: InboundContract, vault: Vault) -> int:
        """Take out what is too old by all that the batch shows; return how many rows that were."""
        home, family = self._home, self._contracts.family_of(contract)
        until = strangers.looked_at_until(self._manifest.horizons(), today=self._day)
        ended = ageing.take_out_expired(connection, home, contract, family=family, today=self._day)
        return ended + strangers.take_out(connection, home, self._contracts, contract, vault, until=until)

    def _settle(self, connection: duckdb.DuckDBPyConnection, contract: InboundContract) -> settling.Settled:
        if contract.kind == "event":
            keys = storing.stored_keys(self._home, contract.family)
            return settling.settle_events(connection, contract, stored_keys=keys)
        stored = current_file(self._home, contract.name)
        arrivals = precedence.arrivals_file(self._home, contract)
        return settling.settle_states(
            connection, contract, stored=stored if stored.exists() else None, arrivals=arrivals
        )

    def _stage(
        self, connection: duckdb.DuckDBPyConnection, judgement: Judgement, *, batch_id: str, position: int
    ) -> tuple[BatchReport, list[Move], dict[str, list[date]]]:
        contract = judgement.contract
        family = self._contracts.family_of(contract)
        moves, stale = storing.stage_accepted(
            connection, self._home, contract, family=family, batch_id=batch_id, position=position, today=self._day
        )
        place = quarantine.target(self._home, self._day, source=contract.name, batch_id=batch_id)
        staged = staging_dir(self._home) / batch_id / "quarantine.parquet"
        quarantined = quarantine.stage_rejected(
            connection,
            judgement,
            refused=refusals(contract),
            position=position,
            file=staged,
            day=self._day,
            ring=self._ring,
        )
        moves += [Move(staged, place)] if staged.exists() else []
        listed = ", ".join(f"'{reason}'" for reason in sorted(refusals(contract)))
        by_reason = f"select reason, count(*) from rejected where reason in ({listed}) group by reason order by reason"
        refused = dict(connection.execute(by_reason).fetchall())
        denied = _count(connection, "select count(*) from accepted where not is_consented")
        report = BatchReport(
            batch_id=batch_id,
            source=contract.name,
            files=0,
            accepted=_count(connection, "select count(*) from accepted"),
            quarantined=quarantined,
            refused=refused,
            denied_consent=denied,
            days=tuple(stale.get(contract.name, ())),
        )
        return report, moves, stale

    def _commit(
        self,
        contract: InboundContract,
        report: BatchReport,
        given: Inputs,
        moves: list[Move],
        *,
        stale: Mapping[str, Sequence[date]],
        showed: drifts.Observed,
    ) -> None:
        self._manifest.prepare(
            BatchRow(report.batch_id, contract.name, self._as_of.isoformat(), report.balance()),
            files=[*(file.landed for file in given.pending), *given.repeated],
            moves=moves,
            stale=stale,
            due=self._cured_by(contract) if report.accepted else (),
            also=partial(
                Drifts.note, source=contract.name, batch_id=report.batch_id, habits=showed.habits, drifts=showed.drifts
            ),
        )
        self._manifest.finish(report.batch_id)

    def _cured_by(self, contract: InboundContract) -> list[str]:
        """Return the sources whose quarantined rows may wait for rows of this one."""
        return [
            other.name
            for other in self._contracts.inbound.values()
            if any(ref.source == contract.name and ref.unknown == "quarantine" for ref in other.references)
        ]


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
