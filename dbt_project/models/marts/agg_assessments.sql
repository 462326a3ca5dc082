with

cohorts as (

    select * from {{ ref('agg_completion_rates') }}

),

enrolments as (

    select * from {{ ref('fct_enrolments') }}

),

learning_events as (

    select * from {{ ref('int_learning_events_assigned') }}

),

course_modules as (

    select * from {{ ref('stg_lake__course_modules') }}

),

-- Each enrolled learner with the submissions within the observation window.
assessed_learners as (

    select
        learning_events.learner_pseudonym,
        learning_events.course_id,
        learning_events.cohort,
        learning_events.module_id,
        count(*) as submissions,
        max(learning_events.result_percent) as best_result
    from learning_events
    inner join enrolments
        on
            learning_events.learner_pseudonym = enrolments.learner_pseudonym
            and learning_events.course_id = enrolments.course_id
            and learning_events.cohort = enrolments.cohort
            and learning_events.occurred_at <= enrolments.window_closes_at
    where learning_events.result_percent is not null
    group by
        learning_events.learner_pseudonym,
        learning_events.course_id,
        learning_events.cohort,
        learning_events.module_id

),

assessments as (

    select
        course_id,
        cohort,
        module_id,
        count(*) as assessed,
        count(case when best_result >= 60 then 1 end) as passed,
        sum(submissions) as submissions,
        {{ quantile('best_result', 0.25) }} as lower_quartile_best_result,
        median(best_result) as median_best_result,
        {{ quantile('best_result', 0.75) }} as upper_quartile_best_result
    from assessed_learners
    group by course_id, cohort, module_id

),

final as (

    select
        assessments.course_id,
        cohorts.course_title,
        assessments.cohort,
        assessments.module_id,
        course_modules.module_title,
        course_modules.position,

        cohorts.is_window_closed,

        assessments.assessed,
        assessments.passed,
        cast(assessments.submissions - assessments.assessed as bigint) as repeat_attempts,
        assessments.submissions / cast(assessments.assessed as double) as mean_attempts,
        cast(assessments.lower_quartile_best_result as double) as lower_quartile_best_result,
        cast(assessments.median_best_result as double) as median_best_result,
        cast(assessments.upper_quartile_best_result as double) as upper_quartile_best_result
    from assessments
    inner join cohorts
        on assessments.course_id = cohorts.course_id and assessments.cohort = cohorts.cohort
    inner join course_modules
        on
            assessments.course_id = course_modules.course_id
            and assessments.module_id = course_modules.module_id

)

select * from final
