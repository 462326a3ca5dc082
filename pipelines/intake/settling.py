"""The second half of a batch: which of the accepted rows stay. Here: duplicates, older states, expired course data.

Works on the tables `accepted` and `origins` of one connection and takes rows out of `accepted`. Which of two rows arrived
before the other stands in `precedence`. Not here: where the rest is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.contracts.models import InboundContract
from pipelines.engine import quoted
from pipelines.intake import precedence
from pipelines.intake.reasons import interval
from pipelines.lake import read_columns


@dataclass(frozen=True)
class Settled:
    """How many rows were taken out of `accepted`, and why; `displaced` stored rows give way to one that came before."""

    duplicates: int = 0
    duplicates_with_other_content: int = 0
    superseded: int = 0
    expired: int = 0
    displaced: int = 0


def settle_events(
    connection: duckdb.DuckDBPyConnection, contract: InboundContract, *, stored_keys: Sequence[Path], as_of: datetime
) -> Settled:
    """Leave one row per event id: what arrived first stays; within a batch the earliest (received, then own time).

    A copy that bears a refusal comes before all others: what its browser refused, another teller cannot grant.
    Rows without an id are events of their own. Leaves the table `displaced`: stored rows that arrived after a replayed one.
    """
    expired = _take_out_expired(connection, contract, as_of=as_of)
    precedence.nothing_displaced(connection)
    if not contract.key:
        return Settled(expired=expired)
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
    return Settled(duplicates, others, expired=expired, displaced=displaced)


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
    key = ", ".join(key_columns(contract))
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


def key_columns(contract: InboundContract) -> tuple[str, ...]:
    """Return the lake columns that identify a row."""
    return tuple(contract.field(path).stored_as[0] for path in contract.key)


def same_key(contract: InboundContract, one: str, other: str) -> str:
    """SQL: whether two rows are states of one thing; a part of the key that neither bears is the same."""
    return " and ".join(f"{one}.{name} is not distinct from {other}.{name}" for name in key_columns(contract))


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


def _take_out_expired(connection: duckdb.DuckDBPyConnection, contract: InboundContract, *, as_of: datetime) -> int:
    """Take out course data whose time is over: a year after completion, per enrolment; never completed, the longer clock."""
    retention = contract.retention
    if retention.anchor != "completion" or not retention.period:
        return 0
    now = f"timestamp '{as_of:%Y-%m-%d %H:%M:%S}'"
    otherwise = interval(retention.otherwise_period or "P1000Y")
    # Nothing is over before its own first instant and the shorter of the clocks; of a night's arrivals nothing is.
    is_old = f"min(own_at) + {interval(retention.period)} < {now} or min(own_at) + {otherwise} < {now}"
    if not any(_one(connection, f"select coalesce(({is_old})::integer, 0) from accepted")):
        return 0
    names = {column.name for column in contract.lake_columns}
    # Statements name no cohort, and can take each other back.
    cohort = "" if "cohort" in names else "null::varchar as cohort,"
    voided = f"select {'voids_key' if 'voids_key' in names else 'null::bigint'} as key from accepted"
    # A row without a cohort belongs to the learner's only cohort of the course; each enrolment begins a spell of its own,
    # so that whoever comes back later is not judged by the earlier completion.
    connection.execute(f"""
        create or replace table losers as
        with placed as (
            select rowid as row_id, learner_pseudonym, course_id, event_type, own_at, event_key,
                coalesce(cohort, case when min(cohort) over course = max(cohort) over course then min(cohort) over course end, '')
                    as run,
                event_type = 'course_completed'
                    and event_key not in (select key from ({voided}) where key is not null) as is_completion,
                max(own_at) over (partition by learner_pseudonym) as last_at
            from (select {cohort} rowid, * from accepted) window course as (partition by learner_pseudonym, course_id)),
        spells as (
            select *, count(*) filter (event_type = 'enrolled') over (
                partition by learner_pseudonym, course_id, run order by own_at, event_key) as spell
            from placed),
        judged as (
            select row_id, last_at, min(own_at) filter (is_completion) over (
                partition by learner_pseudonym, course_id, run, spell) as completed_at
            from spells)
        select row_id from judged
        where completed_at + {interval(retention.period)} < {now}
            or (completed_at is null and last_at + {otherwise} < {now})""")
    (expired,) = _one(connection, "select count(*) from losers")
    _delete_losers(connection, rows=expired)
    return expired


def _delete_losers(connection: duckdb.DuckDBPyConnection, *, rows: int) -> None:
    if rows:
        connection.execute("delete from accepted where rowid in (select row_id from losers)")


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    row = connection.execute(query).fetchone()
    return tuple(int(value or 0) for value in row or ())
