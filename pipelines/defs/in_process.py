"""Runs the daily job in this process, recorded in the home's own Dagster storage, for `crosslife run`.

The same assets that the UI shows; nothing is computed here.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines import defs, settings
from pipelines.defs import event_log, lineage_events, notifying
from pipelines.defs.instance import write_instance_file
from pipelines.defs.partitions import ARRIVALS_TAG, JOB_NAME, key_of
from pipelines.defs.site import PROGRESS, contracts_under

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class Outcome:
    """What a run did: its id in Dagster, for each asset the counts that it reported, and what its failed checks said."""

    run_id: str
    counts: Mapping[str, Mapping[str, Any]]
    missed: tuple[str, ...]


def run(
    home: settings.Home,
    *,
    policy: Path,
    as_of: datetime,
    progress: Callable[[str], None],
    expiry_is_right: bool = False,
) -> Outcome:
    """Take in what has landed, check it, build the models, publish; return what each asset reported.

    What misses its contract holds back what is made of it, and is told in `missed`. Raises the error of the room that failed.
    """
    write_instance_file(home)
    job = defs.load().resolve_job_def(JOB_NAME)
    run_id = str(uuid.uuid4())
    told = {**_site(home, policy=policy, as_of=as_of), "expiry_is_right": expiry_is_right}
    config = {**_QUIET, "resources": {"site": {"config": told}}}
    with event_log.opened(home) as instance, _listening(progress):
        _close_dead_runs(instance)
        try:
            result = job.execute_in_process(
                run_config=config,
                instance=instance,
                partition_key=key_of(as_of),
                tags={ARRIVALS_TAG: "command"},
                run_id=run_id,
            )
        except dg.DagsterError as error:
            # Dagster wraps what a resource raised; the writer's lock speaks for itself.
            raise (error.__cause__ or error) from None
        finally:
            PROGRESS.info(
                "lineage: %s", lineage_events.tell(home, contracts_under(policy, as_of=as_of), instance, run_id=run_id)
            )
        missed = notifying.missed(instance, run_id=run_id)
    return Outcome(run_id=run_id, counts=_counts(result), missed=missed)


def _site(home: settings.Home, *, policy: Path, as_of: datetime) -> dict[str, Any]:
    return {"home": str(home.root), "policy": str(policy), "as_of": as_of.isoformat(), "wait_seconds": 0.0}


def _close_dead_runs(instance: dg.DagsterInstance) -> None:
    # A run whose process was killed would stand as started for ever, and hold back Dagster's queue.
    of_commands = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED], tags={ARRIVALS_TAG: "command"})
    for dead in instance.get_runs(filters=of_commands):
        instance.report_run_failed(dead, "its process ended without a word")


def _counts(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for event in result.get_asset_materialization_events():
        metadata = event.materialization.metadata
        if event.asset_key and metadata:
            told = {name: value.value for name, value in metadata.items()}
            # What only Dagster's pages can show is no count.
            plain = {name: value for name, value in told.items() if isinstance(value, int | float | str)}
            found[event.asset_key.to_user_string()] = plain
    return found


@contextmanager
def _listening(progress: Callable[[str], None]) -> Iterator[None]:
    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            progress(record.getMessage())

    listener = Listener()
    level = PROGRESS.level
    PROGRESS.addHandler(listener)
    PROGRESS.setLevel(logging.INFO)
    try:
        yield
    finally:
        PROGRESS.removeHandler(listener)
        PROGRESS.setLevel(level)
