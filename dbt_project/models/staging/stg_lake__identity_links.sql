with

source as (

    select * from {{ source('lake', 'identity_links') }}

),

final as (

    select
        visitor_pseudonym,
        learner_pseudonym,
        linked_at
    from source

)

select * from final
