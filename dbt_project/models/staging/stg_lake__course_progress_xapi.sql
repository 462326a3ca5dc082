with

source as (

    select * from {{ source('lake', 'course_progress_xapi') }}

),

final as (

    select
        dt,
        event_key,
        learner_pseudonym,
        course_id,
        module_id,
        event_type,
        voids_key,
        score,
        max_score,
        occurred_at
    from source

)

select * from final
