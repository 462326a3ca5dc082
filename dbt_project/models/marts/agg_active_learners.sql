with

active_days as (

    select * from {{ ref('int_learning_events_daily') }}

),

active_periods as (

    select
        'day' as period,
        active_date as period_starts_on,
        active_date + 1 as next_period_starts_on,
        learner_pseudonym
    from active_days

    union all

    select
        'week' as period,
        {{ first_of_week('active_date') }} as period_starts_on,
        {{ first_of_week('active_date') }} + 7 as next_period_starts_on,
        learner_pseudonym
    from active_days

    union all

    select
        'month' as period,
        {{ first_of_month('active_date') }} as period_starts_on,
        {{ first_of_next_month('active_date') }} as next_period_starts_on,
        learner_pseudonym
    from active_days

),

final as (

    select
        period,
        period_starts_on,

        {{ day_starts_at('next_period_starts_on') }} <= {{ as_of() }} as is_period_over,

        count(distinct learner_pseudonym) as active_learners
    from active_periods
    group by period, period_starts_on, next_period_starts_on

)

select * from final
