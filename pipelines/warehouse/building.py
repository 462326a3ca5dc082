"""Builds the warehouse from the lake and opens it for reading.

The small tables are built in a new file beside the old one and swapped in; facts by day are replaced where days changed.
Not here: running dbt (running), days (days), partitions (facts), the definition of any model (`dbt_project/`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import duckdb

from pipelines import engine, lake
from pipelines.contracts import Contracts
from pipelines.settings import Home
from pipelines.warehouse import facts, files, running
from pipelines.warehouse.days import chunked, widened
from pipelines.warehouse.handover import Handover, Keys, handed_over

BY_DAY = "web_events"
"""The dataset whose days the facts by day are built from; course data is small and always built whole."""


@dataclass(frozen=True)
class BuildResult:
    """What a build did: models built, tests passed, days whose facts were replaced, and where the seconds went.

    `start_seconds` (imports and dbt's parse) and `test_seconds` are part of `seconds`.
    """

    models: int
    tests: int
    days: tuple[date, ...]
    seconds: float
    start_seconds: float
    test_seconds: float


def build(home: Home, ring: Keys, contracts: Contracts, *, days: Sequence[date] | None, as_of: datetime) -> BuildResult:
    """Build every model and swap the warehouse in; facts by day for `days` and their neighbours, or all when None.

    `as_of` decides which observation windows are closed. Raises ModelFailure, naming models and tests but no values; the
    warehouse file then stays as it was.
    """
    started = time.monotonic()
    built_days = _every_day(home) if days is None else widened(days)
    files.clear(home)
    handover = Handover(home=home, ring=ring, contracts=contracts, building_file=files.building_file(home))
    try:
        with handed_over(handover):
            counts = running.run(
                home,
                command="build",
                variables=_variables(home, contracts, days=built_days, as_of=as_of),
                options=["--exclude-resource-type", "unit_test"],
            )
        files.swap_in(home)
    finally:
        files.clear(home)
    return BuildResult(
        counts.models, counts.tests, built_days, time.monotonic() - started, counts.start_seconds, counts.test_seconds
    )


def open_read_only(home: Home, ring: Keys) -> duckdb.DuckDBPyConnection:
    """Open a connection with the warehouse attached read-only as `warehouse`; marts are in schema `marts`.

    Raises WarehouseMissing where nothing was built yet.
    """
    file = files.existing_file(home)
    connection = engine.connect(parquet_keys=ring.parquet_keys())
    engine.attach(connection, file, name="warehouse", key=ring.warehouse_key(), read_only=True)
    return connection


def _every_day(home: Home) -> tuple[date, ...]:
    # Days that only the facts still hold are built too, and so become empty.
    return tuple(sorted({*lake.days_of(home, BY_DAY), *facts.days_of(home)}))


def _variables(home: Home, contracts: Contracts, *, days: Sequence[date], as_of: datetime) -> dict[str, object]:
    instant = as_of.astimezone(UTC).replace(tzinfo=None) if as_of.tzinfo else as_of
    return {
        "as_of": instant.isoformat(sep=" "),
        "chunks": [{"first": run.first.isoformat(), "last": run.last.isoformat()} for run in chunked(days)],
        "facts_root": str(home.facts),
        "own_sites": list(contracts.traffic.own_sites),
    }
