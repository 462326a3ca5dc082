"""At the end of each run: OpenLineage events of what it did, read from Dagster's own log of it, written and sent.

Dagster's daemon evaluates these sensors; a command of the shell tells by itself (`crosslife run`). Not here: what an event says
and where it goes (lineage).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

import dagster as dg
from dagster_shared.error import SerializableErrorInfo

from pipelines import settings
from pipelines.contracts import Contracts, InboundContract
from pipelines.defs import intake, release, tracing, warehouse
from pipelines.defs.automation import JOB
from pipelines.defs.site import contracts_in_force
from pipelines.defs.unexpected import by_kind
from pipelines.identity import keys
from pipelines.lineage import LANDING, RELEASE, Graph
from pipelines.lineage.runs import Checked, Failed, Made, Run, State
from pipelines.quality.expectations import expected_of

_KINDS = {
    dg.DagsterEventType.RUN_START,
    dg.DagsterEventType.RUN_SUCCESS,
    dg.DagsterEventType.RUN_FAILURE,
    dg.DagsterEventType.RUN_CANCELED,
    dg.DagsterEventType.STEP_START,
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.ASSET_MATERIALIZATION,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
}
_Log: TypeAlias = list[tuple[dg.DagsterEvent, datetime]]
_STATES: Mapping[dg.DagsterEventType, State] = {
    dg.DagsterEventType.RUN_SUCCESS: "COMPLETE",
    dg.DagsterEventType.RUN_CANCELED: "ABORT",
}
_KIND = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _sensor(name: str, status: dg.DagsterRunStatus) -> dg.SensorDefinition:
    @dg.run_status_sensor(
        run_status=status,
        name=name,
        monitored_jobs=[JOB],
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Writes OpenLineage events of what a run did, and sends them where openlineage_url was given.",
    )
    @by_kind("telling the lineage of a run")
    def of_a_run(context: dg.RunStatusSensorContext) -> None:
        run_id = context.dagster_run.run_id
        context.log.info(tell(settings.home(), contracts_in_force(), context.instance, run_id=run_id))

    return of_a_run


of_successes = _sensor("tell_lineage_of_runs", dg.DagsterRunStatus.SUCCESS)
of_failures = _sensor("tell_lineage_of_failures", dg.DagsterRunStatus.FAILURE)


def tell(home: settings.Home, contracts: Contracts, instance: dg.DagsterInstance, *, run_id: str) -> str:
    """Write and send the events of a run, once; return in words what became of them."""
    # The client of OpenLineage takes a while to import.
    from pipelines.lineage import events, outlets

    if outlets.file_of(home, run_id).exists():
        return "told before"
    graph = tracing.kept_graph(home)
    run = what_was_done(instance, contracts, graph, run_id=run_id)
    if run is None:
        return "nothing was done"
    lines = tuple(events.of_run(run, graph, contracts))
    try:
        outlets.keep(home, run_id, lines)
    except OSError as error:
        return f"{len(lines)} events could not be written ({type(error).__name__})"
    sent = outlets.send(keys.open_keyring(home), lines)
    return f"{len(lines)} events written" + (f"; {sent}" if sent else "")


def what_was_done(
    instance: dg.DagsterInstance, contracts: Contracts, graph: Graph | None, *, run_id: str
) -> Run | None:
    """Return what Dagster's log says of a run, in terms of the graph; None where it never began."""
    entries = [record for record in instance.all_logs(run_id, of_type=_KINDS) if record.is_dagster_event]
    if not entries:
        return None
    log = [(entry.get_dagster_event(), _instant(entry.timestamp)) for entry in entries]
    ends = [event for event, _ in log if event.is_job_event and event.event_type != dg.DagsterEventType.RUN_START]
    known = graph.datasets if graph else {}
    made, checked = (_made(log, graph), _checked(log, contracts, graph)) if graph else ((), ())
    failed = tuple(_failed(log))
    kinds = [each.kind for each in failed] or [
        _kind(each.job_failure_data.error) for each in ends if each.is_job_failure
    ]
    return Run(
        run_id,
        began_at=log[0][1],
        ended_at=log[-1][1],
        state=_STATES.get(ends[-1].event_type, "FAIL") if ends else "FAIL",
        made=tuple(each for each in made if each.dataset in known),
        checked=tuple(each for each in checked if each.dataset in known),
        failed=failed,
        kinds=tuple(sorted(set(kinds))),
    )


def _made(log: _Log, graph: Graph) -> Iterator[Made]:
    began = _beginnings(log)
    sources: dict[str, Made] = {}
    for event, asset, facts, at in _materialised(log):
        since, name = began.get(event.step_key, at), asset.path[-1]
        if asset == release.ANALYTICS:
            for table, rows in _published(facts, graph).items():
                # Where the edition is no new one, nothing was written.
                yield Made(table, since, at, rows=rows if facts["is_new"] else None)
        elif asset == intake.key(name) and "accepted" in facts:
            sources[LANDING + name] = Made(name, since, at, rows_in=facts["rows_in"], rows=facts["accepted"])
        elif asset == intake.key(name) and "rows" in facts:
            yield Made(name, since, at, rows=facts["rows"])
        elif asset == warehouse.key(name) and facts:
            yield Made(name, since, at, state="ABORT" if warehouse.HELD_BACK in facts else "COMPLETE")
    yield from sources.values()
    yield from _beside(sources, graph)


def _beside(sources: Mapping[str, Made], graph: Graph) -> Iterator[Made]:
    """Yield what intake makes beside the datasets of the sources that it took in, of their fields."""
    for dataset in graph.datasets.values():
        taken_in = [sources[name] for name in sorted(dataset.parents() & sources.keys())]
        if dataset.layer in ("lake", "vault") and LANDING + dataset.name not in graph.datasets and taken_in:
            yield Made(dataset.name, taken_in[0].began_at, taken_in[0].ended_at)


def _published(facts: Mapping[str, Any], graph: Graph) -> dict[str, int]:
    return {RELEASE + name: rows for name, rows in facts[release.TABLES].items() if RELEASE + name in graph.datasets}


def _materialised(log: _Log) -> Iterator[tuple[dg.DagsterEvent, dg.AssetKey, Mapping[str, Any], datetime]]:
    for event, at in log:
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION and event.asset_key:
            metadata = event.step_materialization_data.materialization.metadata
            yield event, event.asset_key, {name: value.value for name, value in metadata.items()}, at


def _checked(log: _Log, contracts: Contracts, graph: Graph) -> Iterator[Checked]:
    released = [facts for _, asset, facts, _ in _materialised(log) if asset == release.ANALYTICS]
    published = list(_published(released[0], graph)) if released else []
    for event, at in log:
        if event.event_type != dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            continue
        found = event.asset_check_evaluation_data
        name = found.asset_key.path[-1]
        is_one = found.asset_key in (intake.key(name), warehouse.key(name))
        for dataset in published if found.asset_key == release.ASSESSED else [name] if is_one else []:
            is_warning = found.severity == dg.AssetCheckSeverity.WARN
            missed = () if found.passed else _missed(found.description or "", contracts.inbound.get(name))
            yield Checked(dataset, found.check_name, at, found.passed, is_warning, missed)


def _missed(said: str, contract: InboundContract | None) -> tuple[tuple[str, str], ...]:
    """Return those of the contract's expectations that a failed check names; nothing else that it says is passed on."""
    named = {each.partition(" (")[0] for each in said.split("; ")}
    expected = expected_of(contract) if contract else ()
    return tuple((each.column, each.kind) for each in expected if each.name in named)


def _failed(log: _Log) -> Iterator[Failed]:
    began = _beginnings(log)
    for event, at in log:
        if event.is_step_failure:
            step = str(event.step_key)
            yield Failed(step, began.get(step, at), at, _kind(event.step_failure_data.error))


def _beginnings(log: _Log) -> dict[str | None, datetime]:
    return {event.step_key: at for event, at in log if event.event_type == dg.DagsterEventType.STEP_START}


def _kind(error: SerializableErrorInfo | None) -> str:
    """Return the name of the class of what went wrong first, which quotes nothing."""
    while error is not None and error.cause is not None:
        error = error.cause
    found = _KIND.fullmatch(error.cls_name or "") if error else None
    return found[0] if found else "UnknownError"


def _instant(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)
