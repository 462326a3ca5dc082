"""Quarantined rows that are judged again: found, read as lines of their file, taken out of quarantine or put back.

One reason cures itself: a row that named an unknown row of another source, when that row has arrived. All others are
replayed when somebody asks, under the contracts of that day. Rows that could not be read as rows cannot be replayed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from pipelines.contracts.models import InboundContract
from pipelines.engine import quoted
from pipelines.identity.keyring import Keyring
from pipelines.intake import quarantine, rivals
from pipelines.intake.dialects import dialect_of
from pipelines.intake.formats import SCHEMA
from pipelines.intake.judging import Judgement
from pipelines.intake.quarantine import QuarantineFile, Selection
from pipelines.intake.reasons import refusals, unknown_reason
from pipelines.lake.manifest import staging_dir
from pipelines.lake.records import Move
from pipelines.settings import Home

_BATCH_ROWS = 20_000

UNREPLAYABLE = frozenset(
    {
        *("malformed", "line_too_long", "wrong_encoding", "broken_quotes", "wrong_cell_count"),
        *("broken_gzip", "broken_parquet", "broken_header", "no_header", "unknown_format"),
    }
)
"""Reasons of rows that never were read whole: no contract makes a row of them, the file has to be sent again."""


@dataclass(frozen=True)
class Replay:
    """One quarantine file with `rows` rows that are replayed; `table` holds them (file, file_no, place, raw, rival).

    `position` is that of the batch in which they arrived.
    """

    file: QuarantineFile
    table: str
    rows: int
    position: int


def find(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    ring: Keyring,
    contract: InboundContract,
    *,
    positions: Mapping[str, int],
    chosen: Selection | None,
    is_due: bool,
) -> list[Replay]:
    """Return the quarantine files of a source that hold rows to replay, those rows in tables.

    Those are the `chosen`, and where the source `is_due` the cured. Needs the tables `known_<source>` of everything that
    the source refers to. `positions` are those of the batches by id.
    """
    condition, values = _wanted(contract, chosen=chosen, is_due=is_due)
    found = []
    for index, file in enumerate(quarantine.files_of(home, contract.name) if condition else ()):
        table = f"replay_{index}"
        rows = quarantine.rows_of(connection, file, ring=ring)
        connection.execute(
            f"create or replace table {table} as select file, file_no, place, raw, rival from {rows} "
            f"where place > 0 and ({condition}) order by file, place",
            values,
        )
        counted = connection.execute(f"select count(*) from {table}").fetchone()
        if counted and counted[0]:
            found.append(Replay(file, table, int(counted[0]), positions.get(file.batch_id, 0)))
    _know_rivals(connection, found)
    return found


def lines(connection: duckdb.DuckDBPyConnection, replay: Replay) -> Iterator[tuple[int, str, Iterator[pa.RecordBatch]]]:
    """Yield (number and name of the landed file, its rows as lines) of the rows to replay."""
    names = connection.execute(
        f"select distinct coalesce(file_no, 0), file from {replay.table} order by all"
    ).fetchall()
    for number, name in names:
        rows = connection.execute(
            f"select place, raw, null::varchar as fault from {replay.table} where file = ? and coalesce(file_no, 0) = ?",
            [name, number],
        ).to_arrow_table()
        yield int(number), name, iter(rows.cast(SCHEMA).to_batches(max_chunksize=_BATCH_ROWS))


def stage_rest(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    ring: Keyring,
    judgement: Judgement,
    replay: Replay,
    *,
    batch_id: str,
) -> Move:
    """Stage what stays of a quarantine file: what was not replayed, and what of it was rejected again.

    That keeps its day, and with it the window after which it is gone.
    """
    contract = judgement.contract
    again = quarantine.rejected_rows(contract.name, refusals(contract))
    rest = (
        f"select * from {quarantine.rows_of(connection, replay.file, ring=ring)} as held "
        f"anti join {replay.table} as replayed on held.file is not distinct from replayed.file and held.place = replayed.place "
        f"union all by name select * exclude (origin_replay, rival) from ({again}) where origin_replay = '{replay.table}'"
    )
    connection.execute(f"create or replace table rest as {rest}")
    query = rivals.beside(connection, judgement, "select * from rest", position=replay.position)
    staged = staging_dir(home) / batch_id / f"{replay.table}.parquet"
    order = "order by file, place, reason"
    kept = quarantine.write(connection, f"select * from ({query}) {order}", file=staged, day=replay.file.day, ring=ring)
    return Move(staged if kept else None, replay.file.path)


def _know_rivals(connection: duckdb.DuckDBPyConnection, replays: Sequence[Replay]) -> None:
    """Make the table `rivals` of everything that is replayed."""
    none = f"select '' as origin_replay, 0::bigint as origin_file, 0::bigint as place, null::{rivals.TYPE} as rival limit 0"
    rows = " union all ".join(
        [f"({none})"]
        + [
            f"select '{each.table}', coalesce(file_no, 0), place, rival from {each.table} where rival is not null"
            for each in replays
        ]
    )
    connection.execute(
        f"create or replace table rivals as select origin_replay, origin_file, place, unnest(rival) from ({rows})"
    )


def _wanted(contract: InboundContract, *, chosen: Selection | None, is_due: bool) -> tuple[str, list[str]]:
    """SQL: whether a row is replayed, and its bound parameters; no condition where none can be."""
    conditions: list[str] = []
    values: list[str] = []
    if chosen is not None and chosen.source in (None, contract.name):
        meant, values = chosen.condition()
        listed = ", ".join(f"'{reason}'" for reason in sorted(UNREPLAYABLE))
        conditions.append(f"({meant} and reason not in ({listed}))")
    if is_due and (cured := _cured(contract)):
        conditions.append(cured)
    return " or ".join(conditions), values


def _text(path: str) -> str:
    return f"json_extract_string(case when json_valid(raw) then raw end, '/{quoted(path.replace('.', '/'))}')"


def _cured(contract: InboundContract) -> str:
    dialect = dialect_of(contract)

    def text(path: str) -> str:
        aliases = next((field.aliases for field in contract.fields if field.path == path), ())
        return f"coalesce({', '.join(_text(name) for name in (path, *aliases))})"

    conditions = [
        f"(reason = '{unknown_reason(reference.source)}' and "
        f"{dialect.text(reference.field, at=dialect.whole(text))} in (select value from known_{reference.source}))"
        for reference in contract.references
        if reference.unknown == "quarantine"
    ]
    return " or ".join(conditions)
