with

source as (

    select * from {{ source('lake', 'cohorts') }}

),

final as (

    select
        course_id,
        cohort,
        starts_at,
        ends_at,
        coalesce(observation_days, 90) as observation_days
    from source

)

select * from final
