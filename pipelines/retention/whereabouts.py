"""On which days a learner has rows: so that what ended is found by opening those days, however long the history.

Written anew with each sweep, which sees everything anyway, and in order of the days on which learners began or ended
something, so that a look at one day reads the rows of that day alone. In between it knows of too many days, never of too few:
whatever was written since is opened besides. Learners stand in it by a keyed hash, and whoever left with that sweep does not.
Not here: which enrolments are over (`ended`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb

from pipelines.contracts import Contracts
from pipelines.contracts.models import InboundContract
from pipelines.intake import enrolments, treatments
from pipelines.lake import Manifest, Move, read_expression
from pipelines.lake.partitions import partition_file
from pipelines.lake.rewriting import Rewriting
from pipelines.settings import Home

FOLDER = ".whereabouts"
"""The folder of the lake in which it lies, one file a dataset."""


_GROUP_ROWS = 16_384
"""Rows that are read together: few, so that the turns of a day are cheap to find among those of years."""


def place(home: Home, dataset: str) -> Path:
    """Return the file of one dataset."""
    return home.lake / FOLDER / f"{dataset}.parquet"


def files_with(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    manifest: Manifest,
    contract: InboundContract,
    *,
    learners: str,
    turned_on: Collection[date] | None = None,
) -> Iterator[tuple[Path, ...]]:
    """Yield the files of a dataset that may hold rows of `learners` (SQL for pseudonyms), those of equal columns together.

    With `turned_on` each of them began or ended something on one of these days, whose files the index `knows`.
    """
    index = place(home, contract.name)
    written_since = manifest.stored().written_since(index, contract.name)
    if written_since is None:
        yield from manifest.stored().by_columns(contract.name).values()
        return
    asked = f"select {_hash('learner')} from ({learners}) as t(learner)"
    then = f"turned_on between date '{min(turned_on)}' and date '{max(turned_on)}'" if turned_on else "true"
    rows = f"select days from {read_expression(index)} where {then} and learner in ({asked})"
    days = {day for (day,) in connection.execute(f"select distinct unnest(days) from ({rows})").fetchall()}
    among = {partition_file(home, contract.name, day) for day in days} | written_since
    yield from manifest.stored().by_columns(contract.name, among=among).values()


def knows(home: Home, manifest: Manifest, contract: InboundContract, files: Sequence[Path]) -> bool:
    """Say whether it was written after all of these files of a dataset, so that it has every turn that they tell of."""
    written_since = manifest.stored().written_since(place(home, contract.name), contract.name)
    return written_since is not None and written_since.isdisjoint(files)


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
        rows = _rows(manifest, [contract], gone)
        # Of a learner whom several sources tell of, what turned in one is looked for in all.
        family = _rows(manifest, contracts.family_of(contract), gone)
        # One row for each turn of a learner, or one without: a look reads few, however many days they have.
        query = f"""
            with days as (select learner, list_sort(list(distinct day)) as days from ({rows}) group by learner),
                turns as (select distinct learner, day as turned_on from ({family}) where is_turn)
            select turned_on, learner, days from days left join turns using (learner) order by turned_on, learner"""
        if not rows or not rewriting.set_aside(query, place(home, contract.name), group_rows=_GROUP_ROWS):
            rewriting.moves += removal(home, contract.name)


def _rows(manifest: Manifest, family: Sequence[InboundContract], gone: Mapping[str, str]) -> str:
    """Return SQL for learner, day and whether it is a turn, of all rows that stay; nothing where there is no file."""
    learner, day = _hash("learner_pseudonym"), _day_of("filename")
    columns = f"{learner} as learner, {day} as day, event_type in {enrolments.TURNS} as is_turn"
    return " union all ".join(
        f"select {columns} from {read_expression(files, filename=True)} as stored "
        f"where not coalesce({gone.get(each.name, 'false')}, false)"
        for each in family
        for files in manifest.stored().by_columns(each.name).values()
    )


def removal(home: Home, dataset: str) -> list[Move]:
    """Return the move that removes the file of a dataset: until the next sweep all files are opened again."""
    index = place(home, dataset)
    return [Move(None, index)] if index.exists() else []


def _hash(learner: str) -> str:
    return treatments.keyed(learner, key="getvariable('event_key')", family="whereabouts")


def _day_of(filename: str) -> str:
    return f"regexp_extract({filename}, 'dt=([0-9-]{{10}})', 1)::date"
