with

source as (

    select * from {{ source('lake', 'payments') }}

),

final as (

    select
        dt,
        event_key,
        order_key,
        transaction_key,
        transaction_status,
        status_code,
        coalesce(fraud_status, 'accept') as fraud_status,
        payment_type,
        gross_amount_idr,
        refunded_amount_idr,
        occurred_at,
        refunded_at
    from source

)

select * from final
