with

cohorts as (

    select * from {{ ref('agg_completion_rates') }}

),

enrolments as (

    select
        *,
        min(enrolled_at) over (
            partition by learner_pseudonym, course_id
        ) as first_enrolled_at
    from {{ ref('fct_enrolments') }}

),

-- A learner has one enrolment in a cohort, so that an earlier one is in another cohort.
returns as (

    select
        course_id,
        cohort,
        count(
            distinct case when first_enrolled_at < enrolled_at then learner_pseudonym end
        ) as returning_learners,
        count(
            distinct case
                when first_enrolled_at < enrolled_at and is_completed then learner_pseudonym
            end
        ) as completed_again
    from enrolments
    group by course_id, cohort

),

final as (

    select
        cohorts.course_id,
        cohorts.course_title,
        cohorts.cohort,

        cohorts.is_window_closed,

        cohorts.enrolled as enrolled_learners,
        cohorts.enrolled - returns.returning_learners as first_time_learners,
        returns.returning_learners,
        returns.completed_again
    from cohorts
    inner join returns
        on cohorts.course_id = returns.course_id and cohorts.cohort = returns.cohort

)

select * from final
