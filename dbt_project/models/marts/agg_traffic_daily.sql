{{ config(materialized='partitioned', sort_by=['page_path'], days_after=1) }}

with

page_views as (

    select
        *,
        coalesce(visitor_pseudonym, learner_pseudonym) as browser_pseudonym
    from {{ ref('fct_page_views') }}
    where dt between {{ first_day() }} and {{ last_day() }}

),

sessions as (

    select
        *,
        coalesce(visitor_pseudonym, learner_pseudonym) as browser_pseudonym
    from {{ ref('fct_sessions') }}
    where dt between {{ first_day() }} - 1 and {{ last_day() }}

),

-- A browser is one learner on a day on which its page views name exactly one.
learners_of_the_day as (

    select
        dt,
        browser_pseudonym,
        min(learner_pseudonym) as learner_pseudonym
    from page_views
    group by dt, browser_pseudonym
    having count(distinct learner_pseudonym) = 1

),

page_views_with_session as (

    select
        page_views.dt,
        page_views.page_path,
        page_views.engaged_seconds,
        page_views.visitor_pseudonym,
        coalesce(
            page_views.learner_pseudonym, learners_of_the_day.learner_pseudonym
        ) as learner_pseudonym,
        sessions.session_key
    from page_views
    left join learners_of_the_day
        on
            page_views.dt = learners_of_the_day.dt
            and page_views.browser_pseudonym = learners_of_the_day.browser_pseudonym
    left join sessions
        on
            page_views.browser_pseudonym = sessions.browser_pseudonym
            and page_views.viewed_at between sessions.started_at and sessions.ended_at
            and page_views.dt between sessions.dt and sessions.dt + 1

),

final as (

    select
        dt,
        page_path,

        count(*) as page_views,
        count(distinct coalesce(learner_pseudonym, visitor_pseudonym)) as visitors,
        count(distinct learner_pseudonym) as learners,
        count(distinct session_key) as sessions,
        count(
            distinct case when engaged_seconds is not null then learner_pseudonym end
        ) as engaged_learners,
        median(cast(engaged_seconds as double)) as median_engaged_seconds
    from page_views_with_session
    group by dt, page_path

)

select * from final
