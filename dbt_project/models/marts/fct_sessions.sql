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

described as (

    select
        sessions.*,
        first_calls.referrer_host,
        first_calls.utm_source,
        first_calls.utm_medium,
        first_calls.utm_campaign,
        first_calls.device_family
    from sessions
    inner join first_calls on sessions.session_key = first_calls.event_key

),

-- Lower case, and none where it is empty; our own site refers nobody.
told as (

    select
        *,
        nullif(lower(utm_source), '') as named_source,
        nullif(lower(utm_medium), '') as medium,
        lower(utm_campaign) as campaign,
        case
            when not {{ is_own_site('lower(referrer_host)') }} then nullif(lower(referrer_host), '')
        end as foreign_host
    from described

),

origins as (

    select
        *,
        coalesce(named_source, foreign_host) as source,
        '.' || coalesce(named_source, foreign_host) || '.' as dotted_source,
        medium like '%cp%' or medium in ('ppc', 'retargeting') or medium like 'paid%' as is_paid
    from told

),

sites as (

    select
        *,
        {{ is_site('dotted_source', 'search') }} as is_search,
        {{ is_site('dotted_source', 'social') }} as is_social,
        {{ is_site('dotted_source', 'video') }} as is_video
    from origins

),

-- Google's default channel groups (support.google.com/analytics/answer/9756891), as far as these fields tell; the first holds.
channels as (

    select
        *,
        case
            when source is null and medium is null then 'Direct'
            when campaign like '%cross-network%' then 'Cross-network'
            when is_paid and is_search then 'Paid Search'
            when is_paid and is_social then 'Paid Social'
            when is_paid and is_video then 'Paid Video'
            when medium in ('display', 'banner', 'expandable', 'interstitial', 'cpm')
                then 'Display'
            when is_paid then 'Paid Other'
            when
                is_social
                or medium in (
                    'social', 'social-network', 'social-media', 'sm', 'social network', 'social media'
                )
                then 'Organic Social'
            when is_video or medium like '%video%' then 'Organic Video'
            when is_search or medium = 'organic' then 'Organic Search'
            when
                source in ('email', 'e-mail', 'e_mail', 'e mail')
                or medium in ('email', 'e-mail', 'e_mail', 'e mail')
                then 'Email'
            when medium = 'affiliate' then 'Affiliates'
            when medium = 'audio' then 'Audio'
            when source = 'sms' or medium = 'sms' then 'SMS'
            when
                source = 'firebase'
                or medium like '%push'
                or medium like '%mobile%'
                or medium like '%notification%'
                then 'Push'
            when foreign_host is not null or medium in ('referral', 'app', 'link') then 'Referral'
            else 'Unassigned'
        end as channel
    from sites

),

final as (

    select
        session_key,
        visitor_pseudonym,
        learner_pseudonym,

        dt,
        channel,
        referrer_host,
        utm_source,
        utm_medium,
        utm_campaign,
        device_family,

        calls,
        page_views,

        started_at,
        ended_at
    from channels

)

select * from final
