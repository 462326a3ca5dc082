with

enrolments as (

    select * from {{ ref('fct_enrolments') }}

),

courses as (

    select * from {{ ref('dim_courses') }}

),

cohorts as (

    select
        course_id,
        cohort,
        max(cohort_window_closes_at) as window_closes_at,
        count(distinct learner_pseudonym) as enrolled,
        count(distinct case when is_completed then learner_pseudonym end) as completed,
        {{ quantile('case when is_completed then days_to_complete end', 0.25) }} as lower_quartile_days_to_complete,
        median(case when is_completed then days_to_complete end) as median_days_to_complete,
        {{ quantile('case when is_completed then days_to_complete end', 0.75) }} as upper_quartile_days_to_complete
    from enrolments
    group by course_id, cohort

),

final as (

    select
        cohorts.course_id,
        courses.course_title,
        cohorts.cohort,

        cohorts.window_closes_at,
        cohorts.window_closes_at <= {{ as_of() }} as is_window_closed,

        cohorts.enrolled,
        cohorts.completed,
        cohorts.completed / cast(cohorts.enrolled as double) as completion_rate,
        cast(cohorts.lower_quartile_days_to_complete as double) as lower_quartile_days_to_complete,
        cast(cohorts.median_days_to_complete as double) as median_days_to_complete,
        cast(cohorts.upper_quartile_days_to_complete as double) as upper_quartile_days_to_complete
    from cohorts
    left join courses on cohorts.course_id = courses.course_id

)

select * from final
