{{ config(materialized='view') }}

with

sessions as (

    select
        *,
        coalesce(visitor_pseudonym, learner_pseudonym) as browser_pseudonym
    from {{ ref('fct_sessions') }}
    where dt between {{ first_day() }} and {{ last_day() }}

),

page_views as (

    select
        dt,
        learner_pseudonym,
        coalesce(visitor_pseudonym, learner_pseudonym) as browser_pseudonym
    from {{ ref('fct_page_views') }}
    where dt between {{ first_day() }} and {{ last_day() }}

),

-- A browser is one learner on a day on which its page views name exactly one (as in agg_traffic_daily).
learners_of_the_day as (

    select
        dt,
        browser_pseudonym,
        min(learner_pseudonym) as learner_pseudonym
    from page_views
    group by dt, browser_pseudonym
    having count(distinct learner_pseudonym) = 1

),

final as (

    select
        sessions.session_key,
        sessions.browser_pseudonym,
        coalesce(
            sessions.learner_pseudonym, learners_of_the_day.learner_pseudonym
        ) as learner_pseudonym,
        coalesce(
            sessions.learner_pseudonym,
            learners_of_the_day.learner_pseudonym,
            sessions.browser_pseudonym
        ) as person_pseudonym,

        sessions.dt,
        sessions.channel,

        sessions.page_views,

        sessions.started_at,
        sessions.ended_at
    from sessions
    left join learners_of_the_day
        on
            sessions.dt = learners_of_the_day.dt
            and sessions.browser_pseudonym = learners_of_the_day.browser_pseudonym

)

select * from final
