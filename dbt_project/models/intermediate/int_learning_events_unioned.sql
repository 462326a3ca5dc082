{{
    config(
        materialized='partitioned',
        partition_by='month',
        made_of=['course_progress', 'course_progress_xapi'],
        sort_by=['learner_pseudonym', 'occurred_at', 'event_key'],
    )
}}

with

course_progress as (

    select * from {{ ref('stg_lake__course_progress') }}
    where dt between {{ first_day() }} and {{ last_day() }}

),

statements as (

    select * from {{ ref('stg_lake__course_progress_xapi') }}
    where dt between {{ first_day() }} and {{ last_day() }}

),

told as (

    select
        dt,
        event_key,
        learner_pseudonym,
        course_id,
        cohort,
        enrolment_key,
        module_id,
        event_type,
        score,
        max_score,
        null as voids_key,
        occurred_at
    from course_progress

    union all

    -- Statements name neither cohort nor enrolment; both are assigned as to any other event that names none.
    select
        dt,
        event_key,
        learner_pseudonym,
        course_id,
        null as cohort,
        null as enrolment_key,
        module_id,
        event_type,
        score,
        max_score,
        voids_key,
        occurred_at
    from statements

),

final as (

    select
        event_key,
        learner_pseudonym,
        course_id,
        cohort,
        cast(enrolment_key as bigint) as enrolment_key,
        module_id,
        cast(voids_key as bigint) as voids_key,

        {{ month_of('dt') }} as month,
        event_type,

        case
            when event_type = 'assessment_submitted' and max_score > 0
                then 100 * score / max_score
        end as result_percent,

        occurred_at
    from told

)

select * from final
