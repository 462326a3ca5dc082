with

source as (

    select * from {{ source('lake', 'course_progress') }}

),

final as (

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
        occurred_at
    from source

)

select * from final
