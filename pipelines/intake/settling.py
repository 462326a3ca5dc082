"""The second half of a batch: which of the accepted rows stay. Here: duplicates and older states.

Works on the tables `accepted` and `origins` of one connection and takes rows out of `accepted`. Which of two rows arrived
before the other stands in `precedence`. Not here: where the rest is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.contracts.models import InboundContract
from pipelines.engine import quoted
from pipelines.intake import precedence
from pipelines.lake import read_columns


@dataclass(frozen=True)
class Settled:
    """How many rows were taken out of `accepted`, and why; `displaced` stored rows give way to one that came before."""

    duplicates: int = 0
    duplicates_with_other_content: int = 0
    superseded: int = 0
    displaced: int = 0


def settle_events(
    connection: duckdb.DuckDBPyConnection, contract: InboundContract, *, stored_keys: Sequence[Path]
) -> Settled:
    """Leave one row per event id: what arrived first stays; within a batch the earliest (received, then own time).

    A copy that bears a refusal comes before all others: what its browser refused, another teller cannot grant.
    Rows without an id are events of their own. Leaves the table `displaced`: stored rows that arrived after a replayed one.
    """
    precedence.nothing_displaced(connection)
    if not contract.key:
        return Settled()
    content = _content(contract)
    connection.execute(f"""
        create or replace table losers as
        with repeated as (select event_key from accepted where event_key is not null group by event_key having count(*) > 1),
        candidates as (
            select a.rowid as row_id, {content} as content, origin_batch, origin_file, a.*
            from accepted as a join origins using (file_no)
            where event_key in (select event_key from repeated)),
        ranked as (
            select row_id, content, row_number() over earliest as nth, first_value(content) over earliest as kept
            from candidates
            window earliest as (
                partition by event_key
                order by origin_batch, not is_refused_, received_ nulls last, own_at, content, origin_file, place))
        select row_id, content <> kept as is_other from ranked where nth > 1""")
    if stored_keys:
        precedence.compare_with_stored(connection, content=content, stored_keys=stored_keys)
    duplicates, others = _one(connection, "select count(*), count(*) filter (is_other) from losers")
    (displaced,) = _one(connection, "select count(*) from displaced")
    _delete_losers(connection, rows=duplicates)
    return Settled(duplicates, others, displaced=displaced)


def settle_states(
    connection: duckdb.DuckDBPyConnection,
    contract: InboundContract,
    *,
    stored: Path | None,
    arrivals: Path | None = None,
) -> Settled:
    """Leave one row per key: the newest version; without versions, the last to arrive. A stored newer one stays.

    A row that repeats another is a duplicate, whether or not both were overtaken. `arrivals` is the file that says when
    what is stored arrived, where that decides; the table `arrivals` is left for the next.
    """
    key = ", ".join(contract.key_columns)
    content, version = _content(contract), _version(contract)
    # Of two rows of one instant the same one stays, in whatever order they arrive; of one status the last to arrive.
    has_instants = bool(contract.version_instants)
    order = f"{version} desc, {'content, ' if has_instants else ''}origin_batch desc, origin_file desc, place desc"
    connection.execute(f"""
        create or replace table losers as
        select row_id, again > 1 as is_same from (
            select row_id,
                row_number() over (partition by {key} order by {order}) as nth,
                row_number() over (partition by {key}, content order by {order}) as again
            from (
                select a.rowid as row_id, {content} as content, origin_batch, origin_file, a.*
                from accepted as a join origins using (file_no))) where nth > 1""")
    precedence.know_arrivals(connection, arrivals)
    key_hash = f"hash({key})"
    if stored is not None:
        older = "a.version < s.version or (a.version = s.version and "
        older += "a.content >= s.content)" if has_instants else "a.arrived < s.arrived)"
        rows = read_columns(stored, contract.lake_columns)
        connection.execute(f"""
            create or replace table overtaken as
            select a.row_id, a.content = s.content as is_same, a.arrived > s.arrived as is_later
            from (
                select a.rowid as row_id, {content} as content, {version} as version, {precedence.ARRIVED} as arrived, a.*
                from accepted as a join origins using (file_no)) as a
            join (
                select {content} as content, {version} as version, {precedence.STORED_ARRIVED} as arrived, s.*
                from ({rows}) as s left join arrived on arrived.key_hash = {key_hash}) as s
                on {same_key(contract, "a", "s")}
            where ({older} or a.content = s.content) and a.row_id not in (select row_id from losers)""")
    else:
        connection.execute("create or replace table overtaken (row_id bigint, is_same boolean, is_later boolean)")
    precedence.note_arrivals(connection, key_hash=key_hash)
    connection.execute("insert into losers select row_id, is_same from overtaken")
    same, older_rows = _one(connection, "select count(*) filter (is_same), count(*) filter (not is_same) from losers")
    _delete_losers(connection, rows=same + older_rows)
    return Settled(duplicates=same, superseded=older_rows)


def same_key(contract: InboundContract, one: str, other: str) -> str:
    """SQL: whether two rows are states of one thing; a part of the key that neither bears is the same."""
    return " and ".join(f"{one}.{name} is not distinct from {other}.{name}" for name in contract.key_columns)


def content_sql(contract: InboundContract) -> str:
    """SQL: a hash of what is stored of a row, to tell a repetition from a contradiction."""
    return _content(contract)


def _content(contract: InboundContract) -> str:
    columns = ", ".join(c.name for c in contract.lake_columns if c.name != "policy_version")
    return f"hash({columns})"


def _version(contract: InboundContract) -> str:
    """SQL over the lake's columns: which version of a state a row is; the greater is the newer, and never NULL."""
    fields = [contract.field(path) for path in contract.version_fields]
    if not fields:
        return "0"
    if not contract.version_instants:
        listed = ", ".join(f"'{quoted(value)}'" for value in fields[0].allowed)
        return f"coalesce(list_position([{listed}], {fields[0].stored_as[0]}), 0)"
    instants = [f"coalesce({field.stored_as[0]}, timestamp '1800-01-01')" for field in fields]
    return f"row(greatest({', '.join(instants)}), {', '.join(reversed(instants))})"


def _delete_losers(connection: duckdb.DuckDBPyConnection, *, rows: int) -> None:
    if rows:
        connection.execute("delete from accepted where rowid in (select row_id from losers)")


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    row = connection.execute(query).fetchone()
    return tuple(int(value or 0) for value in row or ())
