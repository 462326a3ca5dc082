with

enrolments as (

    select * from {{ ref('fct_enrolments') }}
    where cohort_window_closes_at <= {{ as_of() }}

),

courses as (

    select * from {{ ref('dim_courses') }}

),

sessions as (

    select * from {{ ref('int_first_sessions_monthly') }}

),

visitors as (

    select * from {{ ref('dim_visitors') }}

),

attributes as (

    select * from {{ ref('stg_lake__learner_attributes') }}
    where is_consented

),

learners_of_courses as (

    select
        course_id,
        learner_pseudonym,
        max(case when is_completed then 1 else 0 end) as has_completed
    from enrolments
    group by course_id, learner_pseudonym

),

sessions_of_learners as (

    select
        sessions.session_key,
        sessions.channel,
        sessions.started_at,
        coalesce(sessions.learner_pseudonym, visitors.learner_pseudonym) as learner_pseudonym
    from sessions
    left join visitors on sessions.visitor_pseudonym = visitors.visitor_pseudonym

),

first_starts as (

    select
        learner_pseudonym,
        min(started_at) as started_at
    from sessions_of_learners
    where learner_pseudonym is not null
    group by learner_pseudonym

),

-- Two sessions can start at one instant, on two browsers.
first_sessions as (

    select
        sessions_of_learners.learner_pseudonym,
        min_by(sessions_of_learners.channel, sessions_of_learners.session_key) as channel
    from sessions_of_learners
    inner join first_starts
        on
            sessions_of_learners.learner_pseudonym = first_starts.learner_pseudonym
            and sessions_of_learners.started_at = first_starts.started_at
    group by sessions_of_learners.learner_pseudonym

),

segments as (

    select
        learner_pseudonym,
        'region' as segment_kind,
        region as segment
    from attributes

    union all

    select
        learner_pseudonym,
        'age_band' as segment_kind,
        age_band as segment
    from attributes

    union all

    select
        learner_pseudonym,
        'channel' as segment_kind,
        channel as segment
    from first_sessions

),

counts as (

    select
        learners_of_courses.course_id,
        segments.segment_kind,
        segments.segment,
        count(*) as segment_learners,
        cast(sum(learners_of_courses.has_completed) as bigint) as completed
    from learners_of_courses
    inner join segments on learners_of_courses.learner_pseudonym = segments.learner_pseudonym
    where segments.segment <> ''
    group by learners_of_courses.course_id, segments.segment_kind, segments.segment

),

final as (

    select
        counts.course_id,
        courses.course_title,
        counts.segment_kind,
        counts.segment,

        counts.segment_learners,
        counts.completed
    from counts
    left join courses on counts.course_id = courses.course_id

)

select * from final
