"""The plain script that intake is measured against: what an engineer writes in DuckDB when only the result counts.

No vault, no encryption, no line of a bad row's text, no unknown fields, no history, no crash safety.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

_COLUMNS = """{
    "messageId": 'VARCHAR', type: 'VARCHAR', event: 'VARCHAR', "anonymousId": 'VARCHAR', "userId": 'VARCHAR',
    timestamp: 'VARCHAR', "receivedAt": 'VARCHAR',
    context: 'STRUCT(ip VARCHAR, "userAgent" VARCHAR, locale VARCHAR, page STRUCT(url VARCHAR, referrer VARCHAR),
        campaign STRUCT(source VARCHAR), consent STRUCT("categoryPreferences" STRUCT(analytics BOOLEAN)), gpc BOOLEAN)',
    properties: 'STRUCT(page_view_id VARCHAR)'
}"""

_READ = """
create view typed as
select row_number() over () as place, "messageId" as message_id, type as event_type, event as event_name,
    "anonymousId" as anonymous_id, "userId" as user_id,
    try_cast(timestamp as timestamptz)::timestamp as moment, try_cast("receivedAt" as timestamptz)::timestamp as received_at,
    context.ip as ip, context."userAgent" as user_agent, context.locale as locale, context.page.url as url,
    context.page.referrer as referrer, context.campaign.source as utm_source,
    coalesce(context.consent."categoryPreferences".analytics, false) and not coalesce(context.gpc, false) as is_consented,
    properties.page_view_id as page_view_id
from read_json('{source}', format = 'newline_delimited', columns = {columns}, ignore_errors = true)
"""

_JUDGE = """
create table judged as
select *, case
    when message_id is null then 'missing_required:messageId'
    when event_type not in ('page', 'track', 'identify', 'alias') then 'not_allowed:type'
    when moment is null then 'wrong_type:timestamp'
    when anonymous_id is null and user_id is null then 'missing_required:anonymousId|userId'
    when moment > timestamp '2026-07-01 17:00:00' then 'in_the_future:timestamp'
    when moment < timestamp '2021-06-30 17:00:00' then 'expired' end as reason
from typed
"""

_TREAT = """
create view treated as
select ('0x' || substr(sha256(getvariable('key') || message_id), 1, 16))::ubigint as event_key, received_at, moment, place,
    (moment + interval 7 hours)::date as dt, event_type, event_name, is_consented,
    case when is_consented then substr(sha256(getvariable('key') || anonymous_id), 1, 32) end as visitor_pseudonym,
    case when is_consented then substr(sha256(getvariable('key') || user_id), 1, 32) end as learner_pseudonym,
    case when is_consented then moment end as occurred_at,
    case when is_consented then ('0x' || substr(sha256(getvariable('key') || page_view_id), 1, 16))::ubigint end as page_view_key,
    case when is_consented then regexp_extract(ip, '^(\\d+\\.\\d+\\.\\d+)\\.\\d+$', 1) || '.0/24' end as ip_network,
    case when is_consented then b.browser_family end as browser_family,
    case when is_consented then b.os_family end as os_family,
    case when is_consented then b.device_family end as device_family,
    case when is_consented then locale end as locale,
    regexp_extract(url, '^[a-z]+://[^/?#]*([^?#]*)', 1) as page_path,
    case when is_consented then regexp_extract(referrer, '^[a-z]+://([^/?#]*)', 1) end as referrer_host,
    case when is_consented then utm_source end as utm_source
from judged left join browsers as b using (user_agent)
where reason is null
"""

_DEDUPLICATE = """
create table kept as
select * from treated
qualify row_number() over (partition by event_key order by received_at, moment, place) = 1
"""


def run(source: Path, out: Path) -> None:
    """Write `events/dt=…/*.parquet` and `rejects.parquet` below `out`."""
    import ua_parser

    key = os.urandom(32).hex()
    connection = duckdb.connect(config={"memory_limit": "8GB"})
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(_READ.format(source=source, columns=_COLUMNS))
    connection.execute(_JUDGE)
    connection.execute(
        "create table browsers (user_agent varchar, browser_family varchar, os_family varchar, device_family varchar)"
    )
    for (text,) in connection.execute("select distinct user_agent from judged where user_agent is not null").fetchall():
        found = ua_parser.parse(text)
        families = [part.family if part else None for part in (found.user_agent, found.os)]
        device = "Phone" if "Mobile" in text else "Desktop"
        connection.execute("insert into browsers values (?, ?, ?, ?)", [text, *families, device])
    connection.execute("set variable key = ?", [key])
    connection.execute(_TREAT)
    connection.execute(_DEDUPLICATE)
    connection.execute(
        f"copy (select * exclude (received_at, moment, place) from kept) to '{out}/events' "
        "(format parquet, compression zstd, partition_by (dt))"
    )
    connection.execute(
        f"copy (select reason, place from judged where reason is not null) to '{out}/rejects.parquet' (format parquet)"
    )
