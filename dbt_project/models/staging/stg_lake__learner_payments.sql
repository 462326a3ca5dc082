with

source as (

    select * from {{ source('lake', 'learner_payments') }}

),

final as (

    select
        learner_pseudonym,
        course_id,
        payment_state,
        ordered_date,
        paid_date
    from source

)

select * from final
