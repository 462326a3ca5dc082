with

learning_events as (

    select * from {{ ref('int_learning_events_valid') }}

),

listed_cohorts as (

    select distinct
        course_id,
        cohort
    from {{ ref('stg_lake__cohorts') }}

),

courses_with_cohorts as (

    select distinct course_id from listed_cohorts

),

-- Clients name cohorts, and labels are published: only a listed name stands. A course without cohorts takes none.
events as (

    select
        learning_events.event_key,
        learning_events.learner_pseudonym,
        learning_events.course_id,
        case
            when listed_cohorts.cohort is not null then listed_cohorts.cohort
            when courses_with_cohorts.course_id is not null and learning_events.cohort is not null
                then '(unlisted)'
        end as cohort,
        learning_events.enrolment_key,
        learning_events.module_id,
        learning_events.event_type,
        learning_events.result_percent,
        learning_events.occurred_at
    from learning_events
    left join listed_cohorts
        on
            learning_events.course_id = listed_cohorts.course_id
            and learning_events.cohort = listed_cohorts.cohort
    left join courses_with_cohorts
        on learning_events.course_id = courses_with_cohorts.course_id

),

-- A spell of enrolment begins with the first `enrolled`, or with one after an `unenrolled` or `refunded`.
enrolment_states as (

    select
        event_key,
        event_type,
        lag(event_type) over (
            partition by learner_pseudonym, course_id order by occurred_at, event_key
        ) as previous_type
    from events
    where event_type in ('enrolled', 'unenrolled', 'refunded')

),

spell_starts as (

    select event_key
    from enrolment_states
    where event_type = 'enrolled' and coalesce(previous_type, 'none') <> 'enrolled'

),

events_with_spell as (

    select
        events.*,
        greatest(1, count(spell_starts.event_key) over (
            partition by events.learner_pseudonym, events.course_id
            order by events.occurred_at, events.event_key
            rows between unbounded preceding and current row
        )) as spell
    from events
    left join spell_starts on events.event_key = spell_starts.event_key

),

-- An event without an enrolment id takes the latest one of its spell, else the first that follows.
events_with_key_block as (

    select
        *,
        greatest(1, count(enrolment_key) over (
            partition by learner_pseudonym, course_id, spell
            order by occurred_at, event_key
            rows between unbounded preceding and current row
        )) as key_block
    from events_with_spell

),

events_with_enrolment as (

    select
        *,
        coalesce(
            enrolment_key,
            max(enrolment_key) over (partition by learner_pseudonym, course_id, spell, key_block)
        ) as assigned_enrolment_key
    from events_with_key_block

),

events_in_enrolments as (

    select
        *,
        case when assigned_enrolment_key is null then spell else 0 end as unkeyed_spell
    from events_with_enrolment

),

-- The same rule for the cohort within an enrolment; the enrolment's month where no event of it names a cohort.
events_with_cohort_block as (

    select
        *,
        greatest(1, count(cohort) over (
            partition by learner_pseudonym, course_id, assigned_enrolment_key, unkeyed_spell
            order by occurred_at, event_key
            rows between unbounded preceding and current row
        )) as cohort_block,
        coalesce(
            min(case when event_type = 'enrolled' then occurred_at end) over enrolment,
            min(case when event_type = 'course_completed' then occurred_at end) over enrolment,
            min(occurred_at) over enrolment
        ) as enrolment_began_at
    from events_in_enrolments
    window enrolment as (
        partition by learner_pseudonym, course_id, assigned_enrolment_key, unkeyed_spell
    )

),

final as (

    select
        event_key,
        learner_pseudonym,
        course_id,
        coalesce(
            cohort,
            max(cohort) over (
                partition by
                    learner_pseudonym, course_id, assigned_enrolment_key, unkeyed_spell, cohort_block
            ),
            {{ jakarta_month('enrolment_began_at') }}
        ) as cohort,
        module_id,
        event_type,
        result_percent,
        occurred_at
    from events_with_cohort_block

)

select * from final
