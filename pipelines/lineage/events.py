"""OpenLineage events, one line of JSON each: of the graph as it is designed, and of what a run did of it.

They name datasets, columns, checks and kinds of errors and count rows; no value of a row can stand in one. Imports the
OpenLineage client, so it is imported late. Not here: what is told of a dataset (facets), where events go (outlets).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from openlineage.client.event_v2 import InputDataset, Job, JobEvent, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import RunFacet, error_message_run, job_type_job, parent_run
from openlineage.client.serde import Serde

from pipelines.contracts import Contracts
from pipelines.lineage.facets import NAMESPACE, PRODUCER, Teller, place
from pipelines.lineage.graph import LANDING, Dataset, Graph
from pipelines.lineage.runs import Checked, Failed, Made
from pipelines.lineage.runs import Run as Done

WHOLE = "daily"
"""The job that all others are part of."""


def of_graph(graph: Graph, contracts: Contracts, *, at: datetime) -> Iterator[str]:
    """Yield one event for each dataset that is made: by which job, of what, column by column."""
    teller = Teller(graph, contracts)
    for dataset in graph.datasets.values():
        if dataset.layer != "landing":
            yield _line(
                JobEvent(
                    eventTime=_instant(at),
                    producer=PRODUCER,
                    job=_job(job_of(dataset)),
                    inputs=[teller.read(each) for each in _parents(dataset, graph)],
                    outputs=[teller.made(dataset)],
                )
            )


def of_run(run: Done, graph: Graph | None, contracts: Contracts) -> Iterator[str]:
    """Yield what a run did, each job by its START and its end; the run itself is the parent of them all.

    The same run gives the same events. Without a graph, as before the first build, only the run and its failures are told.
    """
    yield _line(_whole(run, RunState.START, run.began_at))
    if graph:
        yield from _of_parts(run, graph, Teller(graph, contracts))
    for failed in run.failed:
        yield from _of_failed(run, failed)
    yield _line(_whole(run, RunState[run.state], run.ended_at))


def job_of(dataset: Dataset) -> str:
    """Return the name of the job that makes a dataset: `intake/…`, `identity/…`, `projection/…`, `model/…` or `release/…`."""
    if dataset.layer == "lake":
        is_taken_in = LANDING + dataset.name in dataset.parents()
        return f"intake/{dataset.name}" if is_taken_in else f"projection/{dataset.name}"
    named = {"model": f"model/{dataset.name}", "vault": "identity/vault"}
    return named.get(dataset.layer, dataset.name)


def run_id_of(run_id: str, job: str) -> str:
    """Return the id of one job's part in a run, as a UUID: the same for the same run."""
    return str(uuid.uuid5(uuid.UUID(run_id), job))


def _of_parts(run: Done, graph: Graph, teller: Teller) -> Iterator[str]:
    for made in run.made:
        yield from _of_made(run, made, graph, teller)
    by_dataset: dict[str, list[Checked]] = {}
    for check in run.checked:
        by_dataset.setdefault(check.dataset, []).append(check)
    for name, checks in by_dataset.items():
        dataset = graph.datasets[name]
        job, at = f"check/{place(dataset)}", max(check.at for check in checks)
        yield _line(_part(run, job, RunState.START, min(check.at for check in checks)))
        yield _line(_part(run, job, RunState.COMPLETE, at, inputs=[teller.judged(dataset, checks)]))


def _of_made(run: Done, made: Made, graph: Graph, teller: Teller) -> Iterator[str]:
    dataset = graph.datasets[made.dataset]
    job = job_of(dataset)
    parents = _parents(dataset, graph)
    yield _line(_part(run, job, RunState.START, made.began_at))
    yield _line(
        _part(
            run,
            job,
            RunState[made.state],
            made.ended_at,
            inputs=[teller.read(each, rows=made.rows_in if each.layer == "landing" else None) for each in parents],
            outputs=[teller.made(dataset, rows=made.rows)] if made.state == "COMPLETE" else [],
        )
    )


def _of_failed(run: Done, failed: Failed) -> Iterator[str]:
    job = f"step/{failed.step}"
    yield _line(_part(run, job, RunState.START, failed.began_at))
    yield _line(_part(run, job, RunState.FAIL, failed.failed_at, kinds=(failed.kind,)))


def _whole(run: Done, state: RunState, at: datetime) -> RunEvent:
    facets = _error(run.kinds) if state != RunState.START else {}
    return RunEvent(
        eventTime=_instant(at), producer=PRODUCER, eventType=state, run=Run(run.run_id, facets), job=_job(WHOLE)
    )


def _part(
    run: Done,
    job: str,
    state: RunState,
    at: datetime,
    *,
    inputs: Iterable[InputDataset] = (),
    outputs: Iterable[OutputDataset] = (),
    kinds: tuple[str, ...] = (),
) -> RunEvent:
    parent = parent_run.ParentRunFacet(
        run=parent_run.Run(run.run_id), job=parent_run.Job(NAMESPACE, WHOLE), producer=PRODUCER
    )
    return RunEvent(
        eventTime=_instant(at),
        producer=PRODUCER,
        eventType=state,
        run=Run(run_id_of(run.run_id, job), {"parent": parent, **_error(kinds)}),
        job=_job(job),
        inputs=list(inputs),
        outputs=list(outputs),
    )


def _job(name: str) -> Job:
    kind = job_type_job.JobTypeJobFacet(
        processingType="BATCH",
        integration="DBT" if name.startswith("model/") else "CROSSLIFE",
        jobType=name.partition("/")[0].upper(),
        producer=PRODUCER,
    )
    return Job(NAMESPACE, name, {"jobType": kind})


def _error(kinds: tuple[str, ...]) -> dict[str, RunFacet]:
    told = error_message_run.ErrorMessageRunFacet(", ".join(kinds), programmingLanguage="PYTHON", producer=PRODUCER)
    return {"errorMessage": told} if kinds else {}


def _parents(dataset: Dataset, graph: Graph) -> list[Dataset]:
    return [graph.datasets[name] for name in sorted(dataset.parents())]


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _line(event: RunEvent | JobEvent) -> str:
    return Serde.to_json(event, separators=(",", ":"))
