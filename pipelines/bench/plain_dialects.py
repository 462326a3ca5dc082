"""What a plain script knows of tools whose rows have not the shape of the contract, written by hand and independently.

Maps a field's dotted path to the SQL of its text. Not here: what becomes of the text (`plain_source`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.contracts.models import InboundContract
from pipelines.engine import quoted

_LOG = r'^(\S+) \S+ (.+?) \[([^\]]*)\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+|-) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"'
_LOG_PARTS = "['remote_addr', 'remote_user', 'time', 'request', 'status', 'bytes', 'referrer', 'user_agent']"
_SIGNED = ("order_id", "status_code", "gross_amount", "signature_key")
_STATE = (
    *("order_id", "transaction_id", "transaction_status", "status_code", "gross_amount", "fraud_status"),
    *("transaction_time", "settlement_time", "refund_amount"),
)
_HIT = {
    "event_name": "ev",
    "event_id": "eid",
    "event_source_url": "dl",
    "custom_data.value": "cd[value]",
    "custom_data.currency": "cd[currency]",
    "custom_data.content_ids": "cd[content_ids]",
    "user_data.em": "ud[em]",
    "user_data.ph": "ud[ph]",
    "user_data.external_id": "ud[external_id]",
    "data_processing_options": "dpo",
}
_ACTIVITIES = '\'[{"id": "VARCHAR", "definition": {"type": "VARCHAR"}}]\''


def column(path: str) -> str:
    """SQL of a nested column, an empty text being none."""
    return f"nullif({_quoted(path)}, '')"


def paths(contract: InboundContract) -> tuple[str, ...]:
    """Return what has to be read of a JSON row."""
    told = texts(contract)
    needed = [f.path for f in contract.fields if f.path not in told and _is_used(contract, f.path)]
    further = {
        "meta_pixel": ("url", "received_at", "event_time", "action_source", *_HIT),
        "midtrans": ("settlement_time", "transaction_time", "refunds", *_SIGNED, *_STATE),
        "xapi": (
            *("verb.id", "object.id", "object.definition.type", "result.completion", "result.score.raw"),
            *("result.score.scaled", "result.score.max", "context.contextActivities.parent"),
            *("context.contextActivities.grouping", "actor.account.name", "actor.mbox"),
        ),
    }.get(contract.dialect or "", ())
    return tuple(dict.fromkeys((*needed, *further)))


def texts(contract: InboundContract) -> Mapping[str, str]:
    """Return the SQL of the text of every field that does not stand where its path says, or that nobody stores."""
    told = {"meta_pixel": _pixel, "midtrans": _midtrans, "xapi": _xapi}.get(contract.dialect or "", dict)()
    unused = {f.path: "null::varchar" for f in contract.fields if not _is_used(contract, f.path)}
    return {**unused, **told}


def read_log(source: Path) -> str:
    """SQL: the lines of an access log, parsed."""
    options = "columns = {line: 'VARCHAR'}, delim = chr(1), quote = '', escape = '', header = false"
    lines = f"read_csv('{quoted(source)}', {options})"
    parsed = f"select regexp_extract(line, '{_LOG}', {_LOG_PARTS}) as p from {lines}"
    request = (
        "regexp_extract(p.request, '^([A-Z]{3,16}) (\\S+)(?: (HTTP/[0-9.]{1,5}))?$', ['method', 'target', 'protocol'])"
    )
    at = "strftime(try_strptime(p.time, '%d/%b/%Y:%H:%M:%S %z') at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ')"
    return (
        f"(select p.remote_addr, p.remote_user, p.status, nullif(p.bytes, '-') as bytes, "
        f"nullif(p.referrer, '-') as referrer, nullif(p.user_agent, '-') as user_agent, {at} as requested_at, "
        f"r.method, r.target, r.protocol from (select p, {request} as r from ({parsed})))"
    )


def verify(connection: duckdb.DuckDBPyConnection, contract: InboundContract, *, key: str) -> None:
    """Give every notification that is not signed with `key` a reason."""
    if contract.dialect != "midtrans":
        return
    names = [f"f_{name}" for name in _SIGNED]
    found = connection.execute(f"select distinct {', '.join(names)} from judged where reason is null").to_arrow_table()
    rows = zip(*(each.to_pylist() for each in found.columns), strict=True)
    forged = [
        hashlib.sha512(f"{order}{code}{amount}{key}".encode()).hexdigest() != signature
        for order, code, amount, signature in rows
    ]
    connection.register("forged", found.filter(pa.array(forged, pa.bool_())))
    same = " and ".join(f"judged.{name} = forged.{name}" for name in names)
    connection.execute(f"update judged set reason = 'forged_signature' from forged where {same}")


def _is_used(contract: InboundContract, path: str) -> bool:
    f = contract.field(path)
    rule = contract.consent
    asked = (*rule.category_fields, rule.gpc, *rule.refusals) if rule else ()
    is_kept = (
        bool(f.stored_as) or f.required or path in contract.key or path in asked or path in contract.version_fields
    )
    # Whose rows a child's are is told by what the vault alone keeps.
    is_told_by = f.identifier_kind in ("birth_date", "email", "phone")
    return is_kept or is_told_by or f.treatment == "pseudonymise" or path == contract.tie_field


def _pixel() -> dict[str, str]:
    def told(path: str) -> str:
        name = _HIT[path].replace("[", "(?:\\[|%5B)").replace("]", "(?:\\]|%5D)")
        value = f"nullif(url_decode(regexp_extract(url, '[?&]{name}=([^&#]*)', 1)), '')"
        return f"coalesce({value}, {_quoted(path)})"

    ids, options = told("custom_data.content_ids"), told("data_processing_options")
    stated = "regexp_extract(url, '[?&]ts=(\\d{10})', 1)"
    received = "epoch(try_cast(received_at as timestamptz))::bigint::varchar"
    return {
        **{path: told(path) for path in _HIT},
        "custom_data.content_ids": f"regexp_extract({ids}, '^\\[?\"?([^\",\\]]*)', 1)",
        "custom_data.currency": f"upper({told('custom_data.currency')})",
        "data_processing_options": f"(regexp_replace({options}, '[\\[\\]\"\\s]', '', 'g') <> '')::varchar",
        "event_time": f"coalesce(nullif({stated}, ''), event_time, {received})",
        "told_by": "case when url is null then 'server' else 'browser' end",
        "action_source": "coalesce(action_source, case when url is not null then 'website' end)",
    }


def _midtrans() -> dict[str, str]:
    state = ", ".join(f"coalesce({name}, '')" for name in _STATE)
    return {
        **{name: name for name in ("settlement_time", "transaction_time", "signature_key")},
        "notification_id": f"concat_ws('|', {state})",
        "occurred_at": "coalesce(settlement_time, transaction_time) || '+07'",
        "refunds": "list_max(json_extract_string(refunds, '$[*].created_at')) || '+07'",
    }


def _xapi() -> dict[str, str]:
    def last(iri: str) -> str:
        return f"nullif(regexp_extract({iri}, '([^/#?]+)/?(?:\\?.*)?$', 1), '')"

    def first(kind: str) -> str:
        both = ", ".join(
            f'json_transform(context."contextActivities".{each}, {_ACTIVITIES})' for each in ("parent", "grouping")
        )
        return f"list_filter(list_concat({both}), lambda each: {last('each.definition.type')} = '{kind}')[1].id"

    verb, kind = last("verb.id"), last('"object".definition."type"')
    course = f"coalesce(case when {kind} = 'course' then \"object\".id end, {first('course')})"
    is_course = f'({course}) = "object".id'
    is_done = f"({verb} in ('completed', 'passed', 'earned') or result.completion = 'true')"
    inside = f'"object".id is distinct from ({course})'
    module = (
        f'case when {is_done} or {kind} = \'module\' then "object".id else coalesce({first("module")}, "object".id) end'
    )
    return {
        "verb.id": (
            f"case when {verb} = 'registered' then 'enrolled' when {verb} = 'unregistered' then 'unenrolled' "
            f"when {is_done} then case when {is_course} then 'course_completed' else 'module_completed' end "
            f"when {verb} in ('initialized', 'launched') then 'started' "
            f"when {verb} in ('scored', 'answered', 'submitted', 'failed') then 'assessment_submitted' end"
        ),
        "object.id": '"object".id',
        "course_id": last(course),
        "module_id": f"case when {inside} then {last(module)} end",
        "voids": "null::varchar",
        "actor.mbox": "regexp_replace(actor.mbox, '^mailto:', '')",
        "result.score.raw": "coalesce(result.score.raw, result.score.scaled)",
        "result.score.max": "case when result.score.raw is null and result.score.scaled is not null then '1' "
        "else result.score.max end",
    }


def _quoted(path: str) -> str:
    return ".".join(f'"{part}"' for part in path.split("."))
