with

source as (

    select * from {{ source('lake', 'accounts') }}

),

final as (

    select
        learner_pseudonym,
        city,
        country,
        registered_at,
        last_login_at,
        updated_at,
        is_deleted
    from source

)

select * from final
