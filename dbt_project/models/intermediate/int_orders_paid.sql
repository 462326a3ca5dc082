with

payments as (

    select
        *,
        status_code = '200'
        and fraud_status = 'accept'
        and transaction_status in ('settlement', 'capture') as is_success,
        status_code = '200'
        and transaction_status in ('refund', 'chargeback') as is_refund,
        status_code = '200'
        and transaction_status in ('partial_refund', 'partial_chargeback') as is_partial_refund
    from {{ ref('stg_lake__payments') }}

),

-- What was ever told of a transaction, as a set: the order in which it came cannot matter.
transactions as (

    select
        order_key,
        transaction_key,
        max(case when is_success then 1 else 0 end) as is_success,
        max(case when is_success and transaction_status = 'settlement' then 1 else 0 end) as is_settled,
        max(case when is_refund then 1 else 0 end) as is_refunded,
        max(case when is_partial_refund then 1 else 0 end) as is_partially_refunded,
        max(case when transaction_status = 'cancel' then 1 else 0 end) as is_cancelled,
        max(
            case when transaction_status in ('cancel', 'deny', 'expire', 'failure') then 1 else 0 end
        ) as is_failed,
        max(gross_amount_idr) as gross_amount_idr,
        max(refunded_amount_idr) as refunded_amount_idr,
        min(
            case when is_success or is_refund or is_partial_refund then occurred_at end
        ) as paid_at,
        max(refunded_at) as refunded_at
    from payments
    group by order_key, transaction_key

),

-- A success is undone by a refund alone; but a card that was only authorised (capture) pays nothing once it is cancelled.
settled_transactions as (

    select
        *,
        case
            when is_refunded = 1 then 3
            when is_partially_refunded = 1 and refunded_amount_idr >= gross_amount_idr then 3
            when is_partially_refunded = 1 then 2
            when is_settled = 1 then 1
            when is_success = 1 and is_cancelled = 0 then 1
            when is_failed = 1 then 5
            else 4
        end as place
    from transactions

),

-- An order is paid when one of the attempts to pay it is.
orders as (

    select
        order_key,
        count(*) as transactions,
        min(place) as place
    from settled_transactions
    group by order_key

),

final as (

    select
        orders.order_key,

        case orders.place
            when 1 then 'paid'
            when 2 then 'partially_refunded'
            when 3 then 'refunded'
            when 4 then 'pending'
            else 'failed'
        end as payment_state,
        orders.place <= 2 as is_paid,

        orders.transactions,
        max(case when orders.place <= 3 then chosen.gross_amount_idr end) as paid_amount_idr,
        max(case when orders.place in (2, 3) then chosen.refunded_amount_idr end) as refunded_amount_idr,

        min(case when orders.place <= 3 then chosen.paid_at end) as paid_at,
        max(case when orders.place in (2, 3) then chosen.refunded_at end) as refunded_at
    from orders
    inner join settled_transactions as chosen
        on orders.order_key = chosen.order_key and orders.place = chosen.place
    group by orders.order_key, orders.place, orders.transactions

)

select * from final
