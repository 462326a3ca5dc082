select
    buyer_pseudonym as learner_pseudonym,
    course_id,
    payment_state,
    ordered_at as ordered_date,
    paid_at as paid_date
from lake.order_payments
where buyer_pseudonym is not null
