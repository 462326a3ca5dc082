"""Builds the warehouse from the lake and opens it for reading.

The small tables are built in a new file beside the old one and swapped in; facts by day are replaced where days changed.
What fails, or waits for what failed, stays as it was (carrying). Not here: running dbt (running), days (days), partitions
(facts), the definition of any model (`dbt_project/`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import duckdb

from pipelines import engine, lake
from pipelines.contracts import Contracts
from pipelines.settings import Home
from pipelines.warehouse import carrying, facts, files, lake_views, ran, running
from pipelines.warehouse.admitting import IN_MEMORY
from pipelines.warehouse.days import Chunk, chunked, months_of, widened
from pipelines.warehouse.failures import ModelFailure
from pipelines.warehouse.handover import Handover, Keys, handed_over
from pipelines.warehouse.ran import Judge, Ran, digest_of

BY_DAY = "web_events"
"""The dataset whose days the facts by day are built from, each with its neighbours."""


@dataclass(frozen=True)
class BuildResult:
    """What a build did: models built, tests passed, days whose facts were replaced, and where the seconds went.

    `start_seconds` (imports and dbt's parse) and `test_seconds` are part of `seconds`. `held_back` gives the models that
    stay as they were, each with the reason.
    """

    models: int
    tests: int
    days: tuple[date, ...]
    seconds: float
    start_seconds: float
    test_seconds: float
    held_back: Mapping[str, str] = field(default_factory=dict)


def build(
    home: Home,
    ring: Keys,
    contracts: Contracts,
    *,
    days: Mapping[str, Iterable[date]] | None,
    as_of: datetime,
    without: Mapping[str, str] | None = None,
    judge: Judge = lambda _: None,
) -> BuildResult:
    """Build every model and swap the warehouse in; facts by day and month where `days` changed, or all of them when None.

    `days` gives for each dataset of events the days that changed; those it does not name have not changed.
    `as_of` decides which observation windows are closed; `without` gives datasets that must not be read, with the reason.
    What is made of them or of a model that failed is held back: it stays as the old warehouse has it, or is missing where
    there is none. `judge` is shown what ran and what was made before it is swapped in. Raises ModelFailure, naming models and
    tests but no values, where no mart could be built, and whatever `judge` raises; everything then stays as it was.
    """
    started = time.monotonic()
    changed = _every_day(home, contracts) if days is None else {name: tuple(own) for name, own in days.items()}
    built_days = changed.get(BY_DAY, ()) if days is None else widened(changed.get(BY_DAY, ()))
    files.clear(home)
    recover(home, ring)
    token = os.urandom(16).hex()
    facts.begin(home, token=token)
    variables = _variables(home, contracts, changed={**changed, BY_DAY: built_days}, as_of=as_of)
    handover = Handover(home=home, ring=ring, contracts=contracts, building_file=files.building_file(home))
    try:
        with handed_over(handover):
            built = running.run(
                home,
                command="build",
                variables=variables,
                options=["--exclude-resource-type", "unit_test", *_leaving_out(without or {})],
            )
        held_back = carrying.held_back(built.parents, {**(without or {}), **built.failed})
        if held_back:
            facts.take_back(home, held_back.keys())
        columns = _finish(home, ring, contracts, held_back, of=built.parents, token=token)
        compiled = {name: digest_of(sql, as_of=str(variables["as_of"])) for name, sql in built.compiled.items()}
        judge(Ran(compiled, columns))
        files.swap_in(home)
        facts.keep(home)
    finally:
        recover(home, ring)
        files.clear(home)
    counts, seconds = built.counts, time.monotonic() - started
    return BuildResult(
        counts.models, counts.tests, built_days, seconds, counts.start_seconds, counts.test_seconds, held_back
    )


def open_read_only(home: Home, ring: Keys) -> duckdb.DuckDBPyConnection:
    """Open a connection with the warehouse attached read-only as `warehouse`; marts are in schema `marts`.

    Raises WarehouseMissing where nothing was built yet.
    """
    file = files.existing_file(home)
    connection = engine.connect(parquet_keys=ring.parquet_keys())
    engine.attach(connection, file, name="warehouse", key=ring.warehouse_key(), read_only=True)
    return connection


def recover(home: Home, ring: Keys) -> None:
    """End what a build left half done: its partitions stay where its file was swapped in, and are taken back where not."""
    token = facts.unfinished(home)
    if token is None:
        return
    if home.warehouse_file.exists():
        with open_read_only(home, ring) as connection:
            made_by, _ = carrying.noted(connection)
    else:
        made_by = ""
    if token and token == made_by:
        facts.keep(home)
    else:
        facts.take_back(home)


def held_back(home: Home, ring: Keys) -> Mapping[str, str]:
    """Return the models that stand as before in the warehouse of today, or are missing, with the reason."""
    if not home.warehouse_file.exists():
        return {}
    with open_read_only(home, ring) as connection:
        return carrying.noted(connection)[1]


def _leaving_out(datasets: Collection[str]) -> list[str]:
    left_out = [f"source:{lake_views.SCHEMA}.{name}+" for name in sorted(datasets)]
    return ["--exclude", *left_out] if left_out else []


def _finish(
    home: Home, ring: Keys, contracts: Contracts, held_back: Mapping[str, str], *, of: Collection[str], token: str
) -> dict[str, frozenset[str]]:
    """Make the new file whole: what is held back stands as in the old one or not at all, and the file says so.

    Return the columns of each table that was built anew.
    """
    marts = {name for name in of if not name.startswith(IN_MEMORY)}
    if marts and marts <= held_back.keys():
        raise ModelFailure(f"no model can be built, {'; '.join(sorted(set(held_back.values())))}")
    with engine.connect(parquet_keys=ring.parquet_keys()) as connection:
        engine.attach(connection, files.building_file(home), name="warehouse", key=ring.warehouse_key())
        carrying.note(connection, held_back, token=token)
        names = sorted(marts & held_back.keys())
        carrying.leave_out(connection, names)
        if names and home.warehouse_file.exists():
            engine.attach(connection, home.warehouse_file, name="before", key=ring.warehouse_key(), read_only=True)
            carrying.carry_over(connection, names, facts_root=home.facts, published=contracts.outbound)
        return ran.stored(connection, but=names, schema=carrying.SCHEMA)


def _every_day(home: Home, contracts: Contracts) -> dict[str, tuple[date, ...]]:
    # Days and months that only the facts still hold are built too, and so become empty.
    events = [name for name, contract in contracts.inbound.items() if contract.kind == "event" and name != BY_DAY]
    found = {name: tuple({*lake.days_of(home, name), *facts.months_of(home)}) for name in events}
    return {**found, BY_DAY: tuple(sorted({*lake.days_of(home, BY_DAY), *facts.days_of(home)}))}


def _variables(
    home: Home, contracts: Contracts, *, changed: Mapping[str, Iterable[date]], as_of: datetime
) -> dict[str, object]:
    instant = as_of.astimezone(UTC).replace(tzinfo=None) if as_of.tzinfo else as_of
    return {
        "as_of": instant.isoformat(sep=" "),
        "chunks": {name: {"dt": _told(chunked(own)), "month": _told(months_of(own))} for name, own in changed.items()},
        "facts_root": str(home.facts),
        "own_sites": list(contracts.traffic.own_sites),
    }


def _told(chunks: Iterable[Chunk]) -> list[dict[str, str]]:
    return [{"first": run.first.isoformat(), "last": run.last.isoformat()} for run in chunks]
