"""Whom a segment means, before anybody is asked whether they consented: SQL over the lake, subjects in place of pseudonyms.

Three domains know of one person under three names; only the vault can bring them together, and what is brought together here
lives in this connection alone. Consent, exclusions and contacts do not belong here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import duckdb
import polars as pl

from pipelines.contracts import Contracts
from pipelines.contracts.segments import (
    Completed,
    CoursePageVisitors,
    EnrolledInactive,
    Segment,
    UnfinishedRegistration,
)
from pipelines.identity.vault import Vault
from pipelines.settings import Home
from pipelines.warehouse import lake_views

READS = {
    "unfinished_registration": ("meta_pixel", "order_payments", "course_progress", "course_progress_xapi"),
    "enrolled_inactive": ("course_progress", "course_progress_xapi"),
    "completed": ("course_progress", "course_progress_xapi"),
    "course_page_visitors": ("meta_pixel",),
}
"""What each kind of segment reads to find its people; each must be declared for the segment's purpose."""
EXCLUDING = ("order_payments",)

DOMAINS = ("analytics", "payments", "ads", "support")
"""Each has a table `people_<domain>` (subject, pseudonym) once `prepare` has run."""

_BEGINNINGS = "('Lead', 'InitiateCheckout')"
_PAGES = "('PageView', 'ViewContent')"
_DONE = "('enrolled', 'started', 'module_completed', 'assessment_submitted')"


def prepare(
    connection: duckdb.DuckDBPyConnection, home: Home, vault: Vault, contracts: Contracts, *, at: datetime
) -> None:
    """Make the tables of what is known by `at`: `learnt` (events), `ordered`, `seen_by_pixel`, each by subject and course."""
    lake_views.create(connection, home=home, contracts=contracts)
    for domain in DOMAINS:
        _name_subjects(connection, vault.named_in(domain), table=f"people_{domain}")
    sole = vault.sole_users()
    connection.register("sole_users", sole.to_arrow())
    until = f"timestamp '{_naive(at)}'"
    connection.execute(f"""
        create or replace temp table learnt as
        with events as (
            select event_key, null::bigint as voids_key, learner_pseudonym, course_id, event_type, occurred_at
            from lake.course_progress
            union all
            select event_key, voids_key, learner_pseudonym, course_id, event_type, occurred_at
            from lake.course_progress_xapi)
        select subject, course_id, event_type, occurred_at
        from events join people_analytics on learner_pseudonym = pseudonym
        where occurred_at <= {until} and course_id is not null and event_type <> 'voided'
            and event_key not in (select voids_key from events where voids_key is not null)""")
    connection.execute(f"""
        create or replace temp table ordered as
        select subject, course_id, payment_state, ordered_at, paid_at
        from lake.order_payments join people_payments on buyer_pseudonym = pseudonym
        where course_id is not null and ordered_at <= {until}""")
    # What a browser was seen doing that was only ever one user's, that user did.
    connection.execute(f"""
        create or replace temp table seen_by_pixel as
        select coalesce(sole_users.user, subject) as subject, course_id, event_name, occurred_at
        from lake.meta_pixel
        join people_ads on person_pseudonym = pseudonym
        left join sole_users on sole_users.browser = subject
        where occurred_at <= {until}""")
    connection.unregister("sole_users")


def find(connection: duckdb.DuckDBPyConnection, segment: Segment, *, at: datetime) -> None:
    """Make the table `candidates` (subject, course_id; NULL where the segment is about no one course) of a segment."""
    who = segment.who
    if isinstance(who, UnfinishedRegistration):
        query = _unfinished(who, at=at)
    elif isinstance(who, EnrolledInactive):
        query = _inactive(who, at=at)
    elif isinstance(who, Completed):
        query = _completed(who)
    else:
        query = _visitors(who, at=at)
    connection.execute(f"create or replace temp table candidates as select distinct * from ({query})")


def _unfinished(who: UnfinishedRegistration, *, at: datetime) -> str:
    since = f"and occurred_at >= timestamp '{_naive(at - timedelta(days=who.within_days))}'" if who.within_days else ""
    return f"""
        with begun as (
            select subject, course_id, occurred_at from seen_by_pixel where event_name in {_BEGINNINGS}
            union all select subject, course_id, ordered_at from ordered
            union all select subject, course_id, occurred_at from learnt where event_type in ('enrolled', 'started')),
        finished as (
            select subject, course_id from ordered where payment_state in ('paid', 'partially_refunded', 'refunded')
            union select subject, course_id from learnt where event_type = 'course_completed')
        select distinct subject, course_id from begun
        where {_of(who.courses)} {since} and (
            course_id is not null and (subject, course_id) not in (select subject, course_id from finished)
            or course_id is null and subject not in (select subject from finished))"""


def _inactive(who: EnrolledInactive, *, at: datetime) -> str:
    before = f"timestamp '{_naive(at - timedelta(days=who.days))}'"
    return f"""
        select subject, course_id from learnt where {_of(who.courses)}
        group by subject, course_id
        having bool_or(event_type in {_DONE}) and not bool_or(event_type = 'course_completed')
            and coalesce(arg_max(event_type, (occurred_at, event_type)) filter (
                event_type in ('enrolled', 'unenrolled', 'refunded')), 'enrolled') = 'enrolled'
            and max(occurred_at) < {before}"""


def _completed(who: Completed) -> str:
    others = "true" if who.but_not_begun == "any" else _of(who.but_not_begun, column="other.course_id")
    return f"""
        select distinct subject, null::varchar as course_id from learnt as done
        where event_type = 'course_completed' and {_of(who.courses)} and not exists (
            select 1 from learnt as other
            where other.subject = done.subject and other.course_id <> done.course_id and {others})"""


def _visitors(who: CoursePageVisitors, *, at: datetime) -> str:
    since = f"timestamp '{_naive(at - timedelta(days=who.within_days))}'"
    return f"""
        select distinct subject, course_id from seen_by_pixel
        where event_name in {_PAGES} and course_id is not null and occurred_at >= {since} and {_of(who.courses)}"""


def _of(courses: tuple[str, ...], *, column: str = "course_id") -> str:
    """Course ids come from the contracts, whose pattern lets no quote through."""
    return f"{column} in ({', '.join(repr(each) for each in courses)})" if courses else "true"


def _name_subjects(connection: duckdb.DuckDBPyConnection, parts: Iterator[pl.DataFrame], *, table: str) -> None:
    connection.execute(f"create or replace temp table {table} (subject bigint, pseudonym varchar)")
    for part in parts:
        connection.register("part", part.select("subject", "pseudonym").to_arrow())
        connection.execute(f"insert into {table} select * from part")
        connection.unregister("part")


def _naive(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
