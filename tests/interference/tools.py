"""Rows of tools that write in a shape of their own: xAPI statements, what Meta is told, Midtrans' notifications."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from pipelines.contracts import Contracts, InboundContract
from tests.interference import people
from tests.interference.sample import SPARE, Row, Sample
from tests.interference.values import put, values

_SITE = "https://kelas.example/kursus"
_TYPE = "http://adlnet.gov/expapi/activities"
_VERB = "http://adlnet.gov/expapi/verbs"


def _at(number: int, *, on: str = people.LATER) -> str:
    return (datetime.fromisoformat(f"{on}+00:00") + timedelta(seconds=number)).isoformat()


def _activity(name: str, kind: str) -> Row:
    return {"id": f"{_SITE}/{name}", "definition": {"type": f"{_TYPE}/{kind}"}}


_COURSE, _MODULE = _activity("web-1", "course"), _activity("modul-1", "module")


def _statement(number: int, **changed: Any) -> Row:
    account = {"homePage": "https://kelas.example", "name": people.GRANTING}
    row: Row = {
        "id": f"x-{number}",
        "actor": {"objectType": "Agent", "account": account},
        "verb": {"id": f"{_VERB}/completed"},
        "object": _MODULE,
        "result": {"score": {"raw": 70, "max": 80}, "success": True},
        "context": {"contextActivities": {"grouping": [_COURSE]}},
        "timestamp": _at(number),
        "stored": _at(number),
    }
    for path, value in changed.items():
        row = put(row, path.replace("__", "."), value)
    return row


def _question(number: int) -> Row:
    around = {"parent": [_MODULE, _COURSE]}
    return _statement(
        number,
        verb__id=f"{_VERB}/answered",
        object=_activity("soal-1", "question"),
        context__contextActivities=around,
        result__score={"scaled": 0.5},
        actor={"objectType": "Agent", "mbox": f"mailto:{people.email_of(people.GRANTING)}"},
    )


def _grouped_question(number: int) -> Row:
    return put(_question(number), "context.contextActivities", {"grouping": [_MODULE, _COURSE]})


def _voiding(number: int) -> Row:
    return _statement(number, verb__id=f"{_VERB}/voided", object={"id": "id-lain"}, result={}, context={})


def _asked_of_a_course(number: int) -> Row:
    """About a course by its id, while another is named around it."""
    around = {"grouping": [_activity("web-2", "course")]}
    return _statement(number, object=_activity("web-1", "question"), context__contextActivities=around)


def _inside_another(number: int) -> Row:
    around = {"parent": [_activity("web-2", "course")]}
    return put(_asked_of_a_course(number), "context.contextActivities", around)


def _of_a_course(number: int) -> Row:
    return _statement(number, verb__id=f"{_VERB}/tidak-ada", object=_COURSE, context={}, result={"completion": True})


_STATED: Mapping[str, tuple[Any, ...]] = {
    "verb.id": tuple(f"{_VERB}/{name}" for name in ("registered", "initialized", "scored", "voided", "tidak-ada")),
    "object.id": (f"{_SITE}/modul-2", f"{_SITE}/web-1", f"{_SITE}/web-2"),
    "object.definition.type": (f"{_TYPE}/course", f"{_TYPE}/question"),
    "result.completion": (True, False),
    "result.score.raw": (60,),
    "result.score.max": (90,),
    "result.score.scaled": (0.25,),
    "result.success": (False,),
    "actor.objectType": ("Group",),
    "actor.account.name": (people.OTHER,),
    "actor.mbox": (f"mailto:{people.email_of(people.OTHER)}",),
}
_AROUND = (
    [_activity("web-1", "course")],
    [_activity("web-2", "course")],
    [_activity("modul-1", "course")],
    [_activity("modul-2", "module"), _COURSE],
    [_activity("tidak-ada", "course")],
    [_MODULE, _activity("soal-1", "course")],
)


def _xapi(contract: InboundContract, contracts: Contracts) -> Sample:
    def others(path: str, number: int) -> tuple[Any, ...]:
        if path.startswith("context.contextActivities."):
            return _AROUND
        if path == "id":
            return (f"x-{number + SPARE}",)
        if path in _STATED:
            return _STATED[path]
        return tuple(values(contract.field(path), contract, contracts, number))

    told = (_statement, _question, _grouped_question, _asked_of_a_course, _inside_another, _of_a_course, _voiding)
    return Sample(told, others, "occurred_at", "event_key")


_TOLD = {"event_source_url": f"{_SITE}", "custom_data.value": "7.5", "custom_data.currency": "IDR"}
_PERSON = {
    "user_data.external_id": people.GRANTING,
    "user_data.em": people.email_of(people.GRANTING),
    "user_data.ph": people.phone_of(people.GRANTING),
}
_PARAMETERS = {
    "event_source_url": "dl",
    "user_data.em": "ud[em]",
    "user_data.ph": "ud[ph]",
    "user_data.external_id": "ud[external_id]",
    "custom_data.value": "cd[value]",
    "custom_data.currency": "cd[currency]",
    "custom_data.content_ids": "cd[content_ids]",
    "data_processing_options": "dpo",
}


def _event(by: str) -> Callable[[int], Row]:
    def make(number: int) -> Row:
        row: Row = {"event_name": "Lead", "event_id": f"id-{number}", "event_time": _seconds(number)}
        row |= {"action_source": "app", "data_processing_options": []}
        for path, value in {**_TOLD, "custom_data.content_ids": ["web-1"], by: _PERSON[by]}.items():
            row = put(row, path, value)
        return row

    return make


def _seconds(number: int) -> int:
    return int(datetime.fromisoformat(_at(number)).timestamp())


def _hit_address(number: int, **changed: str | None) -> str:
    told = {"ev": "Lead", "eid": f"id-{number}", "ts": f"{_seconds(number)}000", "dl": _SITE, "cd[value]": "7.5"}
    told |= {"cd[currency]": "IDR", "cd[content_ids]": '["web-1"]', "ud[external_id]": people.GRANTING}
    parts = {**told, **changed}
    listed = "&".join(f"{name}={quote(text, safe='')}" for name, text in parts.items() if text is not None)
    return f"https://kelas.example/tr/?id=1&{listed}"


def _hit(number: int) -> Row:
    return {"url": _hit_address(number), "received_at": _at(number)}


def _untimed_hit(number: int) -> Row:
    """A hit that does not say when it happened, and names its person by address."""
    named = {"ud[external_id]": None, "ud[em]": people.email_of(people.GRANTING)}
    return {"url": _hit_address(number, ts=None, **named), "received_at": _at(number)}


def _addresses(contract: InboundContract, contracts: Contracts, number: int) -> tuple[str, ...]:
    asked = [
        {_PARAMETERS[field.path]: str(value)}
        for field in contract.fields
        if field.path in _PARAMETERS
        for value in (*_more(field.path), *values(field, contract, contracts, number)[1:])
    ]
    asked += [{"ev": "Purchase"}, {"eid": f"id-{number + SPARE}"}, {"ts": f"{_seconds(number) + 86_400}000"}]
    asked += [{"ud[external_id]": None, name: who} for name, who in (("ud[ph]", _PERSON["user_data.ph"]),)]
    return tuple(_hit_address(number, **each) for each in asked)


def _more(path: str) -> tuple[Any, ...]:
    own = {"data_processing_options": ('["LDU"]',), "event_source_url": (f"{_SITE}/web-1",)}
    return own.get(path, ())


def _meta_pixel(contract: InboundContract, contracts: Contracts) -> Sample:
    def others(path: str, number: int) -> tuple[Any, ...]:
        if path == "url":
            return _addresses(contract, contracts, number)
        if path in ("event_id", "event_time", "received_at"):
            at = {"received_at": (_at(number, on=people.EARLIER),)}
            earlier = datetime.fromisoformat(_at(number, on=people.EARLIER)).timestamp()
            later = (_seconds(number) + 86_400, int(earlier))
            return {"event_id": (f"id-{number + SPARE}",), "event_time": later, **at}[path]
        if path == "data_processing_options":
            return (["LDU"],)
        if path == "custom_data.content_ids":
            return (["web-2"], ["tidak-ada"])
        return (*_more(path), *values(contract.field(path), contract, contracts, number))

    bases = (*map(_event, _PERSON), _hit, _untimed_hit)
    return Sample(bases, others, "occurred_at", "event_key")


def _notification(number: int) -> Row:
    return {
        "order_id": f"pesanan-{number}",
        "transaction_id": f"id-{number}",
        "transaction_status": "settlement",
        "status_code": "200",
        "fraud_status": "accept",
        "gross_amount": "500.00",
        "currency": "IDR",
        "transaction_time": f"{_local(number)}",
        "settlement_time": f"{_local(number)}",
        "payment_type": "gopay",
        "refund_amount": "100.00",
        "refunds": [{"created_at": "2026-05-12 10:00:00"}],
    }


def _unsettled(number: int) -> Row:
    return {name: value for name, value in _notification(number).items() if name != "settlement_time"}


def _local(number: int, *, days: int = 0) -> str:
    moment = datetime.fromisoformat(_at(number)) + timedelta(hours=7, days=days)
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _signed(row: Row, path: str) -> Row:
    """Return a notification with the signature of what it says now, unless it is that which was changed."""
    if path == "signature_key":
        return row
    told = "".join(str(row.get(name, "")) for name in ("order_id", "status_code", "gross_amount"))
    return {**row, "signature_key": hashlib.sha512(f"{told}{people.SERVER_KEY}".encode()).hexdigest()}


def _midtrans(contract: InboundContract, contracts: Contracts) -> Sample:
    def others(path: str, number: int) -> tuple[Any, ...]:
        own: dict[str, tuple[Any, ...]] = {
            "order_id": (f"pesanan-{number + SPARE}",),
            "transaction_id": (f"id-{number + SPARE}",),
            "status_code": ("201",),
            "gross_amount": ("600.00", "x"),
            "refund_amount": ("200.00",),
            "transaction_time": (_local(number, days=1),),
            "settlement_time": (_local(number, days=1),),
            "refunds": ([{"created_at": "2026-05-13 10:00:00"}],),
            "signature_key": ("0" * 128,),
        }
        return own.get(path) or values(contract.field(path), contract, contracts, number)

    return Sample((_notification, _unsettled), others, "occurred_at", "transaction_key", _signed)


SAMPLES: Mapping[str, Callable[[InboundContract, Contracts], Sample]] = {
    "xapi": _xapi,
    "meta_pixel": _meta_pixel,
    "midtrans": _midtrans,
}
