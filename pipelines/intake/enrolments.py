"""Which enrolment each learning event belongs to, and on which day the enrolment ended. SQL over given rows; pure.

An enrolment is the one its events name; events that name none belong to the one around them, as in the models. It ends with
its first completion since it was last opened, or, where there is none, with a refund or withdrawal that nothing follows:
either ends the purpose, and enrolling again opens it again. A completion that was taken back is none, and what takes an event
back goes where that event goes. How long anything is kept after that does not belong here.
"""

from __future__ import annotations

from collections.abc import Collection

from pipelines.intake.treatments import JAKARTA_OFFSET_HOURS

COLUMNS = ("learner_pseudonym", "course_id", "event_type", "own_at", "event_key", "enrolment_key", "voids_key")
"""What has to be known of a row, besides the `row_id` by which it is told again."""

TURNS = "('enrolled', 'course_completed', 'unenrolled', 'refunded')"
"""Kinds of events that can end an enrolment, their own or, by beginning one, that before it; as SQL lists them."""

_STATES = "('enrolled', 'unenrolled', 'refunded')"


def columns_of(names: Collection[str], *, own_at: str) -> str:
    """SQL: the columns as a source has them; a format that names no enrolment, or takes nothing back, has them empty."""
    known = {"own_at": f"{own_at} as own_at"}
    absent = {"enrolment_key": "null::bigint as enrolment_key", "voids_key": "null::bigint as voids_key"}
    return ", ".join(known.get(each) or (each if each in names else absent[each]) for each in COLUMNS)


def with_end(rows: str) -> str:
    """SQL: `row_id`, `learner_pseudonym`, `course_id`, `own_at`, `enrolment` and `ended_on` (a day, NULL while it is open)."""
    return f"""
        with taken_back as (
            select event_key as voids_key, any_value(course_id) as voided_course from ({rows})
            where course_id is not null group by event_key),
        told as (
            select * exclude (course_id, voided_course), coalesce(course_id, voided_course) as course_id,
                case when voids_key is null
                    and event_key not in (select voids_key from ({rows}) where voids_key is not null)
                    then event_type end as kind
            from ({rows}) left join taken_back using (voids_key)),
        stated as (
            select *, last_value(case when kind in {_STATES} then kind end ignore nulls) over (
                partition by learner_pseudonym, course_id order by own_at, event_key
                rows between unbounded preceding and 1 preceding) as before
            from told),
        spells as (
            select *, greatest(1, count(*) filter (kind = 'enrolled' and coalesce(before, 'none') <> 'enrolled') over (
                partition by learner_pseudonym, course_id order by own_at, event_key
                rows between unbounded preceding and current row)) as spell
            from stated),
        named as (
            select *, coalesce(
                last_value(enrolment_key ignore nulls) over (in_order rows between unbounded preceding and current row),
                first_value(enrolment_key ignore nulls) over (in_order rows between current row and unbounded following)
                ) as named_key
            from spells
            window in_order as (partition by learner_pseudonym, course_id, spell order by own_at, event_key)),
        placed as (
            select *, coalesce('id ' || named_key, 'spell ' || spell) as enrolment from named),
        opened as (
            select *, max(own_at) filter (kind = 'enrolled') over (
                partition by learner_pseudonym, course_id, enrolment) as opened_at
            from placed),
        ends as (
            select learner_pseudonym, course_id, enrolment,
                coalesce(
                    min(own_at) filter (kind = 'course_completed' and own_at >= coalesce(opened_at, own_at)),
                    case when arg_max(kind, (own_at, event_key)) filter (kind is not null) in ('unenrolled', 'refunded')
                        then max(own_at) filter (kind is not null) end) as ended_at
            from opened group by learner_pseudonym, course_id, enrolment)
        select row_id, learner_pseudonym, course_id, own_at, enrolment,
            (ended_at + interval {JAKARTA_OFFSET_HOURS} hours)::date as ended_on
        from opened join ends using (learner_pseudonym, course_id, enrolment)"""
