"""Quarantined rows whose reason is gone: found, read again as lines of their file, taken out of quarantine.

So far one reason cures itself: a row that named an unknown row of another source, when that row has arrived.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from pipelines.contracts.models import InboundContract
from pipelines.engine import quoted
from pipelines.identity.keyring import Keyring
from pipelines.intake import quarantine
from pipelines.intake.dialects import dialect_of
from pipelines.intake.formats import SCHEMA
from pipelines.intake.reasons import unknown_reason
from pipelines.lake.manifest import Move, staging_dir
from pipelines.settings import Home

_BATCH_ROWS = 20_000


@dataclass(frozen=True)
class Replay:
    """One quarantine file with `rows` rows that can be replayed; `table` holds them (file, place, raw)."""

    file: quarantine.QuarantineFile
    table: str
    rows: int


def find(connection: duckdb.DuckDBPyConnection, home: Home, ring: Keyring, contract: InboundContract) -> list[Replay]:
    """Return the quarantine files of a source that hold cured rows, their rows in temporary tables.

    Needs the tables `known_<source>` of everything that the source refers to.
    """
    found = []
    condition = _cured(contract)
    for index, file in enumerate(quarantine.files_of(home, contract.name) if condition else ()):
        table = f"replay_{index}"
        rows = quarantine.read(connection, file, ring=ring)
        connection.execute(
            f"create or replace temp table {table} as select file, place, raw from {rows} where {condition} order by file, place"
        )
        counted = connection.execute(f"select count(*) from {table}").fetchone()
        if counted and counted[0]:
            found.append(Replay(file, table, int(counted[0])))
    return found


def lines(connection: duckdb.DuckDBPyConnection, replay: Replay) -> Iterator[tuple[str, Iterator[pa.RecordBatch]]]:
    """Yield (name of the landed file, its rows as lines) of the rows to replay."""
    names = connection.execute(f"select distinct file from {replay.table} order by file").fetchall()
    for (name,) in names:
        rows = connection.execute(
            f"select place, raw, null::varchar as fault from {replay.table} where file = ?", [name]
        ).to_arrow_table()
        yield name, iter(rows.cast(SCHEMA).to_batches(max_chunksize=_BATCH_ROWS))


def stage_rest(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    ring: Keyring,
    contract: InboundContract,
    replay: Replay,
    *,
    batch_id: str,
) -> Move:
    """Stage what stays of a quarantine file without its replayed rows."""
    rest = f"select * from {quarantine.read(connection, replay.file, ring=ring)} where ({_cured(contract)}) is not true"
    staged = staging_dir(home) / batch_id / f"{replay.table}.parquet"
    kept = quarantine.write(connection, rest, file=staged, day=replay.file.day, ring=ring)
    return Move(staged if kept else None, replay.file.path)


def _text(path: str) -> str:
    return f"json_extract_string(case when json_valid(raw) then raw end, '/{quoted(path.replace('.', '/'))}')"


def _cured(contract: InboundContract) -> str:
    dialect = dialect_of(contract)
    conditions = [
        f"(reason = '{unknown_reason(reference.source)}' and "
        f"{dialect.text(reference.field, at=dialect.whole(_text))} in (select value from known_{reference.source}))"
        for reference in contract.references
        if reference.unknown == "quarantine"
    ]
    return " or ".join(conditions)
