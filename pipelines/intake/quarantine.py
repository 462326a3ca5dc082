"""Rows that could not be accepted: encrypted under the key of their day, with reason, file and line.

A quarantine file is Parquet under `quarantine/<day>/`; when the day's key is destroyed, nothing in it can be read. Reasons
and counts also stand in the manifest's balances; values stand only here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa

from pipelines import engine
from pipelines.identity.keyring import Keyring
from pipelines.lake import read_expression, write_parquet
from pipelines.settings import Home


@dataclass(frozen=True)
class QuarantineFile:
    """One file of quarantined rows: the day whose key opens it, and the source its rows came from."""

    path: Path
    day: date
    source: str


def files_of(home: Home, source: str | None = None) -> tuple[QuarantineFile, ...]:
    """Return the quarantine files, of one source or of all, oldest first."""
    return tuple(file for file in _files(home) if source in (None, file.source))


def target(home: Home, day: date, *, source: str, batch_id: str) -> Path:
    """Return where the quarantined rows of a batch lie."""
    return home.quarantine / day.isoformat() / f"{source}.{batch_id}.parquet"


def write(connection: duckdb.DuckDBPyConnection, query: str, *, file: Path, day: date, ring: Keyring) -> int:
    """Write rows (source, reason, file, place, raw) encrypted under the day's key; return how many."""
    return write_parquet(connection, query, file=file, key=_register(connection, ring, day))


def stage_rejected(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    *,
    names: Sequence[str],
    refused: Collection[str],
    file: Path,
    day: date,
    ring: Keyring,
) -> dict[str, int]:
    """Write the table `rejected` of a batch to `file`, but rows `refused`; return how many rows of each reason.

    `names` are the landed files by number, the first being 1. Nothing is written where nothing was rejected.
    """
    listed = ", ".join(f"'{reason}'" for reason in sorted(refused))
    waiting = f"reason not in ({listed})"
    found = connection.execute(
        f"select reason, count(*) from rejected where {waiting} group by reason order by reason"
    ).fetchall()
    if found:
        connection.register("names", pa.table({"file_no": range(1, len(names) + 1), "file": list(names)}))
        query = (
            f"select '{source}' as source, reason, file, place, raw from rejected left join names using (file_no) "
            f"where {waiting} order by file, place, reason"
        )
        write(connection, query, file=file, day=day, ring=ring)
    return dict(found)


def read(connection: duckdb.DuckDBPyConnection, file: QuarantineFile, *, ring: Keyring) -> str:
    """Return the SQL expression that reads a quarantine file, its key registered on the connection."""
    return read_expression(file.path, key=_register(connection, ring, file.day, create=False))


def counts(home: Home, ring: Keyring) -> pl.DataFrame:
    """Return `source`, `reason`, `rows`, `oldest` (day) of all that is in quarantine; no value of any row."""
    empty = pl.DataFrame(schema={"source": pl.String, "reason": pl.String, "rows": pl.Int64, "oldest": pl.Date})
    frames = [empty]
    with engine.connect() as connection:
        for file in files_of(home):
            query = f"select source, reason, count(*) as rows from {read(connection, file, ring=ring)} group by all"
            found = connection.execute(query).pl()
            frames.append(found.with_columns(oldest=pl.lit(file.day)).select(empty.columns))
    grouped = pl.concat(frames).group_by("source", "reason").agg(pl.col("rows").sum(), pl.col("oldest").min())
    return grouped.sort("source", "reason")


def _files(home: Home) -> Iterator[QuarantineFile]:
    for path in sorted(home.quarantine.glob("????-??-??/*.parquet")):
        yield QuarantineFile(path, date.fromisoformat(path.parent.name), path.name.split(".", 1)[0])


def _register(connection: duckdb.DuckDBPyConnection, ring: Keyring, day: date, *, create: bool = True) -> str:
    key_id, key = ring.quarantine_key(day, create=create)
    name = key_id.replace("/", "_").replace("-", "_")
    engine.prepare(connection, parquet_keys={name: key})
    return name
