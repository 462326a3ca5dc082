"""Hand-written SQL of channels, campaigns, courses and other small marts, for `plain_models`. Not here: web facts."""

from __future__ import annotations

import yaml

from pipelines import settings


def scripts(*, as_of: str) -> tuple[str, ...]:
    """Return the scripts in their order; `as_of` is an instant in UTC, without its zone."""
    sites = {kind: list(names) for kind, names in _sites().items()}
    return _CHANNELS.format(**sites), _COURSES, _LEARNING.format(as_of=as_of)


def _sites() -> dict[str, list[str]]:
    project = yaml.safe_load((settings.DBT_PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))
    found: dict[str, list[str]] = project["vars"]["channel_sites"]
    return found


# The default channel groups, as far as they can be told; the sites are those of dbt_project.yml.
_CHANNELS = """
create table told as
with origins as (
    select *, lower(utm_source) as named, lower(utm_medium) as medium,
        case when not regexp_full_match(referrer_host, '(.*[.])?crosslife[.]example')
            then referrer_host end as host
    from fct_sessions),
sources as (
    select *, coalesce(named, host) as source,
        medium like '%cp%' or medium in ('ppc', 'retargeting') or medium like 'paid%' as paid,
        string_split(coalesce(named, host), '.') as labels from origins),
sites as (
    select *, list_has_any(labels, {search}) or source = any({search}) as is_search,
        list_has_any(labels, {social}) or source = any({social}) as is_social,
        list_has_any(labels, {video}) or source = any({video}) as is_video from sources)
select * exclude (labels), case
    when source is null and medium is null then 'Direct' when utm_campaign ilike '%cross-network%' then 'Cross-network'
    when paid and is_search then 'Paid Search' when paid and is_social then 'Paid Social' when paid and is_video then 'Paid Video'
    when medium in ('display', 'banner', 'expandable', 'interstitial', 'cpm') then 'Display' when paid then 'Paid Other'
    when is_social or medium in ('social', 'social-network', 'social-media', 'sm', 'social network', 'social media')
        then 'Organic Social'
    when is_video or medium like '%video%' then 'Organic Video' when is_search or medium = 'organic' then 'Organic Search'
    when regexp_full_match(source, 'e[-_ ]?mail') or regexp_full_match(medium, 'e[-_ ]?mail') then 'Email'
    when medium = 'affiliate' then 'Affiliates' when medium = 'audio' then 'Audio'
    when source = 'sms' or medium = 'sms' then 'SMS'
    when source = 'firebase' or medium like '%push' or medium like '%mobile%' or medium like '%notification%' then 'Push'
    when host is not null or medium in ('referral', 'app', 'link') then 'Referral' else 'Unassigned' end as channel
from sites;
create table persons as
with owners as (
    select dt, browser, min(learner_pseudonym) as learner from fct_page_views
    group by all having count(distinct learner_pseudonym) = 1)
select s.*, coalesce(s.learner_pseudonym, o.learner) as learner, coalesce(s.learner_pseudonym, o.learner, s.browser) as person
from told as s left join owners as o using (dt, browser);
create table agg_channels_daily as
select dt, channel, count(*) as sessions, sum(page_views)::bigint as page_views, count(distinct person) as channel_visitors,
    count(distinct learner) as channel_learners
from persons group by all;
create table agg_entry_pages_daily as
with entries as (
    select p.*, v.page_path from persons as p
    join fct_page_views as v on p.browser = v.browser and v.viewed_at between p.started_at and p.ended_at
    qualify row_number() over (partition by session_key order by v.viewed_at, v.page_view_event_key) = 1)
select dt, page_path, count(*) as entries, count(*) filter (page_views = 1) as bounces, count(distinct person) as entry_visitors,
    count(distinct learner) as entry_learners
from entries group by all;
create table owned as
select visitor_pseudonym, min(learner_pseudonym) as owner from links group by all having count(distinct learner_pseudonym) = 1;
create table touches as
select coalesce(w.learner_pseudonym, owner) as learner, arg_min(utm_campaign, (occurred_at, event_key)) as utm_campaign,
    min(occurred_at) as touched_at
from web as w left join owned using (visitor_pseudonym)
where is_consented and utm_campaign <> '' and coalesce(w.learner_pseudonym, owner) is not null group by all
"""

_LEARNING = """
create table active as select distinct learner_pseudonym, (occurred_at + interval 7 hours)::date as day from progress;
create table agg_active_learners as
select period, date_trunc(period, day)::date as period_starts_on, count(distinct learner_pseudonym) as active_learners
from active, (values ('day'), ('week'), ('month')) as periods (period) group by all;
create table agg_retention_weekly as
with firsts as (
    select learner_pseudonym, date_trunc('week', (min(enrolled_at) + interval 7 hours)::date)::date as enrolment_week
    from windows group by all),
weeks as (select enrolment_week, count(*) as enrolled_in_week from firsts group by all)
select w.enrolment_week, n::integer as week_number, any_value(enrolled_in_week) as enrolled_in_week,
    count(distinct a.learner_pseudonym) as retained_learners
from weeks as w cross join range(1, 13) as numbers (n)
left join firsts as f on f.enrolment_week = w.enrolment_week
left join active as a on a.learner_pseudonym = f.learner_pseudonym
    and date_trunc('week', a.day)::date = w.enrolment_week + (7 * n)::integer
where w.enrolment_week + (7 * n)::integer <= (timestamp '{as_of}' + interval 7 hours)::date group by w.enrolment_week, n;
create table agg_re_enrolments as
with marked as (
    select *, enrolled_at > min(enrolled_at) over (partition by learner_pseudonym, course_id) as is_return from windows)
select course_id, cohort, count(*) as enrolled_learners, count(*) filter (is_return) as returning_learners,
    count(*) filter (is_return and completed_at <= closes_at) as completed_again
from marked group by all;
create table agg_assessments as
with bests as (
    select w.learner_pseudonym, p.course_id, p.run as cohort, p.module_id, count(*) as tries,
        max(100 * p.score / p.max_score) as best
    from placed as p join windows as w on p.learner_pseudonym = w.learner_pseudonym and p.course_id = w.course_id
        and p.run = w.cohort and p.occurred_at <= w.closes_at
    where event_type = 'assessment_submitted' and score is not null and max_score > 0 group by all)
select course_id, cohort, module_id, count(*) as assessed, count(*) filter (best >= 60) as passed,
    sum(tries) / count(*)::double as mean_attempts, median(best) as median_best_result
from bests semi join modules using (course_id, module_id) group by all;
create table agg_completion_segments as
with closed as (
    select course_id, learner_pseudonym, bool_or(coalesce(completed_at <= closes_at, false)) as has_completed
    from windows left join cohorts as c using (course_id, cohort)
    where coalesce(c.ends_at, date_trunc('month', enrolled_at + interval 7 hours) + interval 1 month - interval 7 hours)
        + coalesce(c.observation_days, 90) * interval 1 day <= timestamp '{as_of}' group by all),
segments as (
    select learner_pseudonym, 'region' as segment_kind, region as segment from attributes where is_consented
    union all select learner_pseudonym, 'age_band', age_band from attributes where is_consented
    union all select coalesce(t.learner_pseudonym, owner), 'channel', arg_min(channel, (started_at, session_key))
    from told as t left join owned using (visitor_pseudonym)
    where coalesce(t.learner_pseudonym, owner) is not null group by all)
select course_id, segment_kind, segment, count(*) as segment_learners, count(*) filter (has_completed) as completed
from closed join segments using (learner_pseudonym) where segment <> '' group by all;
create table agg_campaigns as
with spent as (
    select utm_campaign, sum(impressions)::bigint as impressions, sum(clicks)::bigint as clicks,
        round(sum(spend) filter (currency = 'IDR'))::bigint as spend_idr
    from insights where utm_campaign <> '' group by all)
select s.*, count(t.learner) as reached_learners,
    count(*) filter ((registered_at + interval 7 hours)::date >= (touched_at + interval 7 hours)::date) as registered,
    count(*) filter (t.learner in (select learner_pseudonym from progress as p where p.occurred_at >= touched_at
        and event_type in ('started', 'module_completed', 'assessment_submitted', 'course_completed'))) as started,
    count(*) filter (t.learner in (select learner_pseudonym from windows as w
        where completed_at <= closes_at and completed_at >= touched_at)) as completed
from spent as s left join touches as t using (utm_campaign) left join accounts as a on t.learner = a.learner_pseudonym
group by all;
create table agg_consents_monthly as
with spoken as (
    select strftime(occurred_at + interval 7 hours, '%Y-%m') as month, purpose,
        coalesce('a' || user_key, 'b' || browser_key, 'c' || email_key) as holder,
        arg_max(is_granted, (occurred_at, not is_granted)) as is_granting from statements_of_consent group by all)
select month, purpose, count(*) as speakers, count(*) filter (is_granting) as granting from spoken group by all;
create table agg_newsletter_monthly as
select strftime(subscribed_at + interval 7 hours, '%Y-%m') as month, count(distinct subscriber_pseudonym) as joined,
    count(distinct subscriber_pseudonym) filter (unsubscribed_at >= subscribed_at) as left_since
from subscribers group by all
"""

_COURSES = """
create table placed as
with states as (
    select *, last_value(case when event_type in ('enrolled', 'unenrolled', 'refunded') then event_type end ignore nulls) over (
            partition by learner_pseudonym, course_id order by occurred_at, event_key
            rows between unbounded preceding and 1 preceding) as state_before
    from progress),
spells as (
    select *, max(cohort) over (partition by learner_pseudonym, course_id, enrolment_key) as own_cohort,
        greatest(1, count(*) filter (event_type = 'enrolled' and state_before is distinct from 'enrolled') over (
            partition by learner_pseudonym, course_id order by occurred_at, event_key)) as spell
    from states)
select *, coalesce(cohort, own_cohort, max(cohort) over (partition by learner_pseudonym, course_id, spell),
    strftime(coalesce(min(occurred_at) filter (event_type = 'enrolled') over enrolment,
        min(occurred_at) filter (event_type = 'course_completed') over enrolment,
        min(occurred_at) over enrolment) + interval 7 hours, '%Y-%m')) as run
from spells window enrolment as (
    partition by learner_pseudonym, course_id, enrolment_key, case when enrolment_key is null then spell end);
create table enrolments as
select learner_pseudonym, course_id, run as cohort,
    min(occurred_at) filter (event_type in ('enrolled', 'course_completed')) as enrolled_at,
    min(occurred_at) filter (event_type = 'course_completed') as completed_at
from placed group by all having enrolled_at is not null;
create table completions as
select learner_pseudonym, course_id, run as cohort, module_id, min(occurred_at) as completed_at
from placed where event_type = 'module_completed' group by all;
create table windows as
select e.*, coalesce(c.ends_at, e.enrolled_at) + coalesce(c.observation_days, 90) * interval 1 day as closes_at
from enrolments as e left join cohorts as c using (course_id, cohort);
create table agg_completion_rates as
select course_id, any_value(c.title) as course_title, cohort, count(*) as enrolled,
    count(*) filter (completed_at <= closes_at) as completed, completed / enrolled::double as completion_rate,
    median((epoch(completed_at) - epoch(enrolled_at)) / 86400.0) filter (completed_at <= closes_at) as median_days_to_complete
from windows left join courses as c using (course_id) group by course_id, cohort;
create table agg_module_funnel as
select r.course_id, r.cohort, m.module_id, any_value(r.enrolled) as enrolled,
    count(distinct w.learner_pseudonym) as completed_module
from agg_completion_rates as r join modules as m using (course_id)
left join completions as d on r.course_id = d.course_id and r.cohort = d.cohort and m.module_id = d.module_id
left join windows as w on d.learner_pseudonym = w.learner_pseudonym and d.course_id = w.course_id and d.cohort = w.cohort
    and d.completed_at <= w.closes_at
group by r.course_id, r.cohort, m.module_id;
create table dim_learners as
select * from accounts full join (select distinct learner_pseudonym from progress) using (learner_pseudonym);
create table dim_courses as
select c.*, (select count(*) from modules as m where m.course_id = c.course_id) as modules from courses as c
"""
