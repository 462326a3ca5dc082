"""Audiences as Dagster sees them: a nightly sending, and a sensor that takes people out soon after they withdrew.

Not here: who is in an audience (audiences), what one night does (sending).
"""

import dagster as dg

from pipelines import audiences, settings
from pipelines.audiences.withdrawing import THEIRS
from pipelines.defs import intake, recording, sending
from pipelines.defs.partitions import CALENDAR
from pipelines.defs.site import Site, contracts_in_force
from pipelines.defs.unexpected import by_kind
from pipelines.identity import keys

SENT, WITHDRAWN = dg.AssetKey(["audiences", "sent"]), dg.AssetKey(["audiences", "withdrawn"])
_GROUP = "audiences"
# After the nightly run and its drops: whoever went with them is taken out in the same night.
_NIGHTLY = "30 4 * * *"
_LOOKS_AN_HOUR = 12
_UNSET = "no account at a recipient is set up (CROSSLIFE_META_ACCOUNT): nothing is sent"


class SendingConfig(dg.Config):
    """Dry: everything is judged and nothing is sent."""

    is_dry: bool = False


@dg.asset(
    key=WITHDRAWN,
    deps=[intake.BATCH],
    group_name=_GROUP,
    description="Whoever may not be at a recipient any more is taken out there: requested, removed, confirmed.",
    owners=["team:ads"],
    kinds={"api"},
)
@by_kind("withdrawals from audiences")
def withdrawn(site: dg.ResourceParam[Site]) -> dg.MaterializeResult[None]:
    """Take people out. Raises AudienceProblem, SinkProblem; what was requested stays requested."""
    recording.record(site)
    with recording.denials(site, "audiences"):
        sinks = sending.sinks_of(site.contracts, site.ring)
        done = audiences.withdraw(site.home, site.ring, site.contracts, sinks, as_of=site.as_of, progress=site.say)
    recording.record(site)
    facts = {"found": done.found, "removed": done.removed, "confirmed": done.confirmed}
    return dg.MaterializeResult(metadata={**facts, "open": done.open, "overdue": done.overdue})


@dg.asset(
    key=SENT,
    deps=[WITHDRAWN, intake.BATCH],
    group_name=_GROUP,
    description="Each audience replaced at its recipients by those who may be sent now; counts and reasons alone are shown.",
    owners=["team:ads"],
    kinds={"api"},
)
@by_kind("audiences")
def sent(config: SendingConfig, site: dg.ResourceParam[Site]) -> dg.MaterializeResult[None]:
    """Send what is due. Raises AudienceProblem, SinkProblem: then audiences before it are sent, and the rest stays as it was."""
    recording.record(site)
    with recording.denials(site, "audiences"):
        sinks = sending.sinks_of(site.contracts, site.ring, is_dry=config.is_dry)
        synced = audiences.sync(
            site.home,
            site.ring,
            site.contracts,
            sinks,
            as_of=site.as_of,
            is_dry=config.is_dry,
            progress=site.say,
        )
    recording.record(site)
    funnels = {
        f"{each.segment}/{each.recipient}": {
            "candidates": each.funnel.candidates,
            "consented": each.funnel.consented,
            "allowed": each.funnel.allowed,
            "reachable": each.funnel.reachable,
            "sent": each.sent,
            **each.funnel.left,
        }
        for each in synced
    }
    return dg.MaterializeResult(metadata={"sent": sum(each.sent for each in synced), "funnels": funnels})


@dg.asset_check(
    asset=WITHDRAWN,
    name="no_withdrawal_is_late",
    description="Every withdrawal is removed while there is time left for the recipient, and none is over its deadline.",
    blocking=False,
)
@by_kind("looking at withdrawals")
def in_time(site: dg.ResourceParam[Site]) -> dg.AssetCheckResult:
    """Compare the withdrawals that are open with their clocks."""
    hours = site.contracts.policy.deadlines["withdrawal"].hours
    ours = hours - THEIRS.total_seconds() / 3600
    open_ones = audiences.withdrawals(site.home, site.ring, at=site.as_of)
    late = {"requested": ours, "removed": float(hours)}
    over = sum(
        count
        for state, count, slowest in open_ones.select("state", "withdrawals", "slowest_hours").iter_rows()
        if state in late and slowest > late[state]
    )
    return dg.AssetCheckResult(passed=over == 0, metadata={"over": over, "hours": hours})


JOB = dg.define_asset_job(
    "audiences",
    selection=dg.AssetSelection.assets(WITHDRAWN, SENT),
    description="Whoever withdrew is taken out, then each audience is replaced.",
    executor_def=dg.in_process_executor,
)
WITHDRAWALS = dg.define_asset_job(
    "withdrawals",
    selection=dg.AssetSelection.assets(WITHDRAWN),
    description="Whoever may not be at a recipient any more is taken out there.",
    executor_def=dg.in_process_executor,
)

DEADLINES = dg.define_asset_job(
    "withdrawal_deadlines",
    selection=dg.AssetSelection.checks(in_time),
    description="Whether a withdrawal is late; looked at by itself, as a job whose removals fail judges nothing.",
    executor_def=dg.in_process_executor,
)


@dg.schedule(
    job=JOB,
    cron_schedule=_NIGHTLY,
    execution_timezone=CALENDAR.key,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night, where an account is set up: withdrawals, then audiences.",
)
@by_kind("asking for the nightly audiences")
def nightly_audiences(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for one run."""
    if not settings.meta_text("account"):
        return dg.SkipReason(_UNSET)
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat())


@dg.schedule(
    job=DEADLINES,
    cron_schedule="0 */6 * * *",
    execution_timezone=CALENDAR.key,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Four times a day, where an account is set up: whether a withdrawal is late.",
)
@by_kind("asking for a look at the deadlines")
def deadlines(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for one run."""
    if not settings.meta_text("account"):
        return dg.SkipReason(_UNSET)
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat())


@dg.sensor(
    job=WITHDRAWALS,
    minimum_interval_seconds=3600 // _LOOKS_AN_HOUR,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Takes people out as soon as something came in by which they may not be there, well within 72 hours.",
)
@by_kind("looking for withdrawals")
def withdrawal_arrivals(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for one run after each change that could take somebody out, and for another each hour until one has done it."""
    if not settings.meta_text("account"):
        return dg.SkipReason(_UNSET)
    home = settings.home()
    if not home.keyring_file.exists():
        return dg.SkipReason("there is no home yet")
    position = audiences.waits(home, keys.open_keyring(home), contracts_in_force())
    if position is None:
        return dg.SkipReason("nothing has come in since people were last looked at")
    seen, _, looks = (context.cursor or "").partition("/")
    number = int(looks) + 1 if seen == str(position) else 0
    context.update_cursor(f"{position}/{number}")
    if number % _LOOKS_AN_HOUR:
        return dg.SkipReason("people are about to be taken out; if that fails, it is asked for again within the hour")
    return dg.RunRequest(run_key=f"withdrawals-{position}-{number}")
