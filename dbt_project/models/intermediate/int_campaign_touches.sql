with

touches_by_day as (

    select * from {{ ref('fct_campaign_touches_daily') }}

),

visitors as (

    select * from {{ ref('dim_visitors') }}

),

touches_of_learners as (

    select
        touches_by_day.event_key,
        touches_by_day.utm_campaign,
        touches_by_day.touched_at,
        coalesce(
            touches_by_day.learner_pseudonym, visitors.learner_pseudonym
        ) as learner_pseudonym
    from touches_by_day
    left join visitors on touches_by_day.visitor_pseudonym = visitors.visitor_pseudonym

),

touches_in_order as (

    select
        *,
        row_number() over (
            partition by learner_pseudonym order by touched_at, event_key
        ) as place
    from touches_of_learners
    where learner_pseudonym is not null

),

final as (

    select
        learner_pseudonym,
        utm_campaign,
        {{ jakarta_date('touched_at') }} as touched_date,
        touched_at
    from touches_in_order
    where place = 1

)

select * from final
