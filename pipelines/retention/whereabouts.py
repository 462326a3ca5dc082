"""On which days a learner has rows: so that what ended is found by opening those days, however long the history.

Written anew with each sweep, which sees everything anyway. In between it knows of too many days, never of too few: whatever
was written since is opened besides. Learners stand in it by a keyed hash, and whoever left with that sweep does not.
Not here: which enrolments are over (`ended`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb

from pipelines.contracts import Contracts
from pipelines.contracts.models import InboundContract
from pipelines.intake import treatments
from pipelines.lake import Manifest, Move, read_expression
from pipelines.lake.partitions import day_of_file
from pipelines.lake.rewriting import Rewriting
from pipelines.settings import Home

FOLDER = ".whereabouts"
"""The folder of the lake in which it lies, one file a dataset."""


def place(home: Home, dataset: str) -> Path:
    """Return the file of one dataset."""
    return home.lake / FOLDER / f"{dataset}.parquet"


def files_with(
    connection: duckdb.DuckDBPyConnection, home: Home, manifest: Manifest, contract: InboundContract, *, learners: str
) -> Iterator[tuple[Path, ...]]:
    """Yield the files of a dataset that may hold rows of `learners` (SQL for pseudonyms), those of equal columns together."""
    index = place(home, contract.name)
    written_since = manifest.stored().written_since(index, contract.name)
    if written_since is None:
        yield from manifest.stored().by_columns(contract.name).values()
        return
    asked = f"select {_hash('learner')} from ({learners}) as t(learner)"
    query = f"select distinct unnest(days) from (select days from {read_expression(index)} where learner in ({asked}))"
    days = {day for (day,) in connection.execute(query).fetchall()}
    for files in manifest.stored().by_columns(contract.name).values():
        if found := tuple(file for file in files if day_of_file(file) in days or file in written_since):
            yield found


def stage(
    rewriting: Rewriting,
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    contracts: Contracts,
    manifest: Manifest,
    *,
    gone: Mapping[str, str],
) -> None:
    """Stage it as the last move of a sweep, of all rows but those that go with it: by dataset, SQL over `stored`."""
    for contract in contracts.inbound.values():
        if contract.retention.anchor != "completion":
            continue
        leaves = gone.get(contract.name, "false")
        parts = [
            f"select {_hash('learner_pseudonym')} as learner, {_day_of('filename')} as day "
            f"from {read_expression(files, filename=True)} as stored where not coalesce({leaves}, false)"
            for files in manifest.stored().by_columns(contract.name).values()
        ]
        # One row a learner: a look reads each of them once, however many days they have.
        days = "select learner, list_sort(list(distinct day)) as days"
        query = f"{days} from ({' union all '.join(parts)}) group by learner order by learner"
        if not parts or not rewriting.set_aside(query, place(home, contract.name)):
            rewriting.moves += removal(home, contract.name)


def removal(home: Home, dataset: str) -> list[Move]:
    """Return the move that removes the file of a dataset: until the next sweep all files are opened again."""
    index = place(home, dataset)
    return [Move(None, index)] if index.exists() else []


def _hash(learner: str) -> str:
    return treatments.keyed(learner, key="getvariable('event_key')", family="whereabouts")


def _day_of(filename: str) -> str:
    return f"regexp_extract({filename}, 'dt=([0-9-]{{10}})', 1)::date"
