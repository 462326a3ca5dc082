{{
    config(
        materialized='partitioned',
        partition_by='month',
        made_of=['consents'],
        sort_by=['purpose'],
    )
}}

with

statements as (

    select * from {{ ref('stg_lake__consents') }}
    where dt between {{ first_day() }} and {{ last_day() }}

),

-- Keys of different kinds are different holders.
statements_with_holder as (

    select
        {{ month_of('dt') }} as month,
        purpose,
        case
            when user_key is not null then 'account ' || cast(user_key as varchar(20))
            when browser_key is not null then 'browser ' || cast(browser_key as varchar(20))
            else 'address ' || cast(email_key as varchar(20))
        end as holder,
        is_granted,
        occurred_at
    from statements

),

-- The last statement decides; of a grant and a refusal at one instant, the refusal.
holders as (

    select
        month,
        purpose,
        holder,
        coalesce(
            max(case when is_granted then occurred_at end)
            > max(case when not is_granted then occurred_at end),
            max(case when is_granted then 1 else 0 end) = 1
        ) as is_granting
    from statements_with_holder
    group by month, purpose, holder

),

final as (

    select
        month,
        purpose,

        count(*) as speakers,
        count(case when is_granting then 1 end) as granting
    from holders
    group by month, purpose

)

select * from final
