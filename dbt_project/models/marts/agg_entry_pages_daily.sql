{{ config(materialized='partitioned', sort_by=['page_path']) }}

with

sessions as (

    select * from {{ ref('int_sessions_resolved') }}

),

-- A session of a day can have its first page view on the next.
page_views as (

    select
        *,
        coalesce(visitor_pseudonym, learner_pseudonym) as browser_pseudonym
    from {{ ref('fct_page_views') }}
    where dt between {{ first_day() }} and {{ last_day() }} + 1

),

sessions_with_page_view as (

    select
        sessions.dt,
        sessions.person_pseudonym,
        sessions.learner_pseudonym,
        sessions.page_views,
        page_views.page_path,
        row_number() over (
            partition by sessions.session_key
            order by page_views.viewed_at, page_views.page_view_event_key
        ) as place
    from sessions
    inner join page_views
        on
            sessions.browser_pseudonym = page_views.browser_pseudonym
            and page_views.viewed_at between sessions.started_at and sessions.ended_at
            and page_views.dt between sessions.dt and sessions.dt + 1

),

final as (

    select
        dt,
        page_path,

        count(*) as entries,
        count(case when page_views = 1 then 1 end) as bounces,
        count(distinct person_pseudonym) as entry_visitors,
        count(distinct learner_pseudonym) as entry_learners
    from sessions_with_page_view
    where place = 1
    group by dt, page_path

)

select * from final
