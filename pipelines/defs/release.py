"""The release, as Dagster sees it: cells assessed, then published. Not here: thresholds, files, or what is told."""

from collections.abc import Iterator

import dagster as dg

from pipelines import release
from pipelines.defs import recording, waiting, warehouse
from pipelines.defs.judging import CHECK
from pipelines.defs.site import Site, contracts_in_force, owner
from pipelines.defs.unexpected import each_by_kind

ASSESSED = dg.AssetKey(["disclosure", "assessed"])
ANALYTICS = dg.AssetKey(["release", "analytics"])
TABLES = "tables"
"""The rows of each published table: beside the edition of a release."""

_JUDGED = "Great Expectations, derived from the outbound contracts, on every cell as it would be read."


def specs() -> list[dg.AssetSpec]:
    """Return the assessment and the release."""
    outbound = contracts_in_force().outbound
    owners = sorted({owner(contract.owner) for contract in outbound.values()})
    return [
        dg.AssetSpec(
            ASSESSED,
            deps=[warehouse.key(table) for table in outbound],
            group_name="disclosure",
            description="Every cell that would be published, held against the threshold of distinct learners.",
            owners=owners,
            kinds={"polars"},
        ),
        dg.AssetSpec(
            ANALYTICS,
            deps=[ASSESSED],
            group_name="release",
            description="What analysts get: assessed cells only, as DuckDB, Parquet and CSV.\n\n"
            + "\n".join(f"- `{contract.name}`: {contract.description}" for contract in outbound.values()),
            owners=owners,
            kinds={"duckdb", "parquet", "csv"},
        ),
    ]


@dg.multi_asset(
    name="publish",
    specs=specs(),
    check_specs=[dg.AssetCheckSpec(CHECK, asset=ASSESSED, blocking=True, description=_JUDGED)],
    description="Assesses every cell, judges what would be read, then publishes what may be seen.",
)
@each_by_kind("the release")
def released(site: dg.ResourceParam[Site]) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Assess, judge and publish the aggregates."""
    # What was published before is recorded before it is replaced; nothing is published that cannot be recorded.
    recording.record(site)
    recording.anchor(site)
    try:
        with recording.denials(site, "release"):
            report = release.publish(site.home, site.ring, site.contracts, as_of=site.as_of)
    except release.MissesItsContract as missed:
        yield dg.AssetCheckResult(passed=False, asset_key=ASSESSED, check_name=CHECK, description=str(missed))
        raise
    waiting.note_release(site.home, site.contracts, as_of=site.as_of)
    rows, withheld = (sum(getattr(table, name) for table in report.tables) for name in ("rows", "withheld"))
    site.say(f"release: {len(report.tables)} tables, {rows:,} rows, {withheld:,} withheld{_sealed(report)}")
    yield dg.MaterializeResult(ASSESSED, metadata={"rows": rows, "withheld": withheld})
    judged = {"expectations": report.expectations, "rows": rows}
    yield dg.AssetCheckResult(passed=True, asset_key=ASSESSED, check_name=CHECK, metadata=judged)
    tables = {table.name: table.rows for table in report.tables}
    yield dg.MaterializeResult(
        ANALYTICS,
        metadata={"edition": report.edition, "is_new": report.changed, TABLES: dg.MetadataValue.json(tables)},
    )


def _sealed(report: release.ReleaseReport) -> str:
    """Return what a release tells of rows whose source has fallen; nothing where there are none."""
    counts = {name: sum(getattr(table, name) for table in report.tables) for name in ("sealed", "spoilt")}
    return "".join(f", {number:,} {name}" for name, number in counts.items() if number)
