"""What arrives too old to be kept: days that were dropped, enrolments and people whose time is over.

Works on the tables `accepted` and `origins` of one connection and takes rows out of `accepted`. A batch is judged by its own
rows; what is over by all that is known goes with the next drops (retention), as does what is over already and stands in the
lake beside it. Not here: the calendar (contracts), what an enrolment is (`enrolments`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from pipelines.contracts import periods
from pipelines.contracts.models import InboundContract
from pipelines.intake import enrolments, treatments
from pipelines.intake.treatments import JAKARTA_OFFSET_HOURS
from pipelines.lake import days_of, horizons, partition_file, read_expression
from pipelines.settings import Home

ENDED = ".ended"
"""The folder of what is remembered of enrolments that were dropped: keyed hashes and spans, by the month of their end."""


def first_kept(contract: InboundContract, closed: horizons.Horizons, *, today: date) -> date | None:
    """Return the first day of which events of a source are still kept; None where no day is too old by itself."""
    retention = contract.retention
    if contract.kind != "event" or retention.anchor != "event" or not retention.period:
        return None
    by_window = periods.first_kept(today, retention.period)
    dropped = closed.of(contract.name, horizons.EVENT)
    # A clock that was set back, or a window that was made longer, brings no dropped day again.
    return max(by_window, dropped + periods.ONE_DAY) if dropped else by_window


def ended_files(home: Home) -> tuple[Path, ...]:
    """Return the files that remember dropped enrolments, the oldest first."""
    return tuple(sorted((home.lake / ENDED).glob("*.parquet")))


def enrolment_digest(learner: str, course: str) -> str:
    """SQL: the keyed hash under which a learner's enrolments in a course are remembered once they are gone."""
    return treatments.keyed(f"{learner} || chr(31) || {course}", key="getvariable('event_key')", family="enrolment")


def take_out_expired(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    contract: InboundContract,
    *,
    family: Sequence[InboundContract],
    today: date,
) -> int:
    """Take out course data whose time is over, and return how many rows that were.

    A year after an enrolment ended it is over, and of one that never ended five years after its learner's last event; so is
    whatever belongs to an enrolment that was dropped, between its rows or beside them. Rows of a course of which the
    learner's others are stored, by any source of the `family`, stay: with those, they are judged tonight.
    """
    retention = contract.retention
    if retention.anchor != "completion" or not retention.period:
        return 0
    connection.execute("create or replace table losers (row_id bigint)")
    ended = ended_files(home)
    _find_dropped(connection, ended)
    # Nothing is over before its own first instant and the shorter of the clocks; of a night's arrivals nothing is.
    is_old = f"min(dt) + {periods.interval(retention.period)} < date '{today}'"
    if any(_one(connection, f"select coalesce(({is_old})::integer, 0) from accepted")):
        stored = [partition_file(home, each.name, day) for each in family for day in days_of(home, each.name)]
        _find_over(connection, contract, today=today, stored=stored)
        _find_beside_dropped(connection, ended, period=retention.period, today=today, stored=stored)
    (expired,) = _one(connection, "select count(distinct row_id) from losers")
    if expired:
        connection.execute("delete from accepted where rowid in (select row_id from losers)")
    return expired


def _find_over(
    connection: duckdb.DuckDBPyConnection, contract: InboundContract, *, today: date, stored: Sequence[Path]
) -> None:
    retention = contract.retention
    period = periods.interval(retention.period or "P1000Y")
    names = {column.name for column in contract.lake_columns}
    rows = f"select rowid as row_id, {enrolments.columns_of(names, own_at='own_at')} from accepted"
    otherwise = periods.interval(retention.otherwise_period or "P1000Y")
    connection.execute(f"""
        create or replace table over as
        with placed as ({enrolments.with_end(rows)}),
        clocks as (
            select *, max(own_at + interval {JAKARTA_OFFSET_HOURS} hours) over (partition by learner_pseudonym)::date as last_on
            from placed)
        select row_id, learner_pseudonym, course_id from clocks
        where ended_on + {period} < date '{today}'
            or (ended_on is null and last_on + {otherwise} < date '{today}')""")
    connection.execute(f"insert into losers select row_id from over where {_is_alone(stored)}")


def _is_alone(stored: Sequence[Path]) -> str:
    """SQL over `over`: whether nothing else of the learner and the course is stored."""
    there = " union all ".join(
        f"select learner_pseudonym, course_id from {read_expression(file)} "
        "where learner_pseudonym in (select learner_pseudonym from over)"
        for file in stored
    )
    return f"(learner_pseudonym, course_id) not in ({there})" if there else "true"


def _find_dropped(connection: duckdb.DuckDBPyConnection, ended: Sequence[Path]) -> None:
    if not ended:
        return
    connection.execute(f"""
        insert into losers
        select a.rowid from accepted as a join {read_expression(ended)} as e
            on e.enrolment = {enrolment_digest("a.learner_pseudonym", "a.course_id")}
            and a.own_at between e.first_at and e.last_at""")


def _find_beside_dropped(
    connection: duckdb.DuckDBPyConnection, ended: Sequence[Path], *, period: str, today: date, stored: Sequence[Path]
) -> None:
    """Find old rows before or after those of a dropped enrolment that they belong to: no enrolling lies between them."""
    if not ended:
        return
    connection.execute(f"""
        create or replace table over as
        with spans as (
            select a.rowid as row_id, a.learner_pseudonym, a.course_id, a.own_at, a.event_type, a.dt, e.last_at
            from accepted as a join {read_expression(ended)} as e
                on e.enrolment = {enrolment_digest("a.learner_pseudonym", "a.course_id")}),
        opened as (select distinct learner_pseudonym, course_id, own_at from spans where event_type = 'enrolled')
        select distinct row_id, learner_pseudonym, course_id from spans as s
        where dt + {periods.interval(period)} < date '{today}' and not exists (
            select 1 from opened as o
            where o.learner_pseudonym = s.learner_pseudonym and o.course_id = s.course_id and o.own_at <= s.own_at
                and not exists (
                    select 1 from spans as e
                    where e.row_id = s.row_id and e.last_at >= o.own_at and e.last_at < s.own_at))""")
    connection.execute(f"insert into losers select row_id from over where {_is_alone(stored)}")


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    row = connection.execute(query).fetchone()
    return tuple(int(value or 0) for value in row or ())
