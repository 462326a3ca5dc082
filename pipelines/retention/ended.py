"""Enrolments that ended so long ago that their time is over: found among all that is known, and remembered once they are gone.

Looked at are the learners of whom something that can end an enrolment happened on a day that has come due, and all of a day
that has changed since it was looked at: a row that came late can end what stood open by parting it in two. What a later day
tells of an earlier one (a voiding statement) is found once a month, when everybody is looked at. What an enrolment is, and
when it ended, is said in `intake.enrolments`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from pipelines.contracts.models import InboundContract
from pipelines.intake import ageing, enrolments
from pipelines.lake import Manifest, days_of, horizons, read_expression
from pipelines.lake.rewriting import Rewriting, files_of
from pipelines.retention import whereabouts
from pipelines.settings import Home

GONE = "stored.event_key in (select event_key from gone_enrolments)"
"""SQL over `stored`: whether a row is of an enrolment whose time is over."""


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `gone_enrolments`, empty: each row of an enrolment that is over, with its file and the day on which it ended."""
    connection.execute("""
        create or replace table gone_enrolments (
            file varchar, event_key bigint, learner_pseudonym varchar, course_id varchar, own_at timestamp,
            enrolment varchar, ended_on date)""")


def find(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    manifest: Manifest,
    family: Sequence[InboundContract],
    *,
    through: date,
    is_sweep: bool,
) -> None:
    """Add to `gone_enrolments` what ended by `through`; `begin` makes it: one look may be at several families of sources.

    In a sweep every day is looked at again.
    """
    connection.execute("create or replace table ending (learner_pseudonym varchar)")
    turned_on: set[date] | None = set()
    for contract in family:
        seen = None if is_sweep else manifest.horizons().of(contract.name, horizons.COMPLETION)
        there = days_of(home, contract.name, through=through)
        unaged = set(manifest.staleness().unaged(contract.name))
        changed = [day for day in there if seen and day <= seen and day in unaged]
        _note_ending(connection, files_of(home, contract, changed), "true")
        due = [day for day in there if not seen or day > seen]
        files = files_of(home, contract, due)
        _note_ending(connection, files, f"event_type in {enrolments.TURNS}")
        is_known = not changed and whereabouts.knows(home, manifest, contract, files)
        turned_on = turned_on | set(due) if turned_on is not None and is_known else None
    connection.execute("""
        create or replace table learning (
            file varchar, row_id bigint, learner_pseudonym varchar, course_id varchar, event_type varchar, own_at timestamp,
            event_key bigint, enrolment_key bigint, voids_key bigint)""")
    row = connection.execute("select count(*) from ending").fetchone()
    for contract in family if row and row[0] else ():
        names = {column.name for column in contract.lake_columns}
        own_at = contract.field(contract.event_time or "").stored_as[0]
        columns = enrolments.columns_of(names, own_at=own_at)
        ending = "select learner_pseudonym from ending"
        for files in whereabouts.files_with(connection, home, manifest, contract, learners=ending, turned_on=turned_on):
            connection.execute(f"""
                insert into learning select filename, event_key, {columns} from {read_expression(files, filename=True)}
                where learner_pseudonym in ({ending})""")
    connection.execute(f"""
        insert into gone_enrolments by name
        with ends as ({enrolments.with_end("select * exclude (file) from learning")})
        select file, row_id as event_key, ends.* exclude (row_id)
        from ends join (select file, row_id from learning) using (row_id) where ended_on <= date '{through}'""")


def _note_ending(connection: duckdb.DuckDBPyConnection, files: Sequence[Path], test: str) -> None:
    if files:
        rows = read_expression(files)
        connection.execute(f"insert into ending select distinct learner_pseudonym from {rows} where {test}")


def files_with(connection: duckdb.DuckDBPyConnection, contract: InboundContract, home: Home) -> dict[Path, int]:
    """Return the files of a dataset that hold rows of what is over, with how many."""
    folder = f"{home.lake / contract.name}/"
    query = "select file, count(*) from gone_enrolments where starts_with(file, ?) group by file order by file"
    return {Path(file): rows for file, rows in connection.execute(query, [folder]).fetchall()}


def count(connection: duckdb.DuckDBPyConnection) -> int:
    """Return how many enrolments are over."""
    query = "select count(*) from (select distinct learner_pseudonym, course_id, enrolment from gone_enrolments)"
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def remember(rewriting: Rewriting, connection: duckdb.DuckDBPyConnection, home: Home, *, work_id: str) -> None:
    """Stage what is remembered of them, by the month of their end: a keyed hash of learner and course, and the span of time."""
    months = connection.execute(
        "select distinct strftime(ended_on, '%Y-%m') from gone_enrolments order by 1"
    ).fetchall()
    for (month,) in months:
        query = f"""
            select {ageing.enrolment_digest("learner_pseudonym", "course_id")} as enrolment,
                min(own_at) as first_at, max(own_at) as last_at
            from gone_enrolments where strftime(ended_on, '%Y-%m') = '{month}'
            group by learner_pseudonym, course_id, gone_enrolments.enrolment order by all"""
        rewriting.set_aside(query, home.lake / ageing.ENDED / f"{month}-{work_id}.parquet")
