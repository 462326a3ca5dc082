"""Takes the keys off stored rows whose owners refuse their purpose now, and forgets in the vault who has nothing left.

A stripped row is what intake would have kept of it without consent: page and day still count. Not here: who refuses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from pipelines import engine
from pipelines.contracts import Contracts
from pipelines.contracts.models import InboundContract
from pipelines.identity.keyring import Keyring
from pipelines.identity.vault import Vault, open_vault
from pipelines.intake import storing
from pipelines.lake import (
    Intervention,
    Manifest,
    Move,
    columns_digest,
    current_file,
    days_of,
    open_manifest,
    partition_file,
    read_columns,
    write_parquet,
)
from pipelines.lake.manifest import staging_dir
from pipelines.settings import Home
from pipelines.withdrawal import denied_rows, refusals

KIND = "withdrawal"
_READER = "withdrawal"

Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Stripped:
    """What one look at the withdrawals did: rows stripped, by dataset; its days; subjects that the vault forgot.

    `records` are the digests of what the vault keeps for those who are still known (`Vault.keep_record`).
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    days: Mapping[str, tuple[date, ...]] = field(default_factory=dict)
    forgotten: int = 0
    records: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Return the counts by name: one for each dataset, and `forgotten`."""
        return {**self.rows, "forgotten": self.forgotten}


def waits(home: Home, contracts: Contracts) -> bool:
    """Say whether anything came in since the last look that could be concerned by a withdrawal, or be one."""
    if not home.manifest_file.exists():
        return False
    with open_manifest(home) as manifest:
        return manifest.readers().unseen(_READER, sources=_heard(contracts)) is not None


def strip(
    home: Home,
    ring: Keyring,
    contracts: Contracts,
    *,
    as_of: datetime,
    progress: Progress = lambda _dataset, _rows: None,
) -> Stripped:
    """Take the keys off every stored row whose owner refuses its purpose; the caller holds the writer lock.

    A row is concerned that is older than the first grant after its owner's last refusal. Whoever refuses for good and
    stands in no row of a domain loses their secret there, and with the last one everything the vault has of them; of a
    browser that refuses with its user the link alone is left, by which its next rows are known. Dead in the middle, the
    next call completes it. Nothing new since the last call: nothing is opened.
    """
    with open_manifest(home) as manifest:
        manifest.recover()
        position = manifest.readers().unseen(_READER, sources=_heard(contracts))
        if position is None:
            return Stripped()
        spill = staging_dir(home) / "spill"
        spill.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (
            engine.connect(parquet_keys=ring.parquet_keys(), temp_dir=spill) as connection,
            open_vault(home, ring, purpose="withdrawals of consent") as vault,
        ):
            engine.set_secret(connection, "event_key", ring.event_key().hex())
            day = as_of.astimezone(ZoneInfo(contracts.policy.timezone)).date()
            look = _Look(home, contracts, connection, vault, day=day, progress=progress)
            stripped = look.over_everything()
            _keep(manifest, vault, look, stripped, as_of=as_of, position=position)
        manifest.readers().note_seen(_READER, position)
    return stripped


def _keep(manifest: Manifest, vault: Vault, look: _Look, stripped: Stripped, *, as_of: datetime, position: int) -> None:
    """Make it last: the files first, so that no row can be left whose pseudonym nobody could compute any more."""
    if look.moves or stripped.records or stripped.forgotten:
        work_id = look.work_id
        instant = as_of.astimezone(UTC).isoformat()
        counts = {"rows": dict(stripped.rows), "forgotten": stripped.forgotten, "seen": position}
        counts |= {"records": list(stripped.records)} if stripped.records else {}
        manifest.prepare_intervention(
            Intervention(work_id, KIND, instant, counts), moves=look.moves, stale=stripped.days
        )
        vault.commit()
        manifest.finish(work_id)
    else:
        vault.commit()


class _Look:
    """One look over everything: stages files, and changes the vault's open transaction."""

    def __init__(
        self,
        home: Home,
        contracts: Contracts,
        connection: duckdb.DuckDBPyConnection,
        vault: Vault,
        *,
        day: date,
        progress: Progress,
    ) -> None:
        self._home, self._contracts, self._connection, self._vault = home, contracts, connection, vault
        self._day, self._progress = day, progress
        self.moves: list[Move] = []
        self.work_id = _work_id(home)
        self._staged: dict[Path, Path] = {}
        self._concerned: dict[str, list[pl.Series]] = {}
        self._rows: dict[str, int] = {}
        self._days: dict[str, tuple[date, ...]] = {}

    def over_everything(self) -> Stripped:
        """Strip every dataset whose consent the ledger knows of; return what was done."""
        forgotten = 0
        leaving: dict[str, list[pl.DataFrame]] = {}
        for purpose, ledger, ruled in _by_purpose(self._contracts):
            binds = purpose in self._contracts.policy.browser_refusals.purposes
            if not refusals.find(
                self._connection, self._home, ledger, self._vault, purpose=purpose, browsers_bind=binds
            ):
                continue
            for contract in ruled:
                if refusals.denials(self._connection, self._vault, domain=contract.domain):
                    self._strip(contract)
                    leaving.setdefault(contract.domain, []).append(refusals.leaving(self._connection))
        for domain, left in leaving.items():
            gone = self._without_rows(pl.concat(left).unique(), domain=domain)
            if not gone.is_empty():
                own = gone.filter("is_own")["subject"].unique()
                forgotten += self._vault.withdraw(gone["subject"].unique(), domain=domain, forgettable=own)
                self._project_links(domain)
        return Stripped(self._rows, self._days, forgotten, self._records())

    def _strip(self, contract: InboundContract) -> None:
        if contract.kind == "state":
            place = current_file(self._home, contract.name)
            places = {place: self._day} if place.exists() else {}
        else:
            days = days_of(self._home, contract.name)
            places = {partition_file(self._home, contract.name, day): day for day in days}
        for place, day in places.items():
            rows = self._strip_file(contract, place)
            if rows:
                self._rows[contract.name] = self._rows.get(contract.name, 0) + rows
                self._days[contract.name] = (*self._days.get(contract.name, ()), day)
                self._progress(contract.name, rows)

    def _strip_file(self, contract: InboundContract, place: Path) -> int:
        """Stage a file without the keys of whoever is in `denials`, where it has any; return how many rows were."""
        source = f"({read_columns(self._staged.get(place, place), contract.lake_columns)})"
        rows = self._one(f"select count(*) from {source} as stored where {denied_rows.is_denied(contract)}")
        if rows:
            staged = staging_dir(self._home) / self.work_id / f"{len(self.moves):06d}.parquet"
            query = denied_rows.stripped(contract, source=source)
            write_parquet(self._connection, f"select * from ({query}) order by {contract.order}", file=staged)
            self._concerned.setdefault(contract.name, []).append(
                self._connection.execute(denied_rows.owners(contract, source=source)).pl()["subject"]
            )
            self._staged[place] = staged
            self.moves.append(Move(staged, place, columns_digest(contract.lake_columns)))
        return rows

    def _records(self) -> tuple[str, ...]:
        """Keep for each whose rows were stripped that they were; of whoever was forgotten nothing is kept."""
        digests: list[str] = []
        for dataset, subjects in self._concerned.items():
            told = f"{KIND} of consent: rows of {dataset} lost what leads here, on {self._day}"
            digests += self._vault.keep_record(pl.concat(subjects), told)
        return tuple(sorted(digests))

    def _without_rows(self, leaving: pl.DataFrame, *, domain: str) -> pl.DataFrame:
        """Return `subject`, `is_own` of those whose pseudonym in the domain stands in no row of any dataset."""
        self._connection.register("leaving", leaving)
        self._connection.execute("create or replace temp table still_there (pseudonym varchar)")
        for contract in self._contracts.inbound.values():
            columns = contract.owner_columns
            if contract.domain != domain or not columns:
                continue
            for place in self._files(contract):
                rows = read_columns(self._staged.get(place, place), contract.lake_columns)
                for column in columns:
                    self._connection.execute(
                        f"insert into still_there select distinct {column} from ({rows}) "
                        f"where {column} in (select pseudonym from leaving)"
                    )
        gone = self._connection.execute(
            "select subject, is_own from leaving where pseudonym not in (select pseudonym from still_there) order by all"
        ).pl()
        self._connection.unregister("leaving")
        return gone

    def _project_links(self, domain: str) -> None:
        """Stage the links again, without those that have lost an end."""
        place = current_file(self._home, storing.LINKS)
        stating = [c for c in self._contracts.inbound.values() if c.domain == domain and storing.states_links(c)]
        if stating and place.exists():
            links = self._vault.links(domain=domain)
            columns = self._contracts.internal[storing.LINKS].lake_columns
            self.moves.append(
                storing.stage_links(self._connection, self._home, links, columns=columns, batch_id=self.work_id)
            )

    def _files(self, contract: InboundContract) -> Collection[Path]:
        if contract.kind == "event":
            return [partition_file(self._home, contract.name, day) for day in days_of(self._home, contract.name)]
        place = current_file(self._home, contract.name)
        return [place] if place.exists() else []

    def _one(self, query: str) -> int:
        row = self._connection.execute(query).fetchone()
        return int(row[0]) if row else 0


def _by_purpose(contracts: Contracts) -> list[tuple[str, InboundContract, list[InboundContract]]]:
    """Return purpose, ledger and the contracts whose rows are judged by that ledger on that purpose."""
    found: dict[tuple[str, str], list[InboundContract]] = {}
    for contract in contracts.inbound.values():
        if contract.consent and contract.consent.ledger and contract.owner_columns:
            found.setdefault((contract.consent.purpose, contract.consent.ledger), []).append(contract)
    return [(purpose, contracts.inbound[ledger], ruled) for (purpose, ledger), ruled in sorted(found.items())]


def _heard(contracts: Contracts) -> set[str]:
    """Return the sources that can tell of a withdrawal, of whom it concerns, or of rows that it concerns."""
    ledgers = {each.consent.ledger for each in contracts.inbound.values() if each.consent and each.consent.ledger}
    return {each.name for each in contracts.inbound.values() if each.makes_subjects} | ledgers


def _work_id(home: Home) -> str:
    """Return an id that the same history always gets."""
    with open_manifest(home) as manifest:
        text = f"{KIND}\n{len(manifest.batches())}\n{len(manifest.interventions())}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
