{{ config(materialized='partitioned', sort_by=['heartbeats']) }}

with

heartbeats as (

    select
        dt,
        count(*) as heartbeats
    from {{ ref('stg_lake__web_events') }}
    where
        dt between {{ first_day() }} and {{ last_day() }}
        and call_type = 'track'
        and event_name = 'page_ping'
    group by dt

),

page_views as (

    select
        dt,
        sum(heartbeats) as counted_heartbeats
    from {{ ref('fct_page_views') }}
    where dt between {{ first_day() }} and {{ last_day() }}
    group by dt

),

final as (

    select
        coalesce(heartbeats.dt, page_views.dt) as dt,
        coalesce(heartbeats.heartbeats, 0) as heartbeats,
        cast(coalesce(page_views.counted_heartbeats, 0) as bigint) as counted_heartbeats
    from heartbeats
    full outer join page_views on heartbeats.dt = page_views.dt

)

select * from final
