with

order_payments as (

    select * from {{ ref('stg_lake__order_payments') }}

),

paid_orders as (

    select
        {{ jakarta_month('paid_at') }} as month,
        course_id,
        buyer_pseudonym,
        paid_amount_idr,
        refunded_amount_idr
    from order_payments
    where
        payment_state in ('paid', 'partially_refunded', 'refunded')
        and buyer_pseudonym is not null
        and course_id is not null
        and paid_at is not null

),

final as (

    select
        month,
        course_id,

        {{ month_ends_at('month') }} <= {{ as_of() }} as is_month_over,

        count(distinct buyer_pseudonym) as buyers,
        count(*) as paid_orders,
        cast(coalesce(sum(paid_amount_idr), 0) as bigint) as gross_idr,
        cast(coalesce(sum(refunded_amount_idr), 0) as bigint) as refunded_idr
    from paid_orders
    group by month, course_id

)

select * from final
