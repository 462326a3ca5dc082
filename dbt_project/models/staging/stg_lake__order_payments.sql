with

source as (

    select * from {{ source('lake', 'order_payments') }}

),

final as (

    select
        order_key,
        buyer_pseudonym,
        course_id,
        payment_state,
        is_paid,
        transactions,
        paid_amount_idr,
        refunded_amount_idr,
        ordered_at,
        paid_at,
        refunded_at
    from source

)

select * from final
