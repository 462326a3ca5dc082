with

ad_insights as (

    select * from {{ ref('stg_lake__ad_insights') }}
    where utm_campaign <> ''

),

touches as (

    select * from {{ ref('int_campaign_touches') }}

),

learners as (

    select * from {{ ref('dim_learners') }}

),

payments as (

    select * from {{ ref('stg_lake__learner_payments') }}

),

learning_events as (

    select * from {{ ref('int_learning_events_valid') }}

),

enrolments as (

    select * from {{ ref('fct_enrolments') }}

),

-- As decimals, so that the sum does not depend on the order of its rows.
spent as (

    select
        utm_campaign,
        cast(coalesce(sum(impressions), 0) as bigint) as impressions,
        cast(coalesce(sum(clicks), 0) as bigint) as clicks,
        cast(
            round(
                coalesce(sum(case when currency = 'IDR' then cast(spend as decimal(24, 6)) end), 0)
            ) as bigint
        ) as spend_idr,
        count(*)
        - count(case when currency = 'IDR' then spend end) as ad_days_without_spend
    from ad_insights
    group by utm_campaign

),

registered as (

    select distinct touches.learner_pseudonym
    from touches
    inner join learners on touches.learner_pseudonym = learners.learner_pseudonym
    where learners.has_account and {{ jakarta_date('learners.registered_at') }} >= touches.touched_date

),

paid as (

    select distinct touches.learner_pseudonym
    from touches
    inner join payments on touches.learner_pseudonym = payments.learner_pseudonym
    where
        payments.payment_state in ('paid', 'partially_refunded')
        and payments.paid_date >= touches.touched_date

),

started as (

    select distinct touches.learner_pseudonym
    from touches
    inner join learning_events
        on touches.learner_pseudonym = learning_events.learner_pseudonym
    where
        learning_events.event_type in (
            'started', 'module_completed', 'assessment_submitted', 'course_completed'
        )
        and learning_events.occurred_at >= touches.touched_at

),

completed as (

    select distinct touches.learner_pseudonym
    from touches
    inner join enrolments on touches.learner_pseudonym = enrolments.learner_pseudonym
    where enrolments.is_completed and enrolments.completed_at >= touches.touched_at

),

reached as (

    select
        touches.utm_campaign,
        count(*) as reached_learners,
        count(registered.learner_pseudonym) as registered,
        count(paid.learner_pseudonym) as paid,
        count(started.learner_pseudonym) as started,
        count(completed.learner_pseudonym) as completed
    from touches
    left join registered on touches.learner_pseudonym = registered.learner_pseudonym
    left join paid on touches.learner_pseudonym = paid.learner_pseudonym
    left join started on touches.learner_pseudonym = started.learner_pseudonym
    left join completed on touches.learner_pseudonym = completed.learner_pseudonym
    group by touches.utm_campaign

),

final as (

    select
        spent.utm_campaign,

        spent.impressions,
        spent.clicks,
        spent.spend_idr,
        spent.ad_days_without_spend,

        coalesce(reached.reached_learners, 0) as reached_learners,
        coalesce(reached.registered, 0) as registered,
        coalesce(reached.paid, 0) as paid,
        coalesce(reached.started, 0) as started,
        coalesce(reached.completed, 0) as completed
    from spent
    left join reached on spent.utm_campaign = reached.utm_campaign

)

select * from final
