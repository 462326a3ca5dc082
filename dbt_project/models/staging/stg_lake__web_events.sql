with

source as (

    select * from {{ source('lake', 'web_events') }}

),

final as (

    select
        dt,
        event_key,
        visitor_pseudonym,
        learner_pseudonym,
        coalesce(visitor_pseudonym, learner_pseudonym) as browser_pseudonym,
        page_view_key,
        event_type as call_type,
        event_name,
        occurred_at,
        page_path,
        referrer_host,
        utm_source,
        utm_medium,
        utm_campaign,
        browser_family,
        os_family,
        device_family,
        is_consented
    from source
    -- Crawlers, programs, our own staff and declared tests are in the lake, flagged, and in no mart.
    where bot_reason is null

)

select * from final
