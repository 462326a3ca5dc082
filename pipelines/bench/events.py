"""Synthetic web events in bulk: fast to make, the same bytes every time. Not here: believable people (`demo`)."""

from __future__ import annotations

from pathlib import Path

from pipelines import engine

_MAKE = """
copy (
    with base as (
        select i, hash(i) as h, hash(i // 20 + 7919) as g, (hash(i // 20 * 31) % {browsers})::bigint as browser,
            timestamp '2026-05-30' - interval {days} days
                + to_milliseconds((i // 20 * 20.0 / {events} * {days} * 86400000)::bigint)
                + to_seconds(i % 20 * 10) as moment
        from range({events}) as t(i)),
    calls as (
        select *, case when i % 100 = 99 then i - 1 else i end as id,
            case when i % 5 = 0 then 'page' else 'track' end as kind from base)
    select
        'ajs-' || md5(id::varchar) as "messageId",
        case when i % 1000 = 501 then 'unheard' else kind end as "type",
        case when kind = 'track' then 'page_ping' end as event,
        case when i % 1000 <> 502 then md5('browser' || browser) end as "anonymousId",
        case when browser % 3 = 0 and i % 1000 <> 502 then 'learner-' || browser end as "userId",
        case when i % 1000 = 503 then 'yesterday' else strftime(moment, '%Y-%m-%dT%H:%M:%S.%gZ') end as timestamp,
        strftime(moment + interval 2 seconds, '%Y-%m-%dT%H:%M:%S.%gZ') as "receivedAt",
        {{
            'ip': '10.' || (browser % 200) || '.' || (browser % 251) || '.' || (h % 250),
            'userAgent': 'Mozilla/5.0 (Linux; Android ' || (9 + browser % 6) || '; SM-A' || (100 + browser % 60)
                || ') AppleWebKit/537.36 (KHTML, like Gecko) Chrome/' || (110 + browser % 25) || '.0.0.0 Mobile Safari/537.36',
            'locale': 'id-ID',
            'page': {{
                'url': 'https://kelas.example/' || ['kursus', 'harga', 'daftar', 'masuk', 'akun', 'blog'][(g % 6 + 1)::bigint]
                    || '?utm_source=ig&s=' || i,
                'referrer': 'https://cari.example/hasil?q=' || (h % 1000)}},
            'campaign': {{'source': 'ig-' || (browser % 9)}},
            'consent': {{'categoryPreferences': {{'analytics': browser % 10 < 8}}}}
        }} as context,
        {{'page_view_id': md5('view' || (i // 5))}} as properties
    from calls
) to '{file}' (format json)
"""


def write(file: Path, *, events: int, days: int = 90) -> int:
    """Write `events` calls of 15 fields as JSON lines over `days`, 1 % of them repeated and 0.3 % bad; return the bytes.

    A file that is there already is kept: it would be the same.
    """
    if not file.exists():
        beside = file.with_suffix(".part")
        query = _MAKE.format(events=events, days=days, browsers=max(events // 100, 10), file=engine.quoted(beside))
        with engine.connect() as connection:
            connection.execute(query)
        beside.replace(file)
    return file.stat().st_size
