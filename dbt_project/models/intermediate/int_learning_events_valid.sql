with

learning_events as (

    select * from {{ ref('int_learning_events_unioned') }}

),

voided as (

    select distinct voids_key as event_key
    from learning_events
    where voids_key is not null

),

final as (

    select
        learning_events.event_key,
        learning_events.learner_pseudonym,
        learning_events.course_id,
        learning_events.cohort,
        learning_events.enrolment_key,
        learning_events.module_id,
        learning_events.event_type,
        learning_events.result_percent,
        learning_events.occurred_at
    from learning_events
    left join voided on learning_events.event_key = voided.event_key
    where
        learning_events.voids_key is null
        and voided.event_key is null

)

select * from final
