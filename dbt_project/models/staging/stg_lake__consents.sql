with

source as (

    select * from {{ source('lake', 'consents') }}

),

final as (

    select
        dt,
        event_key,
        user_key,
        browser_key,
        email_key,
        purpose,
        is_granted,
        occurred_at
    from source

)

select * from final
