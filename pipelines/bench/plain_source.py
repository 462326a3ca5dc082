"""The plain script of any source, derived from its contract: read, judge, hash, deduplicate, write, and nothing besides.

What an engineer writes in DuckDB when only the columns count: no vault, no encryption, no text of a bad row, no unknown
fields, no history, no crash safety; closed lists and templates are left out. What a tool's rows mean is in `plain_dialects`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.bench import plain_dialects
from pipelines.contracts.models import Field, InboundContract
from pipelines.engine import quoted

_CASTS = {
    "timestamp": "try_cast({} as timestamptz)::timestamp",
    "unix_seconds": "make_timestamp(try_cast({} as bigint) * 1000000)",
    "number": "try_cast({} as double)",
    "integer": "try_cast({} as bigint)",
    "boolean": "try_cast({} as boolean)",
    "date": "try_cast({} as date)",
}
_TREATED = {
    "event_key": "('0x' || substr(sha256(getvariable('key') || {}), 1, 16))::ubigint",
    "holder_key": "('0x' || substr(sha256(getvariable('key') || {}), 1, 16))::ubigint",
    "pseudonymise": "substr(sha256(getvariable('key') || {}), 1, 32)",
    "truncate_ip": r"regexp_extract({}, '^(\d+\.\d+\.\d+)\.\d+$', 1) || '.0/24'",
    "url_path": "regexp_extract({}, '^(?:[a-z]+://[^/?#]*)?([^?#]*)', 1)",
    "url_host": "regexp_extract({}, '^[a-z]+://([^/?#]*)', 1)",
    "label": "{}",
}


def run(
    contract: InboundContract, source: Path, out: Path, *, as_of: datetime, courses: frozenset[str], key: str
) -> None:
    """Write the stored columns of a source's file below `out`. `key` is the secret that senders sign with."""
    connection = duckdb.connect(config={"memory_limit": "8GB"})
    connection.execute("set TimeZone = 'UTC'")
    # A bound parameter would import pandas, and make this side slower than it is.
    connection.execute(f"set variable key = '{os.urandom(32).hex()}'")
    connection.register("courses", pa.table({"course_id": sorted(courses)}))
    texts = ", ".join(f"{sql} as {_name(path)}" for path, sql in _texts(contract).items())
    by_arrival = _is_by_arrival(contract)
    numbered, place, beside = (
        ("row_number() over () as place, ", "place, ", "exclude (place)") if by_arrival else ("", "", "")
    )
    connection.execute(f"set preserve_insertion_order = {str(by_arrival).lower()}")
    connection.execute(f"create view texts as select {numbered}{texts} from {_read(contract, source)}")
    typed = ", ".join(f"{_typed(f)} as t_{_name(f.path)}" for f in contract.fields)
    reason = f"case {' '.join(_reasons(contract, as_of=as_of))} end"
    connection.execute(f"create table judged as select *, {reason} as reason from (select *, {typed} from texts)")
    plain_dialects.verify(connection, contract, key=key)
    _leave_out_minors(connection, contract)
    _map_browsers(connection, contract)
    columns = ", ".join(f"{sql} as {name}" for name, sql in _columns(contract).items())
    connection.execute(
        f"create view treated as select {place}{columns} from judged {_joins(contract)} where reason is null"
    )
    by_day = ", partition_by (dt)" if contract.event_time else ""
    target = out / ("events" if by_day else "current.parquet")
    kept = f"select * {beside} from treated {_once(contract)}"
    connection.execute(f"copy ({kept}) to '{quoted(target)}' (format parquet, compression zstd{by_day})")
    connection.execute(f"copy (select reason from judged where reason is not null) to '{quoted(out)}/rejects.parquet'")


def _name(path: str) -> str:
    return "f_" + path.replace(".", "_")


def _read(contract: InboundContract, source: Path) -> str:
    if source.suffix == ".csv":
        return f"read_csv('{quoted(source)}', all_varchar = true, header = true)"
    if source.suffix == ".log":
        return plain_dialects.read_log(source)
    tree: dict[str, Any] = {}
    for path in (*plain_dialects.paths(contract),):
        *above, leaf = path.split(".")
        place = tree
        for part in above:
            place = place.setdefault(part, {})
        place[leaf] = "VARCHAR"
    columns = ", ".join(f"\"{name}\": '{quoted(_struct(kind))}'" for name, kind in tree.items())
    return f"read_json('{quoted(source)}', format = 'newline_delimited', columns = {{{columns}}}, ignore_errors = true)"


def _struct(kind: Any) -> str:  # noqa: ANN401 - a tree of names
    if isinstance(kind, str):
        return kind
    return "STRUCT(" + ", ".join(f'"{name}" {_struct(below)}' for name, below in kind.items()) + ")"


def _texts(contract: InboundContract) -> Mapping[str, str]:
    told = plain_dialects.texts(contract)
    return {f.path: told.get(f.path, plain_dialects.column(f.path)) for f in contract.fields}


def _typed(f: Field) -> str:
    return _CASTS.get(f.logical_type, "{}").format(_name(f.path))


def _reasons(contract: InboundContract, *, as_of: datetime) -> Iterator[str]:
    for f in contract.fields:
        if f.required:
            yield f"when {_name(f.path)} is null then 'missing_required:{f.path}'"
        if f.allowed:
            listed = ", ".join(f"'{quoted(value)}'" for value in f.allowed)
            yield f"when {_name(f.path)} is not null and {_name(f.path)} not in ({listed}) then 'not_allowed:{f.path}'"
        if f.logical_type in _CASTS and f.treatment != "drop":
            yield f"when {_name(f.path)} is not null and t_{_name(f.path)} is null then 'wrong_type:{f.path}'"
    for paths in contract.at_least_one:
        yield f"when coalesce({', '.join(_name(path) for path in paths)}) is null then 'missing_required'"
    if contract.event_time:
        limit = (as_of + timedelta(days=1)).astimezone(UTC).replace(tzinfo=None)
        yield f"when t_{_name(contract.event_time)} > timestamp '{limit}' then 'in_the_future'"
    for reference in contract.references:
        if reference.unknown == "quarantine":
            name = _name(reference.field)
            yield f"when {name} is not null and {name} not in (select course_id from courses) then 'unknown_course'"


def _leave_out_minors(connection: duckdb.DuckDBPyConnection, contract: InboundContract) -> None:
    """Reject whoever was under 18 by any of their rows, and whoever states the address or number of one."""
    by_kind = {f.identifier_kind: _name(f.path) for f in contract.fields}
    if not {"birth_date", "user_id"} <= by_kind.keys():
        return
    birth = by_kind["birth_date"]
    # Of a month or a year alone, its last day.
    latest = f"""coalesce(try_cast({birth} as date), last_day(try_cast(left({birth}, 7) || '-01' as date)),
        try_cast(left({birth}, 4) || '-12-31' as date))"""
    instants = ", ".join(f"t_{_name(f.path)}" for f in contract.instants)
    told = f"(least({instants}) + interval 7 hours)::date < {latest} + interval 18 years"
    connection.execute(f"create table minors as select * from judged where reason is null and {told}")
    theirs = [by_kind[kind] for kind in ("user_id", "email", "phone") if kind in by_kind]
    alike = " or ".join(f"{name} in (select {name} from minors where {name} is not null)" for name in theirs)
    connection.execute(f"update judged set reason = 'minor' where reason is null and ({alike})")


def _columns(contract: InboundContract) -> dict[str, str]:
    """Return the SQL of every stored column, and the day of events."""
    kept = {column.name for column in contract.lake_columns}
    rule = contract.consent
    found: dict[str, str] = {}
    for f in contract.fields:
        if f.treatment == "user_agent_families":
            sql = dict(zip(f.stored_as, (f"b.{name}" for name in ("browser", "os", "device")), strict=True))
        else:
            others = [_name(other.path) for other in contract.fields if other.instead_of == f.path]
            text = f"coalesce({', '.join([_whole(contract, f), *others])})" if others else _whole(contract, f)
            treated = _TREATED.get(f.treatment, "{}").format(text)
            sql = dict.fromkeys(f.stored_as, f"t_{_name(f.path)}" if f.treatment == "keep" else treated)
        for name, each in sql.items():
            is_withheld = rule is not None and rule.withholds(name)
            if name in kept:
                found[name] = f"case when {_consent(contract)} then {each} end" if is_withheld else each
    if contract.event_time:
        found["dt"] = f"(t_{_name(contract.event_time)} + interval 7 hours)::date"
    if rule:
        found[rule.stored_as] = _consent(contract)
    return found


def _whole(contract: InboundContract, f: Field) -> str:
    if f.treatment == "event_key" and f.path in contract.key and len(contract.key) > 1:
        return "(" + " || '|' || ".join(_name(path) for path in contract.key) + ")"
    return _name(f.path)


def _consent(contract: InboundContract) -> str:
    rule = contract.consent
    if rule is None:
        return "true"
    refused = [f"coalesce(not t_{_name(path)}, false)" for path in rule.category_fields]
    refused += [f"coalesce(t_{_name(path)}, false)" for path in (*([rule.gpc] if rule.gpc else []), *rule.refusals)]
    granted = [f"t_{_name(path)}" for path in rule.category_fields]
    stated = f"case when {' or '.join(refused) or 'false'} then false"
    stated += f" when {' and '.join(granted)} then true" if granted else ""
    return f"coalesce({stated} end, {'true' if rule.default == 'granted' else 'false'})"


def _once(contract: InboundContract) -> str:
    """Leave one row of each key: the first of events, the newest of states."""
    keys = [contract.field(path).stored_as[0] for path in contract.key if contract.field(path).stored_as]
    keys = keys[-1:] if contract.kind == "event" else keys
    if not keys:
        return ""
    order = ", ".join(_newest(contract.field(path)) for path in contract.version_fields) or (
        "place desc" if _is_by_arrival(contract) else "1"
    )
    return f"qualify {keys[0]} is null or row_number() over (partition by {', '.join(keys)} order by {order}) = 1"


def _is_by_arrival(contract: InboundContract) -> bool:
    return contract.kind == "state" and not contract.version_fields


def _newest(f: Field) -> str:
    if f.logical_type == "timestamp":
        return f"{f.stored_as[0]} desc nulls last"
    listed = ", ".join(f"'{quoted(value)}'" for value in f.allowed)
    return f"list_position([{listed}], {f.stored_as[0]}) desc nulls last"


def _joins(contract: InboundContract) -> str:
    agents = [f.path for f in contract.fields if f.treatment == "user_agent_families"]
    return f"left join browsers as b on {_name(agents[0])} = b.value" if agents else ""


def _map_browsers(connection: duckdb.DuckDBPyConnection, contract: InboundContract) -> None:
    agents = [_name(f.path) for f in contract.fields if f.treatment == "user_agent_families"]
    if not agents:
        return
    import ua_parser

    query = f"select distinct {agents[0]} from judged where {agents[0]} is not null"
    values = [value for (value,) in connection.execute(query).fetchall()]
    parsed = [ua_parser.parse(value) for value in values]
    table = {
        "value": values,
        "browser": [each.user_agent.family if each.user_agent else None for each in parsed],
        "os": [each.os.family if each.os else None for each in parsed],
        "device": ["Phone" if "Mobile" in value else "Desktop" for value in values],
    }
    connection.register("browsers", pa.table(table))
