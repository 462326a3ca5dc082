with

source as (

    select * from {{ source('lake', 'learner_attributes') }}

),

final as (

    select
        learner_pseudonym,
        region,
        age_band,
        is_consented,
        updated_at
    from source

)

select * from final
