with

courses as (

    select * from {{ ref('stg_lake__courses') }}

),

modules as (

    select
        course_id,
        count(*) as modules,
        count(case when is_required then 1 end) as required_modules
    from {{ ref('stg_lake__course_modules') }}
    group by course_id

),

cohorts as (

    select
        course_id,
        count(*) as cohorts
    from {{ ref('stg_lake__cohorts') }}
    group by course_id

),

final as (

    select
        courses.course_id,

        courses.course_title,
        courses.category,

        courses.price_idr,
        coalesce(modules.modules, 0) as modules,
        coalesce(modules.required_modules, 0) as required_modules,
        coalesce(cohorts.cohorts, 0) as cohorts,

        courses.published_at
    from courses
    left join modules on courses.course_id = modules.course_id
    left join cohorts on courses.course_id = cohorts.course_id

)

select * from final
