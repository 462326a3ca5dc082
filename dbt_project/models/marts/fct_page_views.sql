{{
    config(
        materialized='partitioned',
        sort_by=['visitor_pseudonym', 'learner_pseudonym', 'viewed_at', 'page_view_event_key'],
    )
}}

with

page_calls as (

    select
        *,
        lag(dt) over (
            partition by coalesce(page_view_key, event_key) order by occurred_at, event_key
        ) as previous_dt
    from {{ ref('stg_lake__web_events') }}
    where
        dt between {{ first_day() }} - 1 and {{ last_day() }} + 1
        and call_type = 'page'

),

-- The page calls and heartbeats that bear a page view id, and the heartbeats that bear none.
keyed_calls as (

    select
        dt,
        event_key,
        page_view_key,
        occurred_at,
        call_type = 'track' as is_heartbeat
    from {{ ref('stg_lake__web_events') }}
    where
        dt between {{ first_day() }} - 1 and {{ last_day() }} + 1
        and page_view_key is not null
        and (call_type = 'page' or (call_type = 'track' and event_name = 'page_ping'))

),

unkeyed_heartbeats as (

    select
        browser_pseudonym,
        event_key,
        occurred_at
    from {{ ref('stg_lake__web_events') }}
    where
        dt between {{ first_day() }} and {{ last_day() }} + 1
        and page_view_key is null
        and call_type = 'track'
        and event_name = 'page_ping'
        and browser_pseudonym is not null

),

-- The earliest call of a key; one that a call of the same or the previous day precedes is a repetition.
page_views as (

    select * from page_calls
    where page_view_key is null or previous_dt is null or previous_dt < dt - 1

),

-- A heartbeat without an id goes to its browser's latest page view, where that began within 30 minutes.
candidates as (

    select
        browser_pseudonym,
        occurred_at,
        event_key,
        true as is_heartbeat
    from unkeyed_heartbeats

    union all

    select
        browser_pseudonym,
        occurred_at,
        event_key,
        false as is_heartbeat
    from page_views
    where
        page_views.browser_pseudonym in (
            select unkeyed_heartbeats.browser_pseudonym from unkeyed_heartbeats
        )

),

turns as (

    select
        *,
        sum(case when is_heartbeat then 0 else 1 end) over (
            partition by browser_pseudonym
            order by occurred_at, is_heartbeat, event_key
            rows between unbounded preceding and current row
        ) as turn
    from candidates

),

heartbeats_by_browser as (

    select
        heartbeat_turns.event_key,
        heartbeat_turns.occurred_at,
        page_turns.event_key as page_view_event_key
    from turns as heartbeat_turns
    inner join turns as page_turns
        on
            heartbeat_turns.browser_pseudonym = page_turns.browser_pseudonym
            and heartbeat_turns.turn = page_turns.turn
    where
        heartbeat_turns.is_heartbeat
        and not page_turns.is_heartbeat
        and heartbeat_turns.occurred_at <= page_turns.occurred_at + interval '30' minute

),

-- What happened in a page view: its call, the repetitions of it, its heartbeats; from the day before to the day after.
page_view_events as (

    select
        page_views.event_key as page_view_event_key,
        keyed_calls.occurred_at,
        keyed_calls.is_heartbeat,
        keyed_calls.event_key = page_views.event_key as is_page_view
    from page_views
    inner join keyed_calls
        on
            page_views.page_view_key = keyed_calls.page_view_key
            and keyed_calls.dt between page_views.dt - 1 and page_views.dt + 1
    where page_views.dt between {{ first_day() }} and {{ last_day() }}

    union all

    select
        event_key as page_view_event_key,
        occurred_at,
        false as is_heartbeat,
        true as is_page_view
    from page_views
    where
        page_view_key is null
        and browser_pseudonym in (
            select unkeyed_heartbeats.browser_pseudonym from unkeyed_heartbeats
        )

    union all

    select
        page_view_event_key,
        occurred_at,
        true as is_heartbeat,
        false as is_page_view
    from heartbeats_by_browser

),

page_view_spans as (

    select
        page_view_event_key,
        max(occurred_at) > min(occurred_at) + interval '30' minute as is_long,
        count(case when is_heartbeat then 1 end) as heartbeats,
        count(
            distinct case when is_heartbeat then floor({{ epoch_seconds('occurred_at') }} / 10) end
        ) as buckets
    from page_view_events
    group by page_view_event_key

),

-- Only a page view of more than 30 minutes can have a pause of 30 minutes, beyond which heartbeats are stray.
long_events as (

    select
        page_view_events.*,
        lag(page_view_events.occurred_at) over (
            partition by page_view_events.page_view_event_key
            order by page_view_events.occurred_at, page_view_events.is_heartbeat
        ) as previous_at
    from page_view_events
    inner join page_view_spans
        on page_view_events.page_view_event_key = page_view_spans.page_view_event_key
    where page_view_spans.is_long

),

long_events_with_stretch as (

    select
        *,
        sum(case when occurred_at > previous_at + interval '30' minute then 1 else 0 end) over (
            partition by page_view_event_key order by occurred_at, is_heartbeat
            rows between unbounded preceding and current row
        ) as stretch
    from long_events

),

-- Heartbeats count in the stretch of the page call itself.
stretches as (

    select
        page_view_event_key,
        count(case when is_heartbeat then 1 end) as heartbeats,
        count(
            distinct case when is_heartbeat then floor({{ epoch_seconds('occurred_at') }} / 10) end
        ) as buckets
    from long_events_with_stretch
    group by page_view_event_key, stretch
    having max(case when is_page_view then 1 else 0 end) = 1

),

engagements as (

    select
        page_view_event_key,
        heartbeats,
        10 * (buckets - 1) + 5 as engaged_seconds
    from page_view_spans
    where not is_long and heartbeats > 0

    union all

    select
        page_view_event_key,
        heartbeats,
        10 * (buckets - 1) + 5 as engaged_seconds
    from stretches
    where heartbeats > 0

),

final as (

    select
        page_views.event_key as page_view_event_key,
        page_views.visitor_pseudonym,
        page_views.learner_pseudonym,

        page_views.dt,
        page_views.page_path,
        page_views.referrer_host,
        page_views.utm_source,
        page_views.utm_medium,
        page_views.utm_campaign,
        page_views.browser_family,
        page_views.os_family,
        page_views.device_family,
        page_views.is_consented,

        coalesce(engagements.heartbeats, 0) as heartbeats,
        engagements.engaged_seconds,

        page_views.occurred_at as viewed_at
    from page_views
    left join engagements on page_views.event_key = engagements.page_view_event_key
    where page_views.dt between {{ first_day() }} and {{ last_day() }}

)

select * from final
