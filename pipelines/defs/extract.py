"""The platform's database, as Dagster sees it: one step that lands what is new, every hour, before intake.

Without a database_url the step does nothing. Not here: how a table is read (extract); the sensor of `landing` starts the
run that takes the files in.
"""

import dagster as dg

from pipelines import settings
from pipelines.defs.site import Site
from pipelines.defs.unexpected import by_kind
from pipelines.extract import extract
from pipelines.identity import keys
from pipelines.identity.errors import IdentityProblem, MissingSecret

DATABASE = dg.AssetKey(["landing", "database"])
GROUP = "landing"


class TablesLeftOut(RuntimeError):
    """Tables of the database could not be read; all others were."""


@dg.asset(
    key=DATABASE,
    group_name=GROUP,
    description="What is new in the tables of the platform's database, as files of the landing zone: only the columns that "
    "contracts list, from a little before the last instant that was read.",
    owners=["team:platform"],
    kinds={"postgres"},
)
@by_kind("reading the database")
def extracted(context: dg.AssetExecutionContext, site: dg.ResourceParam[Site]) -> dg.MaterializeResult[None]:
    """Land what is new. Raises DatabaseUnreachable, or TablesLeftOut after all that could be read."""
    try:
        url = keys.secret(site.ring, settings.DATABASE_URL).decode()
    except MissingSecret:
        return dg.MaterializeResult(metadata={"rows": 0, "landed": 0})
    done = extract(site.home, site.contracts, url=url, as_of=site.as_of, progress=site.say)
    problems = [f"{each.source}: {each.problem}" for each in done if each.problem]
    if problems:
        raise TablesLeftOut("; ".join(problems))
    totals = {name: sum(int(getattr(each, name)) for each in done) for name in ("rows", "landed", "files")}
    return dg.MaterializeResult(metadata=dict(totals))


JOB = dg.define_asset_job(
    "extract",
    selection=dg.AssetSelection.assets(DATABASE),
    description="What is new in the platform's database becomes landed files.",
    executor_def=dg.in_process_executor,
)


@dg.schedule(
    job=JOB,
    cron_schedule="0 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every hour: what is new in the platform's database.",
)
@by_kind("asking for a reading of the database")
def hourly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for one read, where a database was given."""
    try:
        keys.secret(keys.open_keyring(settings.home()), settings.DATABASE_URL)
    except IdentityProblem:
        return dg.SkipReason("no database_url was given")
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat())
