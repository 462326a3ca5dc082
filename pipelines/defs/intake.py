"""From landing to lake, as Dagster sees it: one step that judges what has landed, and the assets it leaves behind.

Intake is driven by arrivals: a run takes in all that has landed, whatever its partition key; the days that changed are
reported as materialised one by one. Not here: how a row is judged (intake), who a pseudonym is (identity).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import dagster as dg

from pipelines import intake, lake, minors, projections, withdrawal
from pipelines.contracts import InboundContract, InternalContract
from pipelines.contracts.projections import in_order
from pipelines.defs import judging, landing, recording, tracing
from pipelines.defs.partitions import DAYS, ONE_RUN, asked_days, keys_within
from pipelines.defs.site import Site, contracts_in_force, owner
from pipelines.defs.unexpected import each_by_kind
from pipelines.intake.reports import BatchReport

BATCH = dg.AssetKey(["intake", "batch"])
QUARANTINE = dg.AssetKey(["quarantine", "rows"])
VAULT = dg.AssetKey(["identity", "vault"])
MINORS = dg.AssetKey(["identity", "minors"])
WITHDRAWALS = dg.AssetKey(["identity", "withdrawals"])
Results: TypeAlias = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]
READS_ALL = "reads_every_source"
LINKS = "identity_links"
DRIFT = "drift"
"""What sources began to send otherwise, one line each: beside the counts of a batch."""
_OWNERS = ["team:platform"]
_TELL_FROM_ROWS = 100_000


def key(dataset: str) -> dg.AssetKey:
    """Return the asset key of a dataset of the lake."""
    return dg.AssetKey(["lake", dataset])


def specs() -> list[dg.AssetSpec]:
    """Return what one intake leaves behind: balance, quarantine, vault and the datasets of the lake."""
    inbound = contracts_in_force().inbound.values()
    return [
        dg.AssetSpec(
            BATCH,
            deps=[landing.key(contract.name) for contract in inbound],
            group_name="intake",
            description="Every landed row judged against its contract, with a balance for each batch: rows in are "
            "accepted, superseded, duplicate, quarantined or refused.",
            owners=_OWNERS,
            kinds={"duckdb"},
        ),
        dg.AssetSpec(
            QUARANTINE,
            deps=[BATCH],
            group_name="intake",
            description="Rows that could not be accepted, encrypted under day keys that are destroyed after days.",
            owners=_OWNERS,
            kinds={"file"},
        ),
        dg.AssetSpec(
            VAULT,
            deps=[BATCH],
            group_name="identity",
            description="The only place of direct identifiers; from here on a person is a pseudonym.",
            owners=_OWNERS,
            kinds={"duckdb"},
        ),
        dg.AssetSpec(
            MINORS,
            deps=[VAULT],
            group_name="identity",
            description="Whoever is known to have been under 18 when they used the service leaves at once: every row, every key, "
            "with a receipt that names no one; what comes of them later is refused.",
            owners=_OWNERS,
            kinds={"duckdb"},
        ),
        dg.AssetSpec(
            WITHDRAWALS,
            deps=[MINORS],
            group_name="identity",
            description="Whoever refuses a purpose now: their keys come off the rows that are stored for it, and the vault "
            "forgets who has nothing left. Every night, within the 72 hours of UU PDP Art. 40.",
            owners=_OWNERS,
            kinds={"duckdb"},
        ),
        dg.AssetSpec(
            key(LINKS),
            deps=[VAULT],
            group_name="lake",
            description="Timed links between a browser's pseudonym and a learner's, a projection of the vault.",
            owners=_OWNERS,
            kinds={"parquet"},
        ),
        *[_dataset(contract) for contract in inbound],
        *[_projection(contract) for contract in _projected()],
    ]


def check_specs() -> list[dg.AssetCheckSpec]:
    """Return what is checked of an intake: that it read every source, and each dataset against its contract."""
    told = "Whether every source that has landed was read; one that waits for a key or a contract is left out."
    return [
        dg.AssetCheckSpec(READS_ALL, asset=BATCH, description=told),
        *(
            dg.AssetCheckSpec(judging.CHECK, asset=key(name), description=judging.DESCRIPTION)
            for name in contracts_in_force().inbound
        ),
    ]


def _dataset(contract: InboundContract) -> dg.AssetSpec:
    by_day = contract.kind == "event"
    return dg.AssetSpec(
        key(contract.name),
        deps=[_upstream(contract)],
        group_name="lake",
        description=f"{contract.description} Pseudonymous"
        + (", one file a day of the event's own time." if by_day else ", the latest state."),
        owners=[owner(contract.owner)],
        kinds={"parquet"},
        partitions_def=DAYS if by_day else None,
        metadata=_columns(contract),
    )


def _projection(contract: InternalContract) -> dg.AssetSpec:
    return dg.AssetSpec(
        key(contract.name),
        deps=[VAULT, *map(key, contract.projects)],
        group_name="lake",
        description=f"{contract.description} A projection for the domain {contract.domain}.",
        owners=[owner(contract.owner)],
        kinds={"parquet"},
        metadata=_columns(contract),
    )


def _projected() -> Sequence[InternalContract]:
    return in_order(contracts_in_force().internal)


def _columns(contract: InboundContract | InternalContract) -> dict[str, dg.TableSchema]:
    columns = [dg.TableColumn(each.name, each.sql_type, description=each.description) for each in contract.lake_columns]
    return {"dagster/column_schema": dg.TableSchema(columns=columns)}


def _upstream(contract: InboundContract) -> dg.AssetKey:
    if contract.consent and contract.consent.ledger:
        return WITHDRAWALS
    return VAULT if any(field.identifier_kind for field in contract.fields) else BATCH


@dg.multi_asset(
    name="intake",
    specs=specs(),
    check_specs=check_specs(),
    can_subset=True,
    backfill_policy=ONE_RUN,
    description="Judges what has landed, resolves identities, writes the lake, lets go who or what must, projects.",
)
@each_by_kind("intake")
def lake_assets(context: dg.AssetExecutionContext, site: dg.ResourceParam[Site]) -> Results:
    """Take in all that has landed, let children and what was withdrawn go, and project what domains may know of each other."""
    with recording.denials(site, "intake"):
        asked_days(context, site, of=[each.path[-1] for each in context.selected_asset_keys])
    site.say("intake: reading what has landed")
    left_out = ""
    try:
        with recording.denials(site, "intake"):
            reports = intake.run(
                site.home,
                site.ring,
                site.contracts,
                as_of=site.as_of,
                expiry_is_right=site.expiry_is_right,
                progress=_telling(site),
            )
    except intake.SourcesWait as waiting:
        reports, left_out = waiting.reports, str(waiting)
        context.log.error(left_out)
    finally:
        # Whatever came of the intake: a child that is known leaves at once, a withdrawal is carried out within its 72 hours.
        try:
            with recording.denials(site, "minors"):
                erased = minors.erase(site.home, site.ring, site.contracts, as_of=site.as_of, progress=_telling(site))
        finally:
            with recording.denials(site, "withdrawals"):
                stripped = withdrawal.strip(
                    site.home, site.ring, site.contracts, as_of=site.as_of, progress=_telling(site)
                )
        with recording.denials(site, "projections"):
            tracing.refuse_a_leaking_lake(site)
            projected = projections.project(
                site.home, site.ring, site.contracts, as_of=site.as_of, progress=_telling(site)
            )
    for report in reports:
        site.say(f"intake: {report.source}, {report.rows_in:,} rows in, {report.accepted:,} accepted")
    for dataset, days in lake.stale_days(site.home).items():
        if dataset in _by_day():
            for day in keys_within(days):
                context.log_event(dg.AssetMaterialization(key(dataset), partition=day))
    for spec in specs():
        if spec.key in context.selected_asset_keys:
            facts: dict[str, int | str] = dict(_counts(site, spec.key, reports))
            drifts = [told for report in reports for told in report.drifts]
            facts |= {DRIFT: "\n".join(drifts)} if drifts and spec.key == BATCH else {}
            facts |= erased.counts if spec.key == MINORS else {}
            facts |= stripped.counts if spec.key == WITHDRAWALS else {}
            facts |= projected.counts(spec.key.path[-1])
            yield dg.MaterializeResult(spec.key, metadata=facts)
    read = dg.AssetCheckResult(asset_key=BATCH, check_name=READS_ALL, passed=not left_out, description=left_out or None)
    for result in (read, *judging.judged(site, key)):
        if (
            result.asset_key
            and dg.AssetCheckKey(result.asset_key, str(result.check_name)) in context.selected_asset_check_keys
        ):
            yield result


def _telling(site: Site) -> Callable[[str, int], None]:
    """Return what tells of long batches as their rows go by; short ones have their total alone."""

    def tell(source: str, rows: int) -> None:
        if rows >= _TELL_FROM_ROWS:
            site.say(f"intake: {source}, {rows:,} rows more")

    return tell


def _by_day() -> set[str]:
    return {contract.name for contract in contracts_in_force().inbound.values() if contract.kind == "event"}


def _counts(site: Site, asset: dg.AssetKey, reports: Sequence[BatchReport]) -> dict[str, int]:
    own = {key(report.source): report for report in reports}
    if asset == BATCH:
        names = ("files", "rows_in", "accepted", "superseded", "duplicates")
        totals = {name: sum(int(getattr(report, name)) for report in reports) for name in names}
        totals |= {name: _total(reports, name) for name in ("quarantined", "refused")}
        return totals | {why: sum(report.refused.get(why, 0) for report in reports) for why in ("expired", "minor")}
    if asset == QUARANTINE:
        return {"quarantined": _total(reports, "quarantined"), "replayed": sum(report.replayed for report in reports)}
    if asset in own:
        report = own[asset]
        return {"rows_in": report.rows_in, "accepted": report.accepted, "days": len(report.days)}
    return {}


def _total(reports: Sequence[BatchReport], name: str) -> int:
    return sum(sum(getattr(report, name).values()) for report in reports)
