"""For every field a sound value and others, from its contract alone. Not here: rows of tools with a shape of their own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pipelines.contracts import Contracts, InboundContract
from pipelines.contracts.models import Field
from tests.interference import people

MISSING = object()
BROKEN = "{rusak"
_CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
_SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.0 Mobile/15E148 Safari/604.1"
)
_KINDS: dict[str, tuple[Any, ...]] = {
    "user_id": (people.GRANTING, people.OTHER, people.REFUSING),
    "external_id": (people.GRANTING, people.OTHER, people.REFUSING),
    "anonymous_id": tuple(people.BROWSERS.values()),
    "email": tuple(map(people.email_of, (people.GRANTING, people.OTHER, people.REFUSING))),
    "hashed_email": tuple(map(people.email_of, (people.GRANTING, people.OTHER, people.REFUSING))),
    "phone": tuple(map(people.phone_of, (people.GRANTING, people.OTHER, people.REFUSING))),
    "hashed_phone": tuple(map(people.phone_of, (people.GRANTING, people.OTHER, people.REFUSING))),
    "birth_date": ("1990-01-01", "1991"),
}
_TREATMENTS: dict[str, tuple[Any, ...]] = {
    "truncate_ip": ("192.0.2.7", "198.51.100.9", "203.0.113.5", "2001:db8::1"),
    "user_agent_families": (_CHROME, _SAFARI, "Googlebot/2.1 (+http://www.google.com/bot.html)"),
    "url_path": ("https://kelas.example/kursus", "https://kelas.example/harga", "https://kelas.example/belajar/web-1"),
    "url_host": ("https://cari.example/", "https://lain.example/"),
}
_TYPES: dict[str, tuple[Any, ...]] = {
    "date": ("2026-05-10", "2026-05-11"),
    "partial_date": ("1990", "1991"),
    "integer": (7, 11),
    "number": (7.5, 11.5),
    "boolean": (True, False),
}


def values(field: Field, contract: InboundContract, contracts: Contracts, number: int) -> tuple[Any, ...]:
    """Return values that the contract takes for sound, the first of them that of an unchanged row."""
    for each in contract.references:
        if each.field == field.path:
            return people.COURSES if each.source == "courses" else people.MODULES
    if field.sql_type == "TIMESTAMP":
        return tuple(_instant(at, field, number) for at in (people.LATER, "2026-05-20T03:00:00", people.EARLIER))
    listed = field.allowed or field.allowed_values
    if listed:
        return (listed[0], listed[-1], *listed[1:2]) if len(listed) > 1 else (listed[0],)
    if field.identifier_kind in _KINDS:
        return _KINDS[field.identifier_kind]
    if field.treatment in _TREATMENTS:
        return _TREATMENTS[field.treatment]
    if field.minimum and field.logical_type in ("integer", "number"):
        return (
            (field.minimum + 7, field.minimum + 11)
            if field.logical_type == "number"
            else (int(field.minimum) + 7, int(field.minimum) + 11)
        )
    if field.logical_type in _TYPES:
        return _TYPES[field.logical_type]
    if contract.traffic and contract.traffic.declared == field.path:
        return ("cari", "surat", *contracts.traffic.test_sources)
    return ("satu", "dua", "tiga")


def _instant(at: str, field: Field, number: int) -> Any:
    moment = datetime.fromisoformat(f"{at}+00:00") + timedelta(seconds=number)
    return int(moment.timestamp()) if field.logical_type == "unix_seconds" else moment.isoformat()


def put(row: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return the row with another value at a dotted path, or with none."""
    first, _, rest = path.partition(".")
    if not rest:
        return {
            **{name: own for name, own in row.items() if name != first},
            **({} if value is MISSING else {first: value}),
        }
    below = row.get(first, {})
    changed = put(below if isinstance(below, dict) else {}, rest, value)
    return {**row, first: changed} if changed or value is not MISSING else {n: o for n, o in row.items() if n != first}
