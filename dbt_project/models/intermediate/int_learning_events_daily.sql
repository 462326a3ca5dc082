with

learning_events as (

    select * from {{ ref('int_learning_events_assigned') }}

),

final as (

    select distinct
        learner_pseudonym,
        {{ jakarta_date('occurred_at') }} as active_date
    from learning_events

)

select * from final
