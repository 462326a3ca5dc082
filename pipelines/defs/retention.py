"""What has to go, as Dagster sees it: one step a day, beside the run of what has landed. Not here: what goes (retention)."""

from __future__ import annotations

import dagster as dg

from pipelines.defs import intake, letting_go, pruning, recording, release
from pipelines.defs.partitions import ARRIVALS_TAG, CALENDAR, JOB_NAME, key_of
from pipelines.defs.site import Site, now
from pipelines.defs.unexpected import by_kind

DROPS = dg.AssetKey(["retention", "drops"])
ROWS = "rows"
"""How many rows of the lake went: the models have to follow."""

# After the nightly run: figures are kept from a release of the same day.
_NIGHTLY = "30 3 * * *"


@dg.asset(
    key=DROPS,
    deps=[intake.BATCH, intake.QUARANTINE, release.ANALYTICS],
    group_name="retention",
    description="What the policy's windows have ended for goes: landed files and quarantined rows, days of events, enrolments, "
    "people with everything that leads to them. Figures are sealed before, counts recorded after.",
    owners=["team:compliance"],
    kinds={"file"},
)
@by_kind("retention")
def dropped(site: dg.ResourceParam[Site]) -> dg.MaterializeResult[None]:
    """Let go what has to go. Raises BrakeHeld, LedgerProblem: then nothing has changed; NotSealable, NotRemoved."""
    recording.record(site)
    with recording.denials(site, "retention"):
        applied = letting_go.let_go(site.home, site.ring, site.contracts, as_of=site.as_of, progress=site.say)
    recording.record(site)
    plan = applied.plan
    site.say(f"retention: {plan.files - applied.changed:,} files and {plan.rows:,} rows gone, none overdue")
    facts = {
        "files": plan.files - applied.changed,
        "kept": plan.kept,
        "unjudged": plan.unjudged,
        ROWS: plan.rows,
        "enrolments": plan.enrolments,
        "subjects": plan.subjects,
        "held": sum(applied.held.values()),
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


@dg.asset_sensor(
    asset_key=DROPS,
    job_name=JOB_NAME,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Builds the models again once rows of the lake were dropped: what is derived follows its source.",
)
@by_kind("following a drop")
def models_follow(context: dg.SensorEvaluationContext, event: dg.EventLogEntry) -> dg.RunRequest | dg.SkipReason:
    """Ask for one run after drops that took rows."""
    made = event.asset_materialization
    rows = made.metadata[ROWS].value if made and ROWS in made.metadata else 0
    if not rows:
        return dg.SkipReason("no row of the lake was dropped")
    return dg.RunRequest(run_key=f"after-{event.run_id}", partition_key=key_of(now()), tags={ARRIVALS_TAG: "drops"})
