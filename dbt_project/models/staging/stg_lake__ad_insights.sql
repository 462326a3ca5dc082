with

source as (

    select * from {{ source('lake', 'ad_insights') }}

),

final as (

    select
        report_date,
        campaign_id,
        campaign_name,
        adset_id,
        ad_id,
        utm_campaign,
        currency,
        impressions,
        clicks,
        spend
    from source

)

select * from final
