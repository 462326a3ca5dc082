"""When somebody is told: a run that failed or held something back, a release that was refused, a source that fell silent.

Dagster's daemon evaluates these sensors; a command of the shell tells by itself (`crosslife run`). Not here: over which
channels (notices), or when a source is late (quality).
"""

import json
from collections.abc import Iterable, Sequence

import dagster as dg
from dagster_shared.error import SerializableErrorInfo

from pipelines import notices, quality, settings
from pipelines.defs import extract, retention
from pipelines.defs.automation import JOB
from pipelines.defs.site import contracts_in_force, now
from pipelines.defs.unexpected import by_kind, told_as_text
from pipelines.identity import keys

_HOURLY = 3600


@dg.run_failure_sensor(
    name="tell_of_failures",
    monitored_jobs=[JOB, extract.JOB, retention.JOB],
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells whoever is to know (webhook_url, smtp_url) that a run failed or a release was refused, and why.",
)
@by_kind("telling of a failure")
def failures(context: dg.RunFailureSensorContext) -> None:
    """Send one notice for a failed run."""
    errors = [(event.step_key, event.step_failure_data.error) for event in context.get_step_failure_events()]
    notice = of_failure(context.dagster_run.job_name, context.dagster_run.run_id, errors)
    for delivery in notices.send(keys.open_keyring(settings.home()), notice):
        context.log.info(f"{delivery.channel}: {delivery.failure or 'told'}")


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    name="tell_of_what_was_held_back",
    monitored_jobs=[JOB],
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells whoever is to know what a run that ended well left as it was, since a check of it failed.",
)
@by_kind("telling of what was held back")
def held_back(context: dg.RunStatusSensorContext) -> None:
    """Send one notice where checks of the run failed."""
    lines = missed(context.instance, run_id=context.dagster_run.run_id)
    if lines:
        for delivery in notices.send(
            keys.open_keyring(settings.home()), of_held_back(context.dagster_run.job_name, lines)
        ):
            context.log.info(f"{delivery.channel}: {delivery.failure or 'told'}")


def of_held_back(job: str, lines: Sequence[str]) -> notices.Notice:
    """Return what is told of checks that failed in a run which ended well."""
    return notices.Notice("refused", f"A run held something back: {job}", tuple(lines), at=now())


def missed(instance: dg.DagsterInstance, *, run_id: str) -> tuple[str, ...]:
    """Return what the failed checks of a run say, a line each with the assets that it is said of; warnings are no failures."""
    records = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    events = [record.get_dagster_event() for record in records if record.is_dagster_event]
    said: dict[str, list[str]] = {}
    for found in (event.asset_check_evaluation_data for event in events):
        if not found.passed and found.severity == dg.AssetCheckSeverity.ERROR:
            said.setdefault(found.description or found.check_name, []).append(found.asset_key.to_user_string())
    return tuple(f"{', '.join(assets)}: {text}" for text, assets in said.items())


def of_failure(
    job: str, run_id: str, errors: Iterable[tuple[str | None, SerializableErrorInfo | None]]
) -> notices.Notice:
    """Return what is told of a failed run: its steps, and of each error no more than may be said."""
    kind: notices.Kind = "failed"
    lines = []
    for step, error in errors:
        ending, said = told_as_text(_messages(error))
        kind = "refused" if ending == "refused" else kind
        lines.append(f"{step or job}: {said}")
    title = "A run was refused" if kind == "refused" else "A run failed"
    lines = lines or ["it ended without a word: its process may have been killed"]
    return notices.Notice(kind, f"{title}: {job}", (*lines, f"run {run_id}"), at=now())


@dg.sensor(
    name="tell_of_silence",
    minimum_interval_seconds=_HOURLY,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells once of each source that has not arrived in its rhythm, or that arrived out of the ordinary.",
)
@by_kind("telling of silence")
def silence(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Send one notice for what is newly out of rhythm; a source that comes again is forgotten."""
    home = settings.home()
    if not home.manifest_file.exists():
        return dg.SkipReason("nothing has ever landed")
    found = {each.source: each for each in quality.rhythms(home, contracts_in_force(), as_of=now()) if each.told()}
    known = json.loads(context.cursor or "{}")
    news = [each for name, each in found.items() if known.get(name) != str(each.last_at)]
    if news:
        notice = notices.Notice("stale", "Sources are out of rhythm", tuple(each.told() for each in news), at=now())
        notices.send(keys.open_keyring(home), notice)
    context.update_cursor(json.dumps({name: str(each.last_at) for name, each in sorted(found.items())}))
    return dg.SkipReason(f"{len(found)} sources out of rhythm, {len(news)} of them newly told")


def _messages(error: SerializableErrorInfo | None) -> list[str]:
    messages = []
    while error is not None:
        messages.append(error.message)
        error = error.cause
    return messages
