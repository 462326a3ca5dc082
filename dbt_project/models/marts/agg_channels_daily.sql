{{ config(materialized='partitioned', sort_by=['channel']) }}

with

sessions as (

    select * from {{ ref('int_sessions_resolved') }}

),

final as (

    select
        dt,
        channel,

        count(*) as sessions,
        cast(sum(page_views) as bigint) as page_views,
        count(distinct person_pseudonym) as channel_visitors,
        count(distinct learner_pseudonym) as channel_learners
    from sessions
    group by dt, channel

)

select * from final
