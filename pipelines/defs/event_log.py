"""Dagster's events of a home, through one connection for each of its files, held while a command runs.

By itself Dagster opens and closes a file for every event. Whoever closes one last writes its log back and waits for the disk,
hundreds of times in one run. Same files, same rows: its pages, its daemon and whatever removes old runs read on as they do.
Not here: which events there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine

from pipelines.settings import Home


@contextmanager
def opened(home: Home) -> Iterator[dg.DagsterInstance]:
    """Open Dagster's storage of a home, for one process that writes many events."""
    held = {
        "module": __name__,
        "class": HeldEventLog.__name__,
        "config": {"base_dir": str(home.dagster / "history" / "runs")},
    }
    reference = InstanceRef.from_dir(str(home.dagster), overrides={"event_log_storage": held})
    with dg.DagsterInstance.from_ref(reference) as instance:
        yield instance


class HeldEventLog(SqliteEventLogStorage):
    """Dagster's own storage of events, which keeps open what it has opened until it is disposed of."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        # Before Dagster's own, which may already connect.
        self._engines: dict[str, Engine] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> HeldEventLog:  # noqa: ANN401, as Dagster's
        """Return the storage that Dagster's settings describe."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        # One at a time, as Dagster has it: so there is never more than one connection to a file.
        with self._db_lock:
            engine = self._engines.get(shard)
            if engine is None:
                waiting = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
                engine = create_engine(self.conn_string_for_shard(shard), connect_args=waiting)
                self._initdb(engine)
                self._engines[shard] = engine
            with engine.begin() as connection:
                yield connection

    def dispose(self) -> None:
        """Close every file."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()
