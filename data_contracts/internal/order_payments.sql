with

orders as (

    select * from lake.orders

),

-- The signature is over order, code and amount without anything between them: what was paid for one order can be passed off
-- as another's under another amount. Whatever is told of another sum than the order's is told of no order.
told_of_orders as (

    select payments.*
    from lake.payments as payments
    left join orders on payments.order_key = orders.order_key
    where coalesce(payments.gross_amount_idr = orders.amount_idr - coalesce(orders.discount_idr, 0), true)

),

payments as (

    select
        *,
        status_code = '200'
        and coalesce(fraud_status, 'accept') = 'accept'
        and transaction_status in ('settlement', 'capture') as is_success,
        status_code = '200'
        and transaction_status in ('refund', 'chargeback') as is_refund,
        status_code = '200'
        and transaction_status in ('partial_refund', 'partial_chargeback') as is_partial_refund
    from told_of_orders

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
told_orders as (

    select
        order_key,
        count(*) as transactions,
        min(place) as place
    from settled_transactions
    group by order_key

),

order_states as (

    select
        told_orders.order_key,
        told_orders.place,
        told_orders.transactions,
        max(case when told_orders.place <= 3 then chosen.gross_amount_idr end) as paid_amount_idr,
        max(
            case when told_orders.place in (2, 3) then chosen.refunded_amount_idr end
        ) as refunded_amount_idr,
        min(case when told_orders.place <= 3 then chosen.paid_at end) as paid_at,
        max(case when told_orders.place in (2, 3) then chosen.refunded_at end) as refunded_at
    from told_orders
    inner join settled_transactions as chosen
        on told_orders.order_key = chosen.order_key and told_orders.place = chosen.place
    group by told_orders.order_key, told_orders.place, told_orders.transactions

),

-- That money came is believed of the payment service alone; that none came, of the shop where the service says nothing final.
final as (

    select
        coalesce(orders.order_key, order_states.order_key) as order_key,
        orders.buyer_pseudonym,
        orders.course_id,

        case
            when order_states.place = 1 then 'paid'
            when order_states.place = 2 then 'partially_refunded'
            when order_states.place = 3 then 'refunded'
            when order_states.place = 5 then 'failed'
            when orders.status in ('denied', 'expired', 'cancelled') then 'failed'
            else 'pending'
        end as payment_state,
        coalesce(order_states.place, 4) <= 2 as is_paid,

        coalesce(order_states.transactions, 0) as transactions,
        order_states.paid_amount_idr,
        order_states.refunded_amount_idr,

        orders.created_at as ordered_at,
        order_states.paid_at,
        order_states.refunded_at
    from orders
    full outer join order_states on orders.order_key = order_states.order_key

)

select * from final
