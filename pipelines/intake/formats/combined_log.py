"""Access logs in the combined format of nginx and Apache, plain or gzipped.

Each line becomes one JSON object of its parts, as they stand: a quoted part keeps its escapes. A request that is no HTTP
request (a scanner's bytes, a lone `-`) is still a line of the log. What a path or an agent means does not belong here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines import engine
from pipelines.intake.formats import jsonl
from pipelines.intake.formats.lines import SCHEMA

# Quotes inside a quoted part are escaped: \" by Apache, \x22 by nginx. What follows the agent (request times) is ignored.
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_LINE = rf"^(\S+) \S+ (.+?) \[([^\]]*)\] {_QUOTED} (\d{{3}}) (\d+|-) {_QUOTED} {_QUOTED}(?: .*)?\s*$"
_PARTS = "['remote_addr', 'remote_user', 'time', 'request', 'status', 'bytes', 'referrer', 'user_agent']"
_REQUEST = r"^([A-Z]{3,16}) (\S+)(?: (HTTP/[0-9.]{1,5}))?$"
_MEMBERS = "['method', 'target', 'protocol']"
_CLOCK = "%d/%b/%Y:%H:%M:%S %z"

_PARSED = f"""
    select place, coalesce(json, raw) as raw, case when fault is null and json is null then 'malformed' else fault end as fault
    from (
        select place, raw, fault, case when fault is null and p.remote_addr <> '' and logged is not null then json_object(
            'remote_addr', p.remote_addr, 'remote_user', p.remote_user,
            'requested_at', strftime(logged at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ'),
            'method', r.method, 'target', r.target, 'protocol', r.protocol,
            'status', p.status, 'bytes', nullif(p.bytes, '-'),
            'referrer', nullif(p.referrer, '-'), 'user_agent', nullif(p.user_agent, '-'))::varchar end as json
        from (
            select *, try_strptime(p.time, '{_CLOCK}') as logged, regexp_extract(p.request, '{_REQUEST}', {_MEMBERS}) as r
            from (select *, regexp_extract(raw, '{_LINE}', {_PARTS}) as p from lines)))
    order by place"""


def read_plain(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the lines of a `.log` file as JSON; a line that is not of the combined format is malformed."""
    yield from _parsed(jsonl.read_plain(path))


def read_gzip(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the lines of a `.log.gz` file. Raises UnreadableFile where the stream breaks off."""
    yield from _parsed(jsonl.read_gzip(path))


def _parsed(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    with engine.connect() as connection:
        for batch in batches:
            yield _parse(connection, batch)


def _parse(connection: duckdb.DuckDBPyConnection, batch: pa.RecordBatch) -> pa.RecordBatch:
    connection.register("lines", pa.Table.from_batches([batch]))
    made = connection.execute(_PARSED).to_arrow_table()
    columns = [made.column(name).combine_chunks().cast(SCHEMA.field(name).type) for name in SCHEMA.names]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
