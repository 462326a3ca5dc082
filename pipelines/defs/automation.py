"""When things run by themselves: one job for everything, and its daily schedule. Not here: what runs."""

import dagster as dg

from pipelines.defs import audiences, pruning, retention
from pipelines.defs.extract import DATABASE
from pipelines.defs.partitions import ARRIVALS_TAG, CALENDAR, JOB_NAME, key_of
from pipelines.defs.unexpected import by_kind

NIGHTLY = "0 2 * * *"

JOB = dg.define_asset_job(
    JOB_NAME,
    selection=dg.AssetSelection.all()
    - dg.AssetSelection.assets(DATABASE, retention.DROPS, pruning.RUN_RECORDS, audiences.WITHDRAWN, audiences.SENT),
    description="From landed files to the release: intake, checks, models, disclosure, release.",
    executor_def=dg.in_process_executor,
)


@dg.schedule(
    job=JOB,
    cron_schedule=NIGHTLY,
    execution_timezone=CALENDAR.key,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night: what has landed, and windows that have closed.",
)
@by_kind("asking for the nightly run")
def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Ask for one run on the day of the tick."""
    instant = context.scheduled_execution_time
    return dg.RunRequest(run_key=instant.isoformat(), partition_key=key_of(instant), tags={ARRIVALS_TAG: "nightly"})
