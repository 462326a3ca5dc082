with

enrolments as (

    select * from {{ ref('fct_enrolments') }}

),

active_days as (

    select * from {{ ref('int_learning_events_daily') }}

),

week_numbers as (

    select numbers.week_number
    from (
        values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12)
    ) as numbers (week_number)

),

first_enrolments as (

    select
        learner_pseudonym,
        min(enrolled_at) as enrolled_at
    from enrolments
    group by learner_pseudonym

),

learners as (

    select
        learner_pseudonym,
        {{ first_of_week(jakarta_date('enrolled_at')) }} as enrolment_week
    from first_enrolments

),

enrolment_weeks as (

    select
        enrolment_week,
        count(*) as enrolled_in_week
    from learners
    group by enrolment_week

),

-- Every week that has begun: one in which nobody came back is a row, too.
followed_weeks as (

    select
        enrolment_weeks.enrolment_week,
        week_numbers.week_number,
        enrolment_weeks.enrolment_week + 7 * week_numbers.week_number as active_week,
        enrolment_weeks.enrolled_in_week
    from enrolment_weeks
    cross join week_numbers

),

active_weeks as (

    select
        learners.enrolment_week,
        {{ first_of_week('active_days.active_date') }} as active_week,
        count(distinct learners.learner_pseudonym) as retained_learners
    from learners
    inner join active_days on learners.learner_pseudonym = active_days.learner_pseudonym
    group by learners.enrolment_week, {{ first_of_week('active_days.active_date') }}

),

final as (

    select
        followed_weeks.enrolment_week,
        followed_weeks.week_number,

        {{ day_starts_at('followed_weeks.active_week + 7') }} <= {{ as_of() }} as is_week_over,

        followed_weeks.enrolled_in_week,
        coalesce(active_weeks.retained_learners, 0) as retained_learners
    from followed_weeks
    left join active_weeks
        on
            followed_weeks.enrolment_week = active_weeks.enrolment_week
            and followed_weeks.active_week = active_weeks.active_week
    where {{ day_starts_at('followed_weeks.active_week') }} <= {{ as_of() }}

)

select * from final
