with

course_progress as (

    select * from {{ ref('stg_lake__course_progress') }}

),

statements as (

    select * from {{ ref('stg_lake__course_progress_xapi') }}

),

voided as (

    select distinct voids_key as event_key
    from statements
    where voids_key is not null

),

told as (

    select
        event_key,
        learner_pseudonym,
        course_id,
        cohort,
        enrolment_key,
        module_id,
        event_type,
        score,
        max_score,
        occurred_at
    from course_progress

    union all

    -- Statements name neither cohort nor enrolment; both are assigned as to any other event that names none.
    select
        event_key,
        learner_pseudonym,
        course_id,
        null as cohort,
        null as enrolment_key,
        module_id,
        event_type,
        score,
        max_score,
        occurred_at
    from statements
    where voids_key is null

),

final as (

    select
        told.event_key,
        told.learner_pseudonym,
        told.course_id,
        told.cohort,
        told.enrolment_key,
        told.module_id,
        told.event_type,
        case
            when told.event_type = 'assessment_submitted' and told.max_score > 0
                then 100 * told.score / told.max_score
        end as result_percent,
        told.occurred_at
    from told
    left join voided on told.event_key = voided.event_key
    where voided.event_key is null

)

select * from final
