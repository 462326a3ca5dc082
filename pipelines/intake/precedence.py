"""Which of two rows arrived before the other, however late it is accepted: by batch, then by its place in it.

A replayed row ranks where it first arrived (table `origins`), so that it gets what it would have got then: a stored copy
that came after it gives way (table `displaced`). Not here: what else decides between two rows (`settling`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from pathlib import Path

import duckdb

from pipelines.contracts.models import InboundContract
from pipelines.engine import quoted
from pipelines.lake import columns_digest, partition_file, read_columns, read_expression, write_parquet
from pipelines.lake.manifest import staging_dir
from pipelines.lake.records import Move
from pipelines.settings import Home

ARRIVED = "row(origin_batch, origin_file, place)"
STORED_ARRIVED = "row(coalesce(arrived.origin_batch, 0), coalesce(arrived.origin_file, 0), coalesce(arrived.place, 0))"
_ARRIVALS = ".arrivals"
_LATEST = "timestamp '9999-01-01'"


def nothing_displaced(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table `displaced`: event_key, dt, and the file that knows the key."""
    connection.execute("create or replace table displaced (event_key bigint, dt date, filename varchar)")


def stored_ids(files: Sequence[Path]) -> str:
    """SQL: event_key, content_key, dt, origin_batch (the batch that brought it) and filename of stored ids still in force."""
    none = "select null::bigint as origin_batch where false"
    listed = (
        f"select *, '{quoted(file)}' as filename from (select * from {read_expression(file)} union all by name {none})"
        for file in files
    )
    together = " union all by name ".join(listed)
    return f"select * from ({together}) where event_key not in (select event_key from displaced)"


def compare_with_stored(connection: duckdb.DuckDBPyConnection, *, content: str, stored_keys: Sequence[Path]) -> None:
    """Add to `losers` whose id is stored already, and to `displaced` what is stored and arrived after a replayed row.

    Of rows of one batch the tie is that of `settle_events`; what the stored one ranks by was kept beside the row that
    waited (table `rivals`).
    """
    own = _rank(refused="a.is_refused_", received="a.received_", own_at="a.own_at", content="a.content", of="a")
    rival = _rank(refused="r.refused", received="r.received", own_at="r.own_at", content="r.content", of="r.rival")
    connection.execute(f"""
        create or replace table met as
        select a.row_id, a.event_key, a.content <> k.content_key as is_other, k.dt, k.filename,
            a.origin_batch < coalesce(k.origin_batch, 0)
                or (a.origin_batch = k.origin_batch and r.rival_place is not null and {own} < {rival}) as is_earlier
        from (
            select a.rowid as row_id, {content} as content, origin_batch, origin_file, origin_replay, a.*
            from accepted as a join origins using (file_no)) as a
        join ({stored_ids(stored_keys)}) as k on a.event_key = k.event_key
        left join rivals as r on a.origin_replay = r.origin_replay and a.origin_file = r.origin_file and a.place = r.place
        where a.row_id not in (select row_id from losers)""")
    connection.execute("insert into losers select row_id, is_other from met where not is_earlier")
    connection.execute("insert into displaced select event_key, dt, filename from met where is_earlier")


def without_displaced(rows: str, contract: InboundContract) -> str:
    """SQL: the stored rows of a query that stay."""
    stays = "event_key is null or event_key not in (select event_key from displaced)"
    return f"select * from ({rows}) where {stays}" if contract.key else rows


def stage_ids(
    connection: duckdb.DuckDBPyConnection, home: Home, files: Collection[Path], *, batch_id: str
) -> Iterator[Move]:
    """Stage those files of stored ids that know a displaced row, without it."""
    found = connection.execute("select distinct filename from displaced order by filename").fetchall()
    for number, file in enumerate(Path(name) for (name,) in found):
        if file in files:
            staged = staging_dir(home) / batch_id / f"ids-{number}.parquet"
            rows = f"select * exclude (filename) from ({stored_ids([file])}) order by dt, event_key"
            kept = write_parquet(connection, rows, file=staged)
            yield Move(staged if kept else None, file)


def stage_displaced(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    family: Sequence[InboundContract],
    *,
    batch_id: str,
    staged: Collection[tuple[str, date]],
) -> Iterator[tuple[str, date, Move]]:
    """Stage the days of a family that hold a displaced row, without it; those of `staged` (dataset, day) are done."""
    days = connection.execute("select distinct dt from displaced order by dt").fetchall()
    for contract in family:
        for (day,) in days:
            place = partition_file(home, contract.name, day)
            if (contract.name, day) in staged or not place.exists():
                continue
            stored = read_columns(place, contract.lake_columns)
            held = connection.execute(
                f"select count(*) from ({stored}) where event_key in (select event_key from displaced)"
            ).fetchone()
            if held and held[0]:
                beside = staging_dir(home) / batch_id / f"{contract.name}-{day.isoformat()}.parquet"
                kept = write_parquet(connection, without_displaced(stored, contract), file=beside)
                yield contract.name, day, Move(beside if kept else None, place, columns_digest(contract.lake_columns))


def arrivals_file(home: Home, contract: InboundContract) -> Path | None:
    """Return the file that says when each stored state arrived; None where its own instants tell which is the newer."""
    return None if contract.version_instants else home.lake / _ARRIVALS / f"{contract.name}.parquet"


def know_arrivals(connection: duckdb.DuckDBPyConnection, file: Path | None) -> None:
    """Make the table `arrived`: key_hash, origin_batch, origin_file, place of the stored states."""
    columns = (
        "null::ubigint as key_hash, null::bigint as origin_batch, null::bigint as origin_file, null::bigint as place"
    )
    rows = (
        f"select * from {read_expression(file)}" if file is not None and file.exists() else f"select {columns} limit 0"
    )
    connection.execute(f"create or replace table arrived as {rows}")


def note_arrivals(connection: duckdb.DuckDBPyConnection, *, key_hash: str) -> None:
    """Bring `arrived` up to date: of each key the last arrival of what is stored from now on.

    Needs `losers` of the batch itself and `overtaken` by what is stored; a later copy of the same content arrived last.
    """
    connection.execute(f"""
        create or replace table arriving as
        select {key_hash} as key_hash, origin_batch, origin_file, place
        from (select a.rowid as row_id, origin_batch, origin_file, a.* from accepted as a join origins using (file_no))
        where row_id not in (select row_id from losers)
            and row_id not in (select row_id from overtaken where not (is_same and is_later))""")
    connection.execute("delete from arrived where key_hash in (select key_hash from arriving)")
    connection.execute("insert into arrived select * from arriving")


def stage_arrivals(
    connection: duckdb.DuckDBPyConnection, home: Home, contract: InboundContract, *, batch_id: str
) -> list[Move]:
    """Stage `arrived` where it decides."""
    place = arrivals_file(home, contract)
    if place is None:
        return []
    staged = staging_dir(home) / batch_id / "arrivals.parquet"
    kept = write_parquet(connection, "select * from arrived order by key_hash", file=staged)
    return [Move(staged, place)] if kept else []


def _rank(*, refused: str, received: str, own_at: str, content: str, of: str) -> str:
    number, place = ("a.origin_file", "a.place") if of == "a" else ("r.rival_file", "r.rival_place")
    return f"row(not {refused}, coalesce({received}, {_LATEST}), coalesce({own_at}, {_LATEST}), {content}, {number}, {place})"
