"""Takes rows out of stored files: finds the files that hold them, stages each without them, and lists the moves.

Nothing changes until the moves are carried out with an intervention of the manifest. Which rows have to go, and why, is the
caller's; he has their owners in tables of the same connection. Files are found by one look at the columns that decide, and
only those that hold such a row are written anew, two at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from pipelines.contracts.models import InboundContract
from pipelines.lake.manifest import Manifest, staging_dir
from pipelines.lake.partitions import (
    GROUP_ROWS,
    columns_digest,
    current_file,
    day_of_file,
    read_columns,
    read_expression,
    write_parquet,
)
from pipelines.lake.records import Move
from pipelines.settings import Home

_AT_ONCE = 2


@dataclass(frozen=True)
class Found:
    """Files of one dataset that hold rows that have to go, and how many of them each holds."""

    rows: Mapping[Path, int]

    @property
    def total(self) -> int:
        """How many rows have to go."""
        return sum(self.rows.values())


def files_of(home: Home, contract: InboundContract, days: Iterable[date]) -> tuple[Path, ...]:
    """Return the files of a dataset: of an event dataset those of the given days, of a state dataset its one file."""
    folder = home.lake / contract.name
    if contract.kind == "state":
        place = current_file(home, contract.name)
        return (place,) if place.exists() else ()
    places = (folder / f"dt={day.isoformat()}" / f"{contract.name}.parquet" for day in days)
    return tuple(place for place in places if place.exists())


def find(
    connection: duckdb.DuckDBPyConnection,
    manifest: Manifest,
    contract: InboundContract,
    gone: str,
    *,
    among: Collection[Path] | None = None,
) -> Found:
    """Return the files of a dataset that hold rows of which `gone` is true, SQL over `stored`; None looks at all files.

    `gone` may only name columns that every file of the dataset has, whatever contract it was written under.
    """
    rows: dict[Path, int] = {}
    for files in manifest.stored().by_columns(contract.name).values():
        looked = [file for file in files if among is None or file in among]
        if not looked:
            continue
        query = f"""
            select filename, count(*) from {read_expression(looked, filename=True)} as stored
            where {gone} group by filename order by filename"""
        rows |= {Path(name): count for name, count in connection.execute(query).fetchall()}
    return Found(rows)


class Rewriting:
    """What one intervention changes in the lake: moves, rows by dataset, and the days that change with them."""

    def __init__(self, home: Home, connection: duckdb.DuckDBPyConnection, *, work_id: str, today: date) -> None:
        self._home, self._connection, self._today = home, connection, today
        self._folder = staging_dir(home) / work_id
        self.moves: list[Move] = []
        self.rows: dict[str, int] = {}
        self.days: dict[str, set[date]] = {}

    def take_out(self, contract: InboundContract, gone: str, *, found: Found) -> None:
        """Stage every file that was found without the rows of which `gone` is true; one that is left empty is removed.

        What stays keeps the order in which it lies. A join would lose it, and to sort it anew costs a third of
        the work: hence a string of bits, one a row.
        """
        numbered = list(enumerate(found.rows, start=len(self.moves)))

        def stage(numbered_file: tuple[int, Path]) -> Move:
            number, file = numbered_file
            staged = self._folder / f"{number:06d}.parquet"
            with self._connection.cursor() as own:
                _mark(own, file, gone)
                left = write_parquet(own, _unmarked(file, contract), file=staged)
            return Move(staged if left else None, file, columns_digest(contract.lake_columns))

        with ThreadPoolExecutor(max_workers=_AT_ONCE) as executor:
            self.moves += executor.map(stage, numbered)
        self._count(contract.name, found.total, found.rows)

    def drop(self, contract: InboundContract, files: Mapping[Path, int]) -> None:
        """Let whole files go, each with the number of rows that it holds: nothing is read and nothing written."""
        self.moves += [Move(None, file) for file in files]
        self._count(contract.name, sum(files.values()), files)

    def set_aside(self, query: str, place: Path, *, columns: str = "", group_rows: int = GROUP_ROWS) -> int:
        """Stage the rows of a query under another place; return how many there are, none where nothing is written."""
        staged = self._folder / f"{len(self.moves):06d}.parquet"
        rows = write_parquet(self._connection, query, file=staged, group_rows=group_rows)
        if rows:
            self.moves.append(Move(staged, place, columns))
        return rows

    def _count(self, dataset: str, rows: int, files: Iterable[Path]) -> None:
        if rows:
            self.rows[dataset] = self.rows.get(dataset, 0) + rows
        days = {day_of_file(file) or self._today for file in files}
        if days:
            self.days.setdefault(dataset, set()).update(days)


def _mark(own: duckdb.DuckDBPyConnection, file: Path, gone: str) -> None:
    """Set the variable `gone_rows` of a cursor: a bit for each row of a file, 1 where `gone` is true."""
    rows = read_expression(file, numbered=True)
    last = rows_in(own, [file])[file] - 1
    own.execute(
        f"set variable gone_rows = (select bitstring_agg(file_row_number, 0, {last}) from {rows} as stored where {gone})"
    )


def _unmarked(file: Path, contract: InboundContract) -> str:
    columns = ", ".join(column.name for column in contract.lake_columns)
    return f"""
        select {columns} from ({read_columns(file, contract.lake_columns, numbered=True)})
        where coalesce(get_bit(getvariable('gone_rows'), file_row_number::integer), 0) = 0"""


def rows_in(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> dict[Path, int]:
    """Return how many rows each file holds, from the files' own statistics."""
    if not files:
        return {}
    query = (
        f"select filename, count(*) from {read_expression(files, filename=True)} group by filename order by filename"
    )
    return {Path(name): count for name, count in connection.execute(query).fetchall()}
