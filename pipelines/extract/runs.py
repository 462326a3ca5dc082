"""One read of the platform's database: every source that has a table there. Not here: one table's rows and files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from pipelines.contracts import Contracts, InboundContract
from pipelines.settings import Home

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Extracted:
    """What a read did of one source: rows that were read, those that landed as new or changed, and in how many files.

    `ignored` are columns of the table that no contract speaks of: never read. A source with a `problem` was left as it is.
    """

    source: str
    rows: int = 0
    landed: int = 0
    files: int = 0
    ignored: tuple[str, ...] = ()
    problem: str = ""


class DatabaseUnreachable(RuntimeError):
    """The database does not answer, or ceased to; `extracted` are the sources that were read before."""

    def __init__(self, message: str, *, extracted: Sequence[Extracted] = ()) -> None:
        super().__init__(message)
        self.extracted = tuple(extracted)


def extract(
    home: Home,
    contracts: Contracts,
    *,
    url: str,
    as_of: datetime,
    progress: Callable[[str], None],
    sources: Sequence[str] | None = None,
) -> tuple[Extracted, ...]:
    """Land what is new in the database, source by source; return what was done for each that has a table there.

    `as_of` names the files. The caller holds the writer lock. Raises DatabaseUnreachable; a table that cannot be read is told
    as the problem of its source, and the others go on.
    """
    # psycopg is imported only where there is a database.
    from pipelines.extract import database

    done: list[Extracted] = []
    gone = ""
    try:
        with database.connect(url) as connection:
            for name in in_order(contracts.inbound):
                if sources is None or name in sources:
                    found = _extract_one(connection, home, contracts.inbound[name], as_of=as_of)
                    done += [found] if found else []
                    if found:
                        progress(told(found))
    except database.Unreachable as error:
        gone = str(error)
    if gone:
        raise DatabaseUnreachable(gone, extracted=done)
    return tuple(done)


def in_order(inbound: Mapping[str, InboundContract]) -> list[str]:
    """Return the sources that lie in a database, each before those it refers to: what a row names is then there too."""
    graph = {name: sorted({each.source for each in contract.references}) for name, contract in sorted(inbound.items())}
    return [name for name in reversed([*TopologicalSorter(graph).static_order()]) if inbound[name].extract]


def told(found: Extracted) -> str:
    """Return what was done of a source, in words: counts and names of columns, never a value."""
    if found.problem:
        return f"extract: {found.source} was left out: {found.problem}"
    ignored = f"; the contract knows no column {', '.join(found.ignored)}, not read" if found.ignored else ""
    return f"extract: {found.source}, {found.rows:,} rows read, {found.landed:,} of them new or changed{ignored}"


def _extract_one(
    connection: psycopg.Connection, home: Home, contract: InboundContract, *, as_of: datetime
) -> Extracted | None:
    from pipelines.extract import database, tables
    from pipelines.extract.copying import land
    from pipelines.extract.marks import open_marks
    from pipelines.extract.outlet import Outlet

    rule = contract.extract
    if rule is None:
        return None
    outlet = Outlet(home, contract.name, as_of=as_of)
    try:
        with open_marks(home, contract.name) as marks, database.snapshot(connection) as cap:
            table = tables.find(connection, contract, rule)
            if table is None:
                return None
            read, landed = land(
                lambda floor: tables.rows(connection, table, floor=floor),
                marks=marks,
                outlet=outlet,
                cap=cap,
                overlap_minutes=rule.overlap_minutes,
            )
    except (tables.Unsuitable, database.Refused) as error:
        return Extracted(contract.name, files=outlet.files, problem=str(error))
    return Extracted(contract.name, read, landed, outlet.files, table.ignored)
