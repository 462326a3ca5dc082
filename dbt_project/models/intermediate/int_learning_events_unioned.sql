{{ config(materialized='view') }}

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
        occurred_at
    from statements
    where voids_key is null

),

final as (

    select told.*
    from told
    left join voided on told.event_key = voided.event_key
    where voided.event_key is null

)

select * from final
