with

learning_events as (

    select * from {{ ref('int_learning_events_assigned') }}

),

cohorts as (

    select * from {{ ref('stg_lake__cohorts') }}

),

enrolments as (

    select
        learner_pseudonym,
        course_id,
        cohort,
        -- A completion without an enrolment before it implies the enrolment at that instant.
        min(
            case when event_type in ('enrolled', 'course_completed') then occurred_at end
        ) as enrolled_at,
        min(case when event_type = 'course_completed' then occurred_at end) as completed_at,
        max(case when event_type = 'enrolled' then occurred_at end) as last_enrolled_at,
        max(case when event_type = 'unenrolled' then occurred_at end) as withdrawn_at,
        max(case when event_type = 'refunded' then occurred_at end) as refunded_at
    from learning_events
    group by learner_pseudonym, course_id, cohort
    having max(case when event_type in ('enrolled', 'course_completed') then 1 else 0 end) = 1

),

windows as (

    select
        enrolments.*,
        coalesce(cohorts.ends_at, enrolments.enrolled_at)
        + coalesce(cohorts.observation_days, 90) * interval '1' day as window_closes_at,
        -- Without an end of its own a cohort closes with the Jakarta month of its enrolments: the window of
        -- the last learner alone would publish that learner's instant.
        coalesce(
            cohorts.ends_at,
            date_trunc('month', enrolments.enrolled_at + interval '7' hour)
            + interval '1' month - interval '7' hour
        )
        + coalesce(cohorts.observation_days, 90) * interval '1' day as cohort_window_closes_at
    from enrolments
    left join cohorts
        on enrolments.course_id = cohorts.course_id and enrolments.cohort = cohorts.cohort

),

final as (

    select
        learner_pseudonym,
        course_id,
        cohort,

        coalesce(completed_at <= window_closes_at, false) as is_completed,
        coalesce(withdrawn_at >= coalesce(last_enrolled_at, withdrawn_at), false) as is_withdrawn,
        coalesce(refunded_at >= coalesce(last_enrolled_at, refunded_at), false) as is_refunded,

        ({{ epoch_seconds('completed_at') }} - {{ epoch_seconds('enrolled_at') }})
        / 86400.0 as days_to_complete,

        enrolled_at,
        completed_at,
        window_closes_at,
        cohort_window_closes_at
    from windows

)

select * from final
