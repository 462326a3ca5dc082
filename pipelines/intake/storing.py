"""What remains of a batch, as staged files and the moves that put them in place. Here: files only; no rows are judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from pipelines.contracts import Contracts
from pipelines.contracts.models import InboundContract, LakeColumn
from pipelines.identity.vault import Vault
from pipelines.intake import precedence
from pipelines.intake.settling import content_sql, same_key
from pipelines.lake import columns_digest, current_file, partition_file, read_columns, read_expression, write_parquet
from pipelines.lake.manifest import staging_dir
from pipelines.lake.records import Move
from pipelines.settings import Home

LINKS = "identity_links"
_KEYS = ".keys"
_DAYS_AT_ONCE = 2


def stored_keys(home: Home, family: str) -> tuple[Path, ...]:
    """Return the files that hold the ids (event_key, content_key, dt) of all stored events of a family, oldest first."""
    return tuple(sorted((home.lake / _KEYS / family).glob("*.parquet")))


def stage_accepted(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    contract: InboundContract,
    *,
    family: Sequence[InboundContract],
    batch_id: str,
    position: int,
    today: date,
) -> tuple[list[Move], dict[str, list[date]]]:
    """Stage what was accepted, and what gives way to it; return the moves, and the days that change by dataset."""
    is_state = contract.kind == "state"
    moves = precedence.stage_arrivals(connection, home, contract, batch_id=batch_id) if is_state else []
    if connection.execute("select 1 from accepted limit 1").fetchone() is None:
        return moves, {}
    if is_state:
        moves.append(stage_current(connection, home, contract, batch_id=batch_id))
        return moves, {contract.name: [today]}
    days = []
    for day, move in stage_days(connection, home, contract, batch_id=batch_id):
        days.append(day)
        moves.append(move)
    stale = {contract.name: days}
    done = {(contract.name, day) for day in days}
    for dataset, day, move in precedence.stage_displaced(connection, home, family, batch_id=batch_id, staged=done):
        stale.setdefault(dataset, []).append(day)
        moves.append(move)
    moves += stage_keys(connection, home, contract, batch_id=batch_id, position=position)
    return moves, stale


def stage_days(
    connection: duckdb.DuckDBPyConnection, home: Home, contract: InboundContract, *, batch_id: str
) -> Iterator[tuple[date, Move]]:
    """Stage one file per day of `accepted`, what the day already holds included, sorted by pseudonym."""
    columns = ", ".join(column.name for column in contract.lake_columns)
    order = contract.order
    days = connection.execute("select distinct dt from accepted order by dt").fetchall()

    def stage(day: date) -> tuple[date, Move]:
        place = partition_file(home, contract.name, day)
        rows = f"select {columns} from accepted where dt = date '{day.isoformat()}'"
        if place.exists():
            stored = precedence.without_displaced(read_columns(place, contract.lake_columns), contract)
            rows = f"{rows} union all by name {stored}"
        staged = staging_dir(home) / batch_id / f"{day.isoformat()}.parquet"
        with connection.cursor() as own:
            write_parquet(own, f"select {columns} from ({rows}) order by {order}", file=staged)
        return day, Move(staged, place, columns_digest(contract.lake_columns))

    # One day is one row group, which one thread sorts and compresses: days side by side use the other core.
    with ThreadPoolExecutor(max_workers=_DAYS_AT_ONCE) as executor:
        yield from executor.map(stage, [day for (day,) in days])


def stage_current(
    connection: duckdb.DuckDBPyConnection, home: Home, contract: InboundContract, *, batch_id: str
) -> Move:
    """Stage the latest state of a state dataset: what was stored, replaced and added to by `accepted`."""
    columns = ", ".join(column.name for column in contract.lake_columns)
    place = current_file(home, contract.name)
    rows = f"select {columns} from accepted"
    if place.exists():
        stored = f"({read_columns(place, contract.lake_columns)}) as stored"
        replaced = same_key(contract, "stored", "accepted")
        rows = f"{rows} union all by name select {columns} from {stored} anti join accepted on {replaced}"
    staged = staging_dir(home) / batch_id / "current.parquet"
    write_parquet(connection, f"select * from ({rows}) order by {contract.order}", file=staged)
    return Move(staged, place, columns_digest(contract.lake_columns))


def owners(connection: duckdb.DuckDBPyConnection, contract: InboundContract) -> pl.Series:
    """Return the pseudonyms of every row that is kept: whoever else was met on the way is nobody's subject."""
    parts = [f"select {name} as pseudonym from accepted where {name} is not null" for name in contract.owner_columns]
    if not parts:
        return pl.Series("pseudonym", [], dtype=pl.String)
    return connection.execute(" union ".join(parts)).pl()["pseudonym"]


def states_links(contract: InboundContract) -> bool:
    """Say whether rows of a source can bear both a browser's and a learner's id."""
    subjects = [field for field in contract.fields if field.treatment == "pseudonymise"]
    return {"anonymous_id", "user_id"} <= {field.identifier_kind for field in subjects}


def stage_links(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    links: pl.DataFrame,
    *,
    columns: Sequence[LakeColumn],
    batch_id: str,
) -> Move:
    """Stage the projection of the vault's timed links."""
    connection.register("links", links)
    listed = ", ".join(f"{column.name}::{column.sql_type} as {column.name}" for column in columns)
    staged = staging_dir(home) / batch_id / "links.parquet"
    write_parquet(connection, f"select {listed} from links order by all", file=staged)
    return Move(staged, current_file(home, LINKS), columns_digest(columns))


def links_again(
    connection: duckdb.DuckDBPyConnection, home: Home, contracts: Contracts, vault: Vault, *, batch_id: str
) -> list[Move]:
    """Stage the links anew as the vault has them now, without those that have lost an end."""
    columns = contracts.internal[LINKS].lake_columns
    domains = sorted({each.domain for each in contracts.inbound.values() if states_links(each)})
    return [
        stage_links(connection, home, vault.links(domain=domain), columns=columns, batch_id=batch_id)
        for domain in domains
    ]


def stage_keys(
    connection: duckdb.DuckDBPyConnection, home: Home, contract: InboundContract, *, batch_id: str, position: int
) -> list[Move]:
    """Stage the ids of `accepted` so that later copies are known.

    Runs of similar size are merged (the logarithmic method): as many files as the logarithm of the history, each id
    rewritten as often. Sources without ids leave none.
    """
    if not contract.key:
        return []
    staged = staging_dir(home) / batch_id / "keys.parquet"
    rows = (
        f"select event_key, {content_sql(contract)} as content_key, dt, origin_batch "
        "from accepted join origins using (file_no) where event_key is not null"
    )
    size = write_parquet(connection, f"{rows} order by dt, event_key", file=staged)
    stored = stored_keys(home, contract.family)
    merged = _mergeable(connection, stored, rows=size)
    if merged:
        rows = f"{rows} union all by name select * exclude (filename) from ({precedence.stored_ids(merged)})"
        write_parquet(connection, f"select * from ({rows}) order by dt, event_key", file=staged)
    place = home.lake / _KEYS / contract.family / f"{position:09d}.parquet"
    others = precedence.stage_ids(connection, home, set(stored) - set(merged), batch_id=batch_id)
    return [Move(staged, place), *(Move(None, path) for path in merged), *others]


def _mergeable(connection: duckdb.DuckDBPyConnection, files: Sequence[Path], *, rows: int) -> list[Path]:
    merged: list[Path] = []
    for path in reversed(files):
        found = connection.execute(f"select count(*) from {read_expression(path)}").fetchone()
        size = int(found[0]) if found else 0
        if size > 2 * rows:
            break
        merged.append(path)
        rows += size
    return merged
