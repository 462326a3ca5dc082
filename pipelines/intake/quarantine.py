"""Rows that could not be accepted: encrypted under the key of their day, with reason, file and line.

A quarantine file is Parquet under `quarantine/<day>/`; when the day's key is destroyed, nothing in it can be read. Reasons
and counts also stand in the manifest's balances; values stand only here. What people look at is in `inspection`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

import duckdb
import polars as pl

from pipelines import engine
from pipelines.identity.errors import MissingKey
from pipelines.identity.keyring import Keyring
from pipelines.intake import rivals
from pipelines.intake.judging import Judgement
from pipelines.lake import read_expression, write_parquet
from pipelines.settings import Home

_GROUPS = {
    "source": pl.String,
    "reason": pl.String,
    "file": pl.String,
    "rows": pl.Int64,
    "oldest": pl.Date,
    "newest": pl.Date,
}


@dataclass(frozen=True)
class QuarantineFile:
    """One file of quarantined rows: the day whose key opens it, and the source its rows came from."""

    path: Path
    day: date
    source: str

    @property
    def batch_id(self) -> str:
        """The batch in which its rows arrived."""
        return self.path.name.split(".")[1]


@dataclass(frozen=True)
class Selection:
    """Which quarantined rows are meant; what is None does not matter.

    A `reason` without a field (`wrong_type`) stands for that reason of every field.
    """

    source: str | None = None
    reason: str | None = None
    file: str | None = None

    def condition(self) -> tuple[str, list[str]]:
        """SQL: whether a row of a quarantine file is meant, and its bound parameters."""
        wanted, values = ["true"], []
        if self.reason is not None:
            wanted.append("(reason = ? or starts_with(reason, ?))")
            values += [self.reason, f"{self.reason}:"]
        if self.file is not None:
            wanted.append("file = ?")
            values.append(self.file)
        return " and ".join(wanted), values


def files_of(home: Home, source: str | None = None) -> tuple[QuarantineFile, ...]:
    """Return the quarantine files, of one source or of all, oldest first."""
    return tuple(file for file in _files(home) if source in (None, file.source))


def target(home: Home, day: date, *, source: str, batch_id: str) -> Path:
    """Return where the quarantined rows of a batch lie."""
    return home.quarantine / day.isoformat() / f"{source}.{batch_id}.parquet"


def write(connection: duckdb.DuckDBPyConnection, query: str, *, file: Path, day: date, ring: Keyring) -> int:
    """Write rows encrypted under the day's key; return how many."""
    return write_parquet(connection, query, file=file, key=_register(connection, ring, day))


def stage_rejected(
    connection: duckdb.DuckDBPyConnection,
    judgement: Judgement,
    *,
    refused: Collection[str],
    position: int,
    file: Path,
    day: date,
    ring: Keyring,
) -> dict[str, int]:
    """Write what the table `rejected` of a batch holds that arrived with it to `file`, but rows `refused`.

    Returns how many rows of each reason wait, replayed ones included: those go back to where they were. Nothing is
    written where nothing was rejected.
    """
    rows = f"({rejected_rows(judgement.contract.name, refused)})"
    found = connection.execute(f"select reason, count(*) from {rows} group by reason order by reason").fetchall()
    fresh = f"select * exclude (origin_replay) from {rows} where origin_replay = ''"
    if found and connection.execute(f"select 1 from ({fresh}) limit 1").fetchone():
        query = rivals.beside(connection, judgement, fresh, position=position)
        write(connection, f"select * from ({query}) order by file, place, reason", file=file, day=day, ring=ring)
    return dict(found)


def rejected_rows(source: str, refused: Collection[str]) -> str:
    """SQL: the rows of `rejected` that wait, as a quarantine file holds them, and the replay that brought them."""
    listed = ", ".join(f"'{reason}'" for reason in sorted(refused))
    return (
        f"select '{source}' as source, reason, origin_name as file, place, raw, origin_file as file_no, "
        f"null::{rivals.TYPE} as rival, origin_replay from rejected join origins using (file_no) "
        f"where reason not in ({listed})"
    )


def read(connection: duckdb.DuckDBPyConnection, file: QuarantineFile, *, ring: Keyring) -> str:
    """Return the SQL expression that reads a quarantine file, its key registered on the connection."""
    return read_expression(file.path, key=_register(connection, ring, file.day, create=False))


def rows_of(connection: duckdb.DuckDBPyConnection, file: QuarantineFile, *, ring: Keyring) -> str:
    """SQL: every row of a quarantine file with all columns; those that an older file lacks are NULL."""
    none = f"select null::bigint as file_no, null::{rivals.TYPE} as rival where false"
    return f"(select * from {read(connection, file, ring=ring)} union all by name {none})"


def groups(home: Home, ring: Keyring, chosen: Selection | None = None) -> pl.DataFrame:
    """Return `source`, `reason`, `file`, `rows`, `oldest` and `newest` (days) of what is in quarantine; no value of a row."""
    chosen = chosen or Selection()
    condition, values = chosen.condition()
    frames = [pl.DataFrame(schema=_GROUPS)]
    with engine.connect() as connection:
        for day, files in groupby(files_of(home, chosen.source), key=lambda file: file.day):
            key = _register(connection, ring, day, create=False)
            rows = " union all ".join(
                f"select source, reason, file from {read_expression(file.path, key=key)}" for file in files
            )
            query = f"select source, reason, file, count(*) as rows from ({rows}) where {condition} group by all"
            found = connection.execute(query, values).pl()
            days = found.with_columns(oldest=pl.lit(day), newest=pl.lit(day))
            frames.append(days.select(list(_GROUPS)).cast(_GROUPS))  # type: ignore[arg-type]
    summed = pl.concat(frames).group_by("source", "reason", "file")
    measures = (pl.col("rows").sum(), pl.col("oldest").min(), pl.col("newest").max())
    return summed.agg(*measures).sort("source", "reason", "file")


def rows_by_reason(home: Home, ring: Keyring, paths: Collection[Path]) -> tuple[dict[str, dict[str, int]], int]:
    """Return source → reason → rows of these quarantine files, and how many of them nobody can open; no value of any row.

    A copy that was put back after its day's key was destroyed is such a file: its rows were counted when they went.
    """
    found: dict[str, Counter[str]] = {}
    unreadable = 0
    with engine.connect() as connection:
        for file in files_of(home):
            if file.path in paths:
                try:
                    query = f"select reason, count(*) from {read(connection, file, ring=ring)} group by reason order by reason"
                    found.setdefault(file.source, Counter()).update(dict(connection.execute(query).fetchall()))
                except (MissingKey, duckdb.Error):
                    unreadable += 1
    return {source: dict(reasons) for source, reasons in sorted(found.items()) if reasons}, unreadable


def counts(home: Home, ring: Keyring) -> pl.DataFrame:
    """Return `source`, `reason`, `rows`, `oldest` (day) of all that is in quarantine; no value of any row."""
    grouped = groups(home, ring).group_by("source", "reason")
    return grouped.agg(pl.col("rows").sum(), pl.col("oldest").min()).sort("source", "reason")


def _files(home: Home) -> Iterator[QuarantineFile]:
    for path in sorted(home.quarantine.glob("????-??-??/*.parquet")):
        with suppress(ValueError):  # a folder that is no day is nobody's
            yield QuarantineFile(path, date.fromisoformat(path.parent.name), path.name.split(".", 1)[0])


def _register(connection: duckdb.DuckDBPyConnection, ring: Keyring, day: date, *, create: bool = True) -> str:
    key_id, key = ring.quarantine_key(day, create=create)
    name = key_id.replace("/", "_").replace("-", "_")
    engine.prepare(connection, parquet_keys={name: key})
    return name
