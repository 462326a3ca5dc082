{{
    config(
        materialized='partitioned',
        partition_by='month',
        sort_by=['visitor_pseudonym', 'learner_pseudonym'],
    )
}}

with

sessions as (

    select
        *,
        {{ month_of('dt') }} as month
    from {{ ref('fct_sessions') }}
    where dt between {{ first_day() }} and {{ last_day() }}

),

sessions_in_order as (

    select
        *,
        row_number() over (
            partition by month, visitor_pseudonym, learner_pseudonym order by started_at, session_key
        ) as place
    from sessions

),

final as (

    select
        session_key,
        visitor_pseudonym,
        learner_pseudonym,

        month,
        channel,

        started_at
    from sessions_in_order
    where place = 1

)

select * from final
