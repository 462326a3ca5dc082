{{
    config(
        materialized='partitioned',
        sort_by=['visitor_pseudonym', 'learner_pseudonym', 'started_at', 'session_key'],
    )
}}

with

calls as (

    select * from {{ ref('stg_lake__web_events') }}
    where
        dt between {{ first_day() }} - 1 and {{ last_day() }} + 1
        and browser_pseudonym is not null

),

first_calls as (

    select * from {{ ref('stg_lake__web_events') }}
    where dt between {{ first_day() }} and {{ last_day() }}

),

calls_with_previous as (

    select
        dt,
        event_key,
        visitor_pseudonym,
        learner_pseudonym,
        browser_pseudonym,
        occurred_at,
        case when call_type = 'page' then coalesce(page_view_key, event_key) end as page_view_key,
        lag(occurred_at) over (
            partition by browser_pseudonym order by occurred_at
        ) as previous_at
    from calls

),

-- The latest start at or before a call is the start of its session; of two calls at one instant both see it.
calls_with_start as (

    select
        *,
        max(
            case
                when previous_at is null or occurred_at > previous_at + interval '30' minute
                    then occurred_at
            end
        ) over (
            partition by browser_pseudonym order by occurred_at
            range between unbounded preceding and current row
        ) as started_at
    from calls_with_previous

),

-- A session of the day on which it starts, with its calls up to the end of the following day.
sessions as (

    select
        max(visitor_pseudonym) as visitor_pseudonym,
        case
            when min(learner_pseudonym) = max(learner_pseudonym) then min(learner_pseudonym)
        end as learner_pseudonym,
        min(case when occurred_at = started_at then event_key end) as session_key,
        min(dt) as dt,
        count(*) as calls,
        count(distinct page_view_key) as page_views,
        started_at,
        max(occurred_at) as ended_at
    from calls_with_start
    where
        cast(started_at + interval '7' hour as date) between {{ first_day() }} and {{ last_day() }}
        and dt <= cast(started_at + interval '7' hour as date) + 1
    group by browser_pseudonym, started_at

),

final as (

    select
        sessions.session_key,
        sessions.visitor_pseudonym,
        sessions.learner_pseudonym,

        sessions.dt,
        first_calls.referrer_host,
        first_calls.utm_source,
        first_calls.utm_medium,
        first_calls.utm_campaign,
        first_calls.device_family,

        sessions.calls,
        sessions.page_views,

        sessions.started_at,
        sessions.ended_at
    from sessions
    inner join first_calls on sessions.session_key = first_calls.event_key

)

select * from final
