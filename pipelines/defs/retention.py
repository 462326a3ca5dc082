"""What has to go, as Dagster sees it: one step a day, beside the run of what has landed. Not here: what goes (retention)."""

from __future__ import annotations

import dagster as dg

from pipelines import retention
from pipelines.defs import intake, pruning, recording
from pipelines.defs.partitions import CALENDAR
from pipelines.defs.site import Site
from pipelines.defs.unexpected import by_kind

DROPS = dg.AssetKey(["retention", "drops"])
_NIGHTLY = "30 3 * * *"


@dg.asset(
    key=DROPS,
    deps=[intake.BATCH, intake.QUARANTINE],
    group_name="retention",
    description="What the policy's windows have ended for is unlinked, its keys are destroyed, its counts recorded: landed files "
    "whose batch is committed, and quarantined rows.",
    owners=["team:compliance"],
    kinds={"file"},
)
@by_kind("retention")
def dropped(site: dg.ResourceParam[Site]) -> dg.MaterializeResult[None]:
    """Let go what has to go. Raises BrakeHeld, LedgerProblem: then nothing has changed; NotRemoved."""
    recording.record(site)
    with recording.denials(site, "retention"):
        applied = retention.apply(site.home, site.ring, site.contracts, as_of=site.as_of)
    recording.record(site)
    site.say(f"retention: {applied.plan.files - applied.changed:,} files gone, none overdue")
    facts = {
        "files": applied.plan.files - applied.changed,
        "kept": applied.plan.kept,
        "unjudged": applied.plan.unjudged,
    }
    return dg.MaterializeResult(metadata={**facts, "anchor": recording.anchor(site)})


JOB = dg.define_asset_job(
    "what_has_to_go",
    selection=dg.AssetSelection.assets(DROPS, pruning.RUN_RECORDS),
    description="What the policy's windows have ended for goes.",
    executor_def=dg.in_process_executor,
)


@dg.schedule(
    job=JOB,
    cron_schedule=_NIGHTLY,
    execution_timezone=CALENDAR.key,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night: what the policy's windows have ended for.",
)
@by_kind("asking for the nightly drops")
def nightly_drops(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Ask for one run."""
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat())
