with

subscribers as (

    select * from {{ ref('stg_lake__newsletter_subscribers') }}

),

subscriptions as (

    select
        {{ jakarta_month('subscribed_at') }} as month,
        subscriber_pseudonym,
        coalesce(unsubscribed_at >= subscribed_at, false) as has_left
    from subscribers

),

final as (

    select
        month,

        {{ month_ends_at('month') }} <= {{ as_of() }} as is_month_over,

        count(distinct subscriber_pseudonym) as joined,
        count(distinct case when has_left then subscriber_pseudonym end) as left_since
    from subscriptions
    group by month

)

select * from final
