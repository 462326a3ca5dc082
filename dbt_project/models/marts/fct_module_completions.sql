with

learning_events as (

    select * from {{ ref('int_learning_events_assigned') }}

),

final as (

    select
        learner_pseudonym,
        course_id,
        cohort,
        module_id,

        min(occurred_at) as completed_at
    from learning_events
    where event_type = 'module_completed' and module_id is not null
    group by learner_pseudonym, course_id, cohort, module_id

)

select * from final
