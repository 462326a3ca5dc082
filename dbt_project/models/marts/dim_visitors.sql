with

identity_links as (

    select * from {{ ref('stg_lake__identity_links') }}

),

final as (

    select
        visitor_pseudonym,
        case
            when count(distinct learner_pseudonym) = 1 then min(learner_pseudonym)
        end as learner_pseudonym,

        count(distinct learner_pseudonym) as linked_learners,

        min(linked_at) as linked_at
    from identity_links
    group by visitor_pseudonym

)

select * from final
