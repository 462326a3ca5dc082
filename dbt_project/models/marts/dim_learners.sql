with

accounts as (

    select * from {{ ref('stg_lake__accounts') }}

),

learners_of_courses as (

    select distinct learner_pseudonym from {{ ref('int_learning_events_valid') }}

),

final as (

    select
        coalesce(
            accounts.learner_pseudonym, learners_of_courses.learner_pseudonym
        ) as learner_pseudonym,

        accounts.city,
        accounts.country,
        accounts.learner_pseudonym is not null as has_account,
        coalesce(accounts.is_deleted, false) as is_deleted,

        accounts.registered_at,
        accounts.last_login_at
    from accounts
    full outer join learners_of_courses
        on accounts.learner_pseudonym = learners_of_courses.learner_pseudonym

)

select * from final
