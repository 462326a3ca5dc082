with

source as (

    select * from {{ source('lake', 'courses') }}

),

final as (

    select
        course_id,
        title as course_title,
        category,
        price_idr,
        published_at
    from source

)

select * from final
