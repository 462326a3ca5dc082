with

source as (

    select * from {{ source('lake', 'course_modules') }}

),

final as (

    select
        course_id,
        module_id,
        title as module_title,
        position,
        is_required
    from source

)

select * from final
