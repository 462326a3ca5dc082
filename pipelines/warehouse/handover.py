"""Hands an open keyring to dbt's plugin within this process: no key passes through environment, profile or SQL text of dbt.

Not here: what the plugin does with it (dbt_plugin).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb

from pipelines import engine, settings
from pipelines.contracts import Contracts
from pipelines.settings import Home


class Keys(Protocol):
    """The part of a keyring that the warehouse needs."""

    def parquet_keys(self) -> dict[str, bytes]:
        """Return the Parquet keys by name."""

    def warehouse_key(self) -> bytes:
        """Return the key of the warehouse file."""


class NothingHandedOver(RuntimeError):
    """dbt was started by itself: keys and lake come from `crosslife run` only."""


@dataclass
class Handover:
    """What the plugin needs for one build, and the connection that it configured."""

    home: Home
    ring: Keys
    contracts: Contracts
    building_file: Path
    connection: duckdb.DuckDBPyConnection | None = None

    @property
    def spill_dir(self) -> Path:
        """Where DuckDB may put encrypted pages that do not fit into memory."""
        return self.home.warehouse / ".spill"

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Register the keys on dbt's connection and attach the file that is being built."""
        engine.prepare(connection, parquet_keys=self.ring.parquet_keys())
        connection.execute(f"set memory_limit = '{settings.memory_limit()}'")
        connection.execute(f"set temp_directory = '{engine.quoted(self.spill_dir)}'")
        engine.attach(connection, self.building_file, name="warehouse", key=self.ring.warehouse_key())
        self.connection = connection


_current: list[Handover] = []


@contextlib.contextmanager
def handed_over(handover: Handover) -> Iterator[Handover]:
    """Make `handover` the current one for the duration of a build."""
    _current.append(handover)
    try:
        yield handover
    finally:
        _current.remove(handover)


def current() -> Handover:
    """Return the handover of the running build. Raises NothingHandedOver."""
    if not _current:
        message = "no build is under way: start dbt through `crosslife run`, which hands over keys and lake"
        raise NothingHandedOver(message)
    return _current[-1]
