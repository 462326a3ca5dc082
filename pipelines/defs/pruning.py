"""Records of runs that are too old, as Dagster sees them: one step of the nightly job. Which they are is not here."""

from collections.abc import Mapping
from datetime import datetime

import dagster as dg

from pipelines import retention
from pipelines.contracts import Contracts
from pipelines.defs import release, run_storage
from pipelines.defs.site import Site
from pipelines.defs.unexpected import by_kind
from pipelines.settings import Home

RUN_RECORDS = dg.AssetKey(["retention", "run_records"])


def prune(
    home: Home, contracts: Contracts, instance: dg.DagsterInstance | None, *, as_of: datetime, dry_run: bool = False
) -> Mapping[str, int]:
    """Remove what runs left and is too old on the day of `as_of`; return how much of each kind, or what it would be.

    Without an instance Dagster has recorded nothing here.
    """
    before = retention.kept_since(contracts, as_of=as_of)
    files = retention.old_records(home, contracts, as_of=as_of)
    runs = run_storage.old_runs(home, instance, before=before) if instance else run_storage.OldRuns((), 0, (), 0)
    if not dry_run:
        retention.remove_records(home, files)
        if instance:
            run_storage.remove(home, instance, runs, before=before)
    counts = {kind: sum(each.kind == kind for each in files) for kind in retention.RECORDS}
    dagsters = {"runs": len(runs.run_ids), "events_of_no_run": runs.events, "logs_of_ticks": len(runs.logs)}
    return {**dagsters, **counts, "kept_runs": runs.kept}


@dg.asset(
    key=RUN_RECORDS,
    deps=[release.ANALYTICS],
    group_name="retention",
    description="What runs leave behind goes when it is too old: Dagster's runs, events, logs and ticks, OpenLineage events, "
    "compiled SQL, explanations of editions that are no longer shown. The last run of each asset stays.",
    owners=["team:compliance"],
    kinds={"file"},
)
@by_kind("pruning the records of runs")
def pruned(context: dg.AssetExecutionContext, site: dg.ResourceParam[Site]) -> dg.MaterializeResult[None]:
    """Remove the records of runs that are too old."""
    counts = prune(site.home, site.contracts, context.instance, as_of=site.as_of)
    told = ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in counts.items() if count)
    site.say(f"records of runs: {told or 'nothing is too old'}")
    return dg.MaterializeResult(metadata=dict(counts))
