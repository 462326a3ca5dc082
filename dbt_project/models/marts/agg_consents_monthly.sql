with

consents as (

    select * from {{ ref('int_consents_monthly') }}

),

final as (

    select
        month,
        purpose,

        {{ as_of() }} >= {{ month_ends_at('month') }} as is_month_over,

        speakers,
        granting
    from consents

)

select * from final
