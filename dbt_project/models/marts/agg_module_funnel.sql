with

cohorts as (

    select * from {{ ref('agg_completion_rates') }}

),

enrolments as (

    select * from {{ ref('fct_enrolments') }}

),

module_completions as (

    select * from {{ ref('fct_module_completions') }}

),

course_modules as (

    select * from {{ ref('stg_lake__course_modules') }}

),

-- Completions by enrolled learners within the observation window.
counted_completions as (

    select
        module_completions.course_id,
        module_completions.cohort,
        module_completions.module_id,
        count(distinct module_completions.learner_pseudonym) as completed_module
    from module_completions
    inner join enrolments
        on
            module_completions.learner_pseudonym = enrolments.learner_pseudonym
            and module_completions.course_id = enrolments.course_id
            and module_completions.cohort = enrolments.cohort
            and module_completions.completed_at <= enrolments.window_closes_at
    group by
        module_completions.course_id, module_completions.cohort, module_completions.module_id

),

-- Every listed module for every cohort: what clients name is not published, and a missing row is no zero.
final as (

    select
        cohorts.course_id,
        cohorts.course_title,
        cohorts.cohort,
        course_modules.module_id,
        course_modules.module_title,
        course_modules.position,
        course_modules.is_required,

        cohorts.is_window_closed,

        cohorts.enrolled,
        coalesce(counted_completions.completed_module, 0) as completed_module,
        coalesce(counted_completions.completed_module, 0)
        / cast(cohorts.enrolled as double) as module_completion_rate
    from cohorts
    inner join course_modules on cohorts.course_id = course_modules.course_id
    left join counted_completions
        on
            cohorts.course_id = counted_completions.course_id
            and cohorts.cohort = counted_completions.cohort
            and course_modules.module_id = counted_completions.module_id

)

select * from final
