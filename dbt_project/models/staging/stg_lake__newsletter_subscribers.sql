with

source as (

    select * from {{ source('lake', 'newsletter_subscribers') }}

),

final as (

    select
        subscriber_pseudonym,
        subscribed_in,
        subscribed_at,
        unsubscribed_at
    from source

)

select * from final
