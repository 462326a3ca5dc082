"""What is kept on although its window has ended: set aside in the lake by hold, where no model reads it, and for how long.

Here: which rows a hold covers, where they lie, until when. What ends their window is elsewhere. Of a person nothing is left in
the vault; rows held for a case bear pseudonyms that lead to nobody, rows held as books bear none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from pipelines.contracts import Contracts
from pipelines.contracts.models import InboundContract
from pipelines.contracts.registers import Hold
from pipelines.lake import columns_digest, read_columns, read_expression
from pipelines.lake.rewriting import Rewriting
from pipelines.retention.people import day_of
from pipelines.settings import Home

FOLDER = ".held"
_ONGOING = "ongoing"


@dataclass(frozen=True)
class Held:
    """One file of held rows: its hold, dataset and the last day on which it is held, None while a case goes on."""

    hold: str
    dataset: str
    file: Path
    until: date | None
    is_declared: bool

    def is_over(self, today: date) -> bool:
        """Say whether it has to go: its time has ended, or nobody declares the hold any more."""
        return not self.is_declared or (self.until is not None and today > self.until)


def listed(home: Home, contracts: Contracts) -> tuple[Held, ...]:
    """Return every file of held rows, by hold and dataset."""
    declared = {hold.id: hold for hold in contracts.policy.holds}
    return tuple(
        Held(hold := file.parts[-4], file.parts[-3], file, _until(declared.get(hold), file.parts[-2]), hold in declared)
        for file in sorted((home.lake / FOLDER).glob("*/*/*/*.parquet"))
    )


def rows_of(connection: duckdb.DuckDBPyConnection, held: Held) -> int:
    """Return how many rows a file of held rows has."""
    row = connection.execute(f"select count(*) from {read_expression(held.file)}").fetchone()
    return int(row[0]) if row else 0


def set_aside(
    rewriting: Rewriting,
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    contracts: Contracts,
    contract: InboundContract,
    files: dict[Path, str],
    *,
    today: date,
    work_id: str,
) -> dict[str, int]:
    """Stage, of each file, the rows of which its SQL is true and which a hold covers; return how many by hold."""
    counts: dict[str, int] = {}
    for hold in contracts.policy.holds:
        if contract.name not in hold.datasets or not files:
            continue
        rows = " union all ".join(
            f"select * from ({read_columns(file, contract.lake_columns)}) as stored where {gone}"
            for file, gone in files.items()
        )
        for folder, test in _shares(connection, hold, contract, rows, today=today):
            place = home.lake / FOLDER / hold.id / contract.name / folder / f"{work_id}.parquet"
            # Books need no buyer; a case may.
            nobody = ", ".join(f"null as {column}" for column in contract.owner_columns if hold.years)
            kept = f"* replace ({nobody})" if nobody else "*"
            query = f"select {kept} from ({rows}) as stored where {test} order by {contract.order}"
            taken = rewriting.set_aside(query, place, columns=columns_digest(contract.lake_columns))
            counts[hold.id] = counts.get(hold.id, 0) + taken
    return counts


def _shares(
    connection: duckdb.DuckDBPyConnection, hold: Hold, contract: InboundContract, rows: str, *, today: date
) -> Iterator[tuple[str, str]]:
    """Yield each folder that held rows go to, with the SQL that tells which."""
    instants = [f"stored.{field.stored_as[0]}" for field in contract.instants if field.stored_as]
    day = day_of(f"greatest({', '.join(instants)})")
    if hold.years is None:
        if hold.until is None or today <= hold.until:
            first, last = hold.first or date.min, hold.last or date.max
            yield _ONGOING, f"{day} between date '{first}' and date '{last}'"
        return
    found = connection.execute(f"select distinct year({day}) from ({rows}) as stored order by all").fetchall()
    for (year,) in found:
        if year and today <= date(year + hold.years, 12, 31):
            yield f"year={year}", f"year({day}) = {year:d}"


def _until(hold: Hold | None, folder: str) -> date | None:
    if hold is None or folder == _ONGOING:
        return hold.until if hold else None
    return date(int(folder.removeprefix("year=")) + (hold.years or 0), 12, 31)
