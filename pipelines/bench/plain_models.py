"""The hand-written SQL that the models are measured against: one script, plain tables, all of history at once.

No contracts, no tests, no encryption, no partitions to replace, nothing that could be run for one more day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from pipelines import engine
from pipelines.bench import plain_marts
from pipelines.settings import Home

_SOURCES = """
create view web as select *, coalesce(visitor_pseudonym, learner_pseudonym) as browser
    from read_parquet('{lake}/web_events/*/*.parquet', hive_partitioning = true, {key});
create view raw_progress as
    select event_key, learner_pseudonym, course_id, cohort, enrolment_key, module_id, event_type, occurred_at, score, max_score
    from read_parquet('{lake}/course_progress/*/*.parquet', hive_partitioning = true, {key}){statements};
create view courses as select * from read_parquet('{lake}/courses/current.parquet', {key});
create view modules as select * from read_parquet('{lake}/course_modules/current.parquet', {key});
create view cohorts as select * from read_parquet('{lake}/cohorts/current.parquet', {key});
create view progress as
    select p.* replace (case when (p.course_id, p.cohort) in (select (course_id, cohort) from cohorts) then p.cohort
        when p.course_id in (select course_id from cohorts) and p.cohort is not null then '(unlisted)' end as cohort)
    from raw_progress as p;
create view accounts as select * from read_parquet('{lake}/accounts/current.parquet', {key});
create view attributes as select * from read_parquet('{lake}/learner_attributes/current.parquet', {key});
create view insights as select * from read_parquet('{lake}/ad_insights/current.parquet', {key});
create view subscribers as select * from read_parquet('{lake}/newsletter_subscribers/current.parquet', {key});
create view links as select * from read_parquet('{lake}/identity_links/current.parquet', {key});
create view statements_of_consent as
    select * from read_parquet('{lake}/consents/*/*.parquet', hive_partitioning = true, {key});
"""

# Only where the app has told anything: a pattern without a file is an error.
_STATEMENTS = """
    where event_key not in (select voids_key from statements where voids_key is not null)
    union all
    select event_key, learner_pseudonym, course_id, null, null, module_id, event_type, occurred_at, score, max_score
    from statements
    where voids_key is null and event_key not in (select voids_key from statements where voids_key is not null)
"""

_PAGE_VIEWS = """
create table fct_page_views as
with first_calls as (
    select * from web where event_type = 'page'
    qualify row_number() over (partition by coalesce(page_view_key, event_key) order by occurred_at, event_key) = 1),
beats as (
    select page_view_key, occurred_at from web
    where event_type = 'track' and event_name = 'page_ping' and page_view_key is not null),
calls as (
    select f.event_key, f.occurred_at, false as is_beat from first_calls as f where page_view_key is not null
    union all
    select f.event_key, b.occurred_at, true from beats as b join first_calls as f using (page_view_key)
    union all
    select f.event_key, b.occurred_at, true
    from (select * from web where event_type = 'track' and event_name = 'page_ping' and page_view_key is null
        and browser is not null) as b
    asof join (select * from first_calls where browser is not null) as f
        on b.browser = f.browser and b.occurred_at >= f.occurred_at
    where b.occurred_at <= f.occurred_at + interval 30 minutes),
gaps as (
    select *, occurred_at > lag(occurred_at) over (partition by event_key order by occurred_at) + interval 30 minutes as is_gap
    from calls),
engaged as (
    select event_key, count(*) as heartbeats, 10 * (count(distinct floor(epoch(occurred_at) / 10)) - 1) + 5 as engaged_seconds
    from (select *, sum(is_gap::int) over (partition by event_key order by occurred_at) as stretch from gaps)
    where is_beat and coalesce(stretch, 0) = 0 group by event_key)
select f.event_key as page_view_event_key, visitor_pseudonym, learner_pseudonym, dt, page_path, referrer_host, utm_source,
    utm_medium, utm_campaign, browser_family, os_family, device_family, is_consented, browser,
    coalesce(heartbeats, 0) as heartbeats, engaged_seconds, occurred_at as viewed_at
from first_calls as f left join engaged using (event_key)
"""

_SESSIONS = """
create table fct_sessions as
with marked as (
    select *, occurred_at > lag(occurred_at) over (partition by browser order by occurred_at) + interval 30 minutes as is_gap
    from web where browser is not null),
numbered as (
    select *, sum(coalesce(is_gap, false)::int) over (
        partition by browser order by occurred_at range between unbounded preceding and current row) as session from marked)
select browser, any_value(visitor_pseudonym) as visitor_pseudonym,
    case when min(learner_pseudonym) = max(learner_pseudonym) then min(learner_pseudonym) end as learner_pseudonym,
    min(event_key) filter (is_first) as session_key, min(dt) as dt,
    count(*) as calls, count(distinct coalesce(page_view_key, event_key)) filter (event_type = 'page') as page_views,
    min(occurred_at) as started_at, max(occurred_at) as ended_at,
    arg_min(referrer_host, occurred_at) as referrer_host, arg_min(utm_source, occurred_at) as utm_source,
    arg_min(utm_medium, occurred_at) as utm_medium, arg_min(utm_campaign, occurred_at) as utm_campaign,
    arg_min(device_family, occurred_at) as device_family
from (select *, occurred_at = min(occurred_at) over (partition by browser, session) as is_first from numbered)
group by browser, session
"""

_TRAFFIC = """
create table agg_traffic_daily as
with owners as (
    select dt, browser, min(learner_pseudonym) as learner from fct_page_views
    group by all having count(distinct learner_pseudonym) = 1)
select v.dt, page_path, count(*) as page_views,
    count(distinct coalesce(v.learner_pseudonym, o.learner, v.visitor_pseudonym)) as visitors,
    count(distinct coalesce(v.learner_pseudonym, o.learner)) as learners, count(distinct s.session_key) as sessions,
    count(distinct coalesce(v.learner_pseudonym, o.learner)) filter (engaged_seconds is not null) as engaged_learners,
    median(engaged_seconds::double) as median_engaged_seconds
from fct_page_views as v
left join owners as o on v.dt = o.dt and v.browser = o.browser
left join fct_sessions as s on v.browser = s.browser and v.viewed_at between s.started_at and s.ended_at
group by all
"""


def run(home: Home, out: Path, parquet_keys: Mapping[str, bytes], as_of: datetime) -> None:
    """Write every table to `plain.duckdb` below `out`, the facts by day to Parquet as well."""
    connection = duckdb.connect(str(out / "plain.duckdb"), config={"memory_limit": "8GB"})
    engine.prepare(connection, parquet_keys=parquet_keys)
    key = "encryption_config = {footer_key: 'lake_v1'}"
    told = f"{home.lake}/course_progress_xapi/*/*.parquet"
    is_told = any((home.lake / "course_progress_xapi").glob("*/*.parquet"))
    if is_told:
        connection.execute(f"create view statements as select * from read_parquet('{told}', {key})")
    connection.execute(_SOURCES.format(lake=home.lake, key=key, statements=_STATEMENTS if is_told else ""))
    instant = f"{as_of.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    for script in (_PAGE_VIEWS, _SESSIONS, _TRAFFIC, *plain_marts.scripts(as_of=instant)):
        connection.execute(script)
    connection.execute(
        f"alter table agg_completion_rates add column is_closed boolean default (timestamp '{instant}' is not null)"
    )
    for table in ("fct_page_views", "fct_sessions"):
        connection.execute(f"copy {table} to '{out}/{table}' (format parquet, compression zstd, partition_by (dt))")
    connection.close()
