"""The order of a release: read, assess, link, put in what is sealed, judge, write beside, put in place, report.

Thresholds belong to `disclosure`, file formats and their placing to `editions`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from pipelines import disclosure, quality, warehouse
from pipelines.contracts import Contracts, OutboundContract
from pipelines.identity.keys import Keyring
from pipelines.release import derived, editions
from pipelines.release.labels import make_plain
from pipelines.release.marts import held_back_of, marts_of, read_mart
from pipelines.release.refusals import MissesItsContract, ReleaseRefused, SealDamaged, without_values
from pipelines.release.seals import NOTHING, Seal, read_seals
from pipelines.release.shapes import links_between
from pipelines.release.splicing import with_sealed, without_touched
from pipelines.settings import Home


@dataclass(frozen=True)
class TableReport:
    """An assessed table: its rows, and how many of them are withheld, be they marked or left out. For operators.

    `sealed` rows are published as before their source fell. `spoilt` ones are none of these: their source had fallen, or was
    about to, when they had not been published yet, so that they never will be.
    """

    name: str
    rows: int
    withheld: int
    sealed: int = 0
    spoilt: int = 0


@dataclass(frozen=True)
class ReleaseReport:
    """What stands after a release; `changed` is False where the same already stood and nothing was written.

    `expectations` is how many the published tables were held against, and met.
    """

    edition: str
    tables: tuple[TableReport, ...]
    changed: bool
    expectations: int


def publish(home: Home, ring: Keyring, contracts: Contracts, as_of: datetime) -> ReleaseReport:
    """Publish every table of the outbound contracts from the warehouse.

    Tables that the last build held back are published as they stand, or left out where there are none, and the release says so.

    Raises ReleaseRefused, disclosure.UnassessableFrame or quality.QualityError; the earlier release then still stands, whole.
    """
    with without_values("the warehouse cannot be opened"):
        connection = warehouse.open_read_only(home, ring)
    try:
        there, held_back = marts_of(connection), held_back_of(connection)
        frames = {
            name: read_mart(connection, contract=contract)
            for name, contract in contracts.outbound.items()
            if name in there or name not in held_back
        }
    finally:
        connection.close()
    return release_tables(home, frames, contracts=contracts, as_of=as_of, held_back=held_back)


def release_tables(
    home: Home,
    frames: Mapping[str, pl.DataFrame],
    *,
    contracts: Contracts,
    as_of: datetime,
    held_back: Mapping[str, str] | None = None,
) -> ReleaseReport:
    """Assess the frames (one for each outbound contract, its columns exactly) and publish what may be published.

    Only what is held back may be missing. Rows that are sealed are published as they were.
    """
    links = links_between(contracts.outbound)
    waiting = {name: reason for name, reason in (held_back or {}).items() if name in contracts.outbound}
    missing = _with_finer(sorted(waiting.keys() - frames.keys()), links)
    for name, coarser in missing.items():
        waiting[name] = waiting.get(name) or f"{coarser} is missing, and what it would withhold is not known"
    frames = {name: frame for name, frame in frames.items() if name not in missing}
    outbound = {name: each for name, each in contracts.outbound.items() if name not in missing}
    _refuse_unknown(frames, outbound=outbound)
    threshold, seals = contracts.policy.threshold.value, _seals(home)
    left = {name: without_touched(frames[name], seals.get(name), contract=each) for name, each in outbound.items()}
    assessed = disclosure.withhold_linked(
        {
            name: disclosure.assess(
                left[name].frame,
                disclosure=contract.disclosure,
                measures=contract.named("measure"),
                threshold=threshold,
            )
            for name, contract in sorted(outbound.items())
        },
        [link for link in links if link.coarser not in missing and link.finer not in missing],
    )
    fresh = (_table(outbound[name], assessed[name]) for name in sorted(assessed))
    edition = editions.Edition(
        tables=tuple(with_sealed(each, seals.get(each.contract.name), threshold=threshold) for each in fresh),
        policy_version=contracts.policy.version,
        threshold=threshold,
        as_of=_instant(as_of),
        held_back=waiting,
    )
    judged = _judge(home, edition, as_of=as_of)
    # First the reasons: a release never stands without its explanation.
    _keep_reasons(home.evidence / "withheld" / f"{edition.name}.parquet", assessed)
    changed = editions.put_in_place(home.release, edition)
    reports = (
        _report(table, assessed[table.contract.name], spoilt=left[table.contract.name].spoilt)
        for table in edition.tables
    )
    return ReleaseReport(edition.name, tuple(reports), changed, expectations=judged)


def _with_finer(missing: Sequence[str], links: Sequence[disclosure.Link]) -> dict[str, str]:
    """Return the tables that must be left out with those that are missing, each with the one that it follows."""
    found = {name: name for name in missing}
    while more := {link.finer: link.coarser for link in links if link.coarser in found and link.finer not in found}:
        found |= more
    return found


def _table(contract: OutboundContract, assessment: disclosure.Assessment) -> editions.Table:
    frame = assessment.published
    if contract.disclosure.omit_withheld:
        frame = frame.filter(~pl.col(disclosure.WITHHELD))
    # Last, so that no formula sees a row that is left out.
    frame = derived.with_derived(frame, contract=contract)
    return editions.Table(contract, make_plain(frame, table=contract.name, key=contract.key))


def _seals(home: Home) -> Mapping[str, Seal]:
    """Return what is sealed; raises SealDamaged where it is less than what stands in the release."""
    seals = read_seals(home)
    shown = editions.sealed_rows(home.release)
    if lost := sorted(name for name, rows in shown.items() if rows > seals.get(name, NOTHING).rows.height):
        raise SealDamaged(
            f"sealed rows of {', '.join(lost)} are published and not in evidence/seals: put it back from a backup"
        )
    return seals


def _report(table: editions.Table, assessment: disclosure.Assessment, *, spoilt: int) -> TableReport:
    # Withheld rows that are sealed stand in the table, if any: they are left out of one that omits them before it is sealed.
    marked = int(table.frame.get_column(disclosure.WITHHELD).sum())
    omitted = int(assessment.is_withheld().sum()) if table.contract.disclosure.omit_withheld else 0
    rows = assessment.judged.height + table.sealed
    return TableReport(table.contract.name, rows, marked + omitted, sealed=table.sealed, spoilt=spoilt)


def _judge(home: Home, edition: editions.Edition, *, as_of: datetime) -> int:
    """Hold the tables against their contracts as they would be read; return by how many expectations."""
    results = [
        quality.check_release(
            table.contract,
            table.frame,
            key=table.contract.key,
            threshold=edition.threshold,
            withheld=disclosure.WITHHELD,
            as_of=as_of,
            docs=home.data_docs,
        )
        for table in edition.tables
    ]
    missed = [f"{result.dataset} misses {'; '.join(result.failed)}" for result in results if not result.success]
    if missed:
        raise MissesItsContract(f"the release is not what its contracts promise: {', '.join(missed)}")
    return sum(result.expectations for result in results)


def _refuse_unknown(frames: Mapping[str, pl.DataFrame], *, outbound: Mapping[str, OutboundContract]) -> None:
    if not outbound:
        raise ReleaseRefused("there is no outbound contract, so there is nothing to release")
    if other := sorted(set(frames) ^ set(outbound)):
        raise ReleaseRefused(f"tables and outbound contracts differ: {', '.join(other)}")
    for name, contract in outbound.items():
        if tuple(frames[name].columns) != tuple(column.name for column in contract.mart_columns):
            raise ReleaseRefused(f"{name} has not exactly the columns of {contract.file.name}")


def _instant(as_of: datetime) -> str:
    known = as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)
    return known.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _keep_reasons(file: Path, assessed: Mapping[str, disclosure.Assessment]) -> None:
    """Write, restricted, which rows are withheld and why: labels and codes, no withheld value."""
    frames = [
        assessment.reasons.select(
            pl.lit(name).alias("table_name"),
            pl.struct(assessment.labels).struct.json_encode().alias("row_labels"),
            "withheld_because",
        )
        for name, assessment in sorted(assessed.items())
    ]
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.part")
    beside.unlink(missing_ok=True)
    beside.touch(mode=0o600)
    pl.concat(frames).write_parquet(beside, compression="zstd")
    if file.exists() and file.read_bytes() == beside.read_bytes():
        beside.unlink()
    else:
        beside.replace(file)
