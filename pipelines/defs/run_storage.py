"""Dagster's own storage of a home: which of its runs have ended long ago, and removing them with their events, logs and ticks.

By Dagster's calls, and on its own tables where it has none for it, so that its pages agree. A run under way is never touched,
nor the last run that made an asset or judged it: what Dagster shows of each asset stays. Not here: how long that is.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
from dagster._core.instance.utils import RUNLESS_RUN_ID
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    AssetEventTagsTable,
    SqlEventLogStorageTable,
)
from sqlalchemy import ColumnElement, and_, func, select

from pipelines.settings import Home

_SIDES = ("", "-wal", "-shm", "-journal")
_RUN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class OldRuns:
    """What ended before an instant: runs, how many events of no run, files of logs; `kept` runs are the last of an asset."""

    run_ids: tuple[str, ...]
    events: int
    logs: tuple[Path, ...]
    kept: int


@contextmanager
def opened(home: Home) -> Iterator[dg.DagsterInstance]:
    """Open Dagster's storage of a home, which has one."""
    with dg.DagsterInstance.from_config(str(home.dagster)) as instance:
        yield instance


def old_runs(home: Home, instance: dg.DagsterInstance, *, before: datetime) -> OldRuns:
    """Return what ended before an instant and is nothing's last."""
    ended = set(instance.get_run_ids(dg.RunsFilter(statuses=FINISHED_STATUSES, created_before=before)))
    lost = set(_of_no_known_run(home, instance, before))
    last = _last_of_anything(instance)
    with _events(instance).index_connection() as connection:
        events = connection.execute(
            select(func.count()).select_from(SqlEventLogStorageTable).where(_of_no_run(before))
        ).scalar()
    return OldRuns(
        run_ids=tuple(sorted((ended - last) | lost)),
        events=int(events or 0),
        logs=tuple(_old_logs(home, instance, before)),
        kept=len(ended & last),
    )


def remove(home: Home, instance: dg.DagsterInstance, found: OldRuns, *, before: datetime) -> None:
    """Remove it; killed anywhere, the next call removes the rest, as the run itself goes last."""
    for run_id in found.run_ids:
        _remove_run(instance, run_id)
    if found.events:
        _remove_events_of_no_run(instance, before)
    for path in found.logs:
        path.unlink(missing_ok=True)
    _remove_ticks(instance, before)
    for file in _databases(home):
        _compact(file, is_changed=bool(found.run_ids or found.events))


def _last_of_anything(instance: dg.DagsterInstance) -> set[str]:
    """Return the runs that made an asset last, or judged it last."""
    entries = [record.asset_entry for record in instance.get_asset_records()]
    made = {each.last_materialization_record.run_id for each in entries if each.last_materialization_record}
    checks = AssetCheckExecutionsTable
    newest = select(func.max(checks.c.id)).group_by(checks.c.asset_key, checks.c.check_name)
    with _events(instance).index_connection() as connection:
        judged = {str(row[0]) for row in connection.execute(select(checks.c.run_id).where(checks.c.id.in_(newest)))}
    return made | judged


def _of_no_known_run(home: Home, instance: dg.DagsterInstance, before: datetime) -> Iterator[str]:
    """Yield old files of events whose run is gone: Dagster empties them and leaves them."""
    events = _events(instance)
    if not isinstance(events, SqliteEventLogStorage):
        return
    known = set(instance.get_run_ids())
    for run_id in events.get_all_run_ids():
        file = Path(events.path_for_shard(run_id))
        if _RUN_ID.fullmatch(run_id) and run_id not in known and _is_old(file, home, before):
            yield run_id


def _old_logs(home: Home, instance: dg.DagsterInstance, before: datetime) -> Iterator[Path]:
    """Yield old files of logs that are of no run that is there: those of a run go with it, these are of ticks."""
    folder, known = home.dagster / "storage", set(instance.get_run_ids())
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in known]
        yield from (file for name in sorted(names) if _is_old(file := Path(place, name), home, before))


def _remove_run(instance: dg.DagsterInstance, run_id: str) -> None:
    events, checks = _events(instance), AssetCheckExecutionsTable
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    with events.index_connection() as connection:
        connection.execute(checks.delete().where(checks.c.run_id == run_id))
    if isinstance(events, SqliteEventLogStorage):
        # A file for each run: Dagster would empty it and leave it, with the text in its free pages.
        with events.index_connection() as connection:
            events.delete_events_for_run(connection, run_id)
        for side in _SIDES:
            Path(f"{events.path_for_shard(run_id)}{side}").unlink(missing_ok=True)
    else:
        events.delete_events(run_id)
    instance.run_storage.delete_run(run_id)


def _remove_events_of_no_run(instance: dg.DagsterInstance, before: datetime) -> None:
    """Remove what sensors have observed; Dagster knows no other way than all or nothing."""
    events, old = _events(instance), _of_no_run(before)
    with events.index_connection() as connection:
        ids = select(SqlEventLogStorageTable.c.id).where(old)
        connection.execute(AssetEventTagsTable.delete().where(AssetEventTagsTable.c.event_id.in_(ids)))
        connection.execute(SqlEventLogStorageTable.delete().where(old))
    with events.run_connection(RUNLESS_RUN_ID) as connection:
        connection.execute(SqlEventLogStorageTable.delete().where(old))


def _remove_ticks(instance: dg.DagsterInstance, before: datetime) -> None:
    for state in instance.all_instigator_state():
        instance.purge_ticks(state.instigator_origin_id, state.selector_id, before.timestamp())
    if instance.schedule_storage and instance.schedule_storage.supports_auto_materialize_asset_evaluations:
        instance.schedule_storage.purge_asset_evaluations(before.timestamp())


def _of_no_run(before: datetime) -> ColumnElement[bool]:
    table = SqlEventLogStorageTable
    return and_(table.c.run_id == RUNLESS_RUN_ID, table.c.timestamp < before.astimezone(UTC).replace(tzinfo=None))


def _events(instance: dg.DagsterInstance) -> SqlEventLogStorage:
    events = instance.event_log_storage
    if not isinstance(events, SqlEventLogStorage):
        raise TypeError(f"events lie in {type(events).__name__}, which is no database")
    return events


def _databases(home: Home) -> Iterator[Path]:
    for folder in (home.dagster / "history", home.dagster / "schedules"):
        yield from folder.glob("*.db")
    yield from (home.dagster / "history" / "runs" / name for name in ("index.db", f"{RUNLESS_RUN_ID}.db"))


def _compact(file: Path, *, is_changed: bool) -> None:
    """Write a database anew where something was deleted from it: SQLite keeps deleted text in its free pages and its log."""
    if not file.is_file() or file.is_symlink():
        return
    with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as connection:
        if is_changed or connection.execute("pragma freelist_count").fetchone()[0]:
            connection.execute("vacuum")
            connection.execute("pragma wal_checkpoint(truncate)")


def _is_old(file: Path, home: Home, before: datetime) -> bool:
    """Say whether a file of the home itself is old: no link, and nothing behind one."""
    is_ours = file.parent.resolve() == home.root.resolve() / file.parent.relative_to(home.root)
    return is_ours and file.is_file() and not file.is_symlink() and file.lstat().st_mtime < before.timestamp()
