{{
    config(
        materialized='partitioned',
        sort_by=['visitor_pseudonym', 'learner_pseudonym'],
    )
}}

with

calls as (

    select * from {{ ref('stg_lake__web_events') }}
    where
        dt between {{ first_day() }} and {{ last_day() }}
        and is_consented
        and utm_campaign <> ''

),

calls_in_order as (

    select
        *,
        row_number() over (
            partition by dt, visitor_pseudonym, learner_pseudonym order by occurred_at, event_key
        ) as place
    from calls

),

final as (

    select
        event_key,
        visitor_pseudonym,
        learner_pseudonym,

        dt,
        utm_campaign,

        occurred_at as touched_at
    from calls_in_order
    where place = 1

)

select * from final
