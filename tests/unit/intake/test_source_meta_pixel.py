"""What is kept of what Meta was told, and of whom."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from pipelines.identity import matching
from tests.desk import COURSES, Desk

AT = int(datetime(2026, 5, 5, 10, tzinfo=UTC).timestamp())
MONDAY, TUESDAY, WEDNESDAY = (f"2026-05-0{day}T10:00:00Z" for day in (4, 5, 6))
PAGE = "https://mastery.crosslife.example/kursus?utm_id=secret-1"
EMAIL, PHONE = "learner12@example.com", "6281200000001"


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def event(number: int = 1, **changes: Any) -> dict[str, Any]:
    row = {
        "event_name": "Lead",
        "event_time": AT,
        "event_id": f"lead.{number}",
        "event_source_url": PAGE,
        "action_source": "website",
        "user_data": {
            "external_id": [sha("u-1")],
            "client_ip_address": "198.18.0.1",
            "fbp": "fb.1.1.2",
            "fbc": "fb.1.1.x",
        },
        "custom_data": {"value": 1000, "currency": "IDR", "content_ids": ["web-1"]},
    }
    return {key: value for key, value in {**row, **changes}.items() if value is not None}


def hit(number: int = 1, *, name: str = "Lead", more: str = "", user: str | None = None) -> dict[str, Any]:
    named = f"&ud[external_id]={user or sha('u-1')}&eid={name.lower()}.{number}"
    url = f"/tr?id=9&ev={name}&dl={quote(PAGE, safe='')}&ts={AT}130&fbp=fb.1.1.2&sw=360{named}{more}"
    return {"received_at": TUESDAY, "url": url, "ip": "198.18.0.1", "user_agent": "Mozilla/5.0"}


def account(user_id: str = "u-1", **known: Any) -> dict[str, Any]:
    row = {"user_id": user_id, "email": " Learner12@Example.com", "phone": "0812-0000-0001"}
    return {**row, "registered_at": MONDAY, "updated_at": MONDAY, **known}


def statement(number: int = 1, at: str = MONDAY, *, granted: bool = True, **ids: str) -> dict[str, Any]:
    said = {"event_id": f"c{number}", "purpose": "ads_retargeting", "granted": granted, "occurred_at": at}
    return {**said, "policy_version": "1", **(ids or {"user_id": "u-1"})}


def taken(
    desk: Desk, rows: list[Any], *, statements: list[Any] | None = None, accounts: list[Any] | None = None
) -> list[dict[str, Any]]:
    desk.land("courses", "c.jsonl", COURSES)
    desk.land("accounts", "a.jsonl", [account()] if accounts is None else accounts)
    desk.land("consents", "c.jsonl", [statement()] if statements is None else statements)
    desk.land("meta_pixel", "p.jsonl", rows)
    desk.run()
    found = desk.rows("meta_pixel")
    return found.sort("event_key", nulls_last=True).to_dicts() if found.height else []


def filled(row: dict[str, Any]) -> set[str]:
    return {name for name, value in row.items() if value is not None} - {"policy_version", "folder"}


@pytest.mark.parametrize(
    "row", [event(), hit(more="&cd[value]=1000&cd[currency]=IDR&cd[content_ids]=%5B%22web-1%22%5D")]
)
def test_a_consented_event_keeps_these_columns(desk: Desk, row: dict[str, Any]):
    [kept] = taken(desk, [row])
    told_by = "browser" if "url" in row else "server"
    assert (kept["told_by"], kept["event_name"], kept["page_path"], kept["action_source"]) == (
        told_by,
        "Lead",
        "/kursus",
        "website",
    )
    assert (kept["value"], kept["currency"], kept["course_id"], kept["is_consented"]) == (1000.0, "IDR", "web-1", True)
    assert kept["occurred_at"] == datetime(2026, 5, 5, 10)  # noqa: DTZ001 - naive UTC
    assert len(kept["person_pseudonym"]) == 32


def test_a_denied_event_keeps_name_page_and_day_alone(desk: Desk):
    kept = taken(desk, [event(), hit(2)], statements=[])
    assert [filled(row) for row in kept] == [{"event_key", "event_name", "page_path", "is_consented"}] * 2
    assert {(row["is_consented"], row["folder"]) for row in kept} == {(False, "dt=2026-05-05")}


def test_no_cookie_address_or_agent_is_stored_of_anybody(desk: Desk):
    kept = str(taken(desk, [event(), hit(2), event(3, user_data={"em": EMAIL, "ph": PHONE})]))
    assert not any(text in kept for text in ("fb.1", "198.18", "Mozilla", "secret", EMAIL, PHONE, sha("u-1"), "lead."))


def test_whoever_consented_is_found_however_the_event_names_them(desk: Desk):
    named: list[dict[str, Any]] = [
        {"external_id": "u-1"},
        {"external_id": ["u-1"]},
        {"external_id": sha("u-1")},
        {"external_id": [sha("nobody"), sha("u-1")]},
        {"em": sha(EMAIL)},
        {"em": [f" {sha(EMAIL).upper()} "]},
        {"em": " LEARNER12@example.com"},
        {"em": [sha("nobody@example.com"), EMAIL]},
        {"ph": sha(PHONE)},
        {"ph": ["+62 812 0000 0001"]},
        {"external_id": sha("nobody"), "em": sha(EMAIL)},
    ]
    rows = taken(desk, [event(number, user_data=user_data) for number, user_data in enumerate(named)])
    assert [row["is_consented"] for row in rows] == [True] * len(named)
    assert {row["person_pseudonym"] for row in rows} == {rows[0]["person_pseudonym"]}
    assert desk.subjects() == 1


@dataclass(frozen=True)
class Person:
    """Somebody of a case: what they are called, and what they state."""

    number: int

    @property
    def user_id(self) -> str:
        return f"u-{self.number}"

    @property
    def browser(self) -> str:
        return f"b-{self.number}"

    @property
    def email(self) -> str:
        return f"learner{self.number}@example.com"

    @property
    def phone(self) -> str:
        return f"62812000{self.number:05}"

    def says(self, at: str = MONDAY, *, granted: bool = True, **ids: str) -> dict[str, Any]:
        made = statement(0, at, granted=granted, **(ids or {"user_id": self.user_id}))
        return {**made, "event_id": f"{made['granted']}/{at}/{self.number}/{ids}"}

    def told(self, **changes: Any) -> dict[str, Any]:
        return event(self.number, **{"user_data": {"external_id": sha(self.user_id)}, **changes})


Case = Callable[[Person], tuple[list[dict[str, Any]], dict[str, Any]]]
REFUSED: dict[str, Case] = {
    "nothing stated": lambda p: ([], p.told()),
    "refused": lambda p: ([p.says(granted=False)], p.told()),
    "granted later": lambda p: ([p.says(WEDNESDAY)], p.told()),
    "withdrawn": lambda p: ([p.says(), p.says(TUESDAY, granted=False)], p.told()),
    "another purpose": lambda p: ([{**p.says(), "purpose": "newsletter"}], p.told()),
    "opted out": lambda p: ([p.says()], p.told(opt_out=True)),
    "limited use": lambda p: ([p.says()], p.told(data_processing_options=["LDU"])),
    "names nobody": lambda p: ([p.says()], p.told(user_data={})),
    "no user data": lambda p: ([p.says()], p.told(user_data=None)),
    "a hash cut short": lambda p: ([p.says()], p.told(user_data={"em": sha(p.email)[:-1]})),
    "the address refused": lambda p: ([p.says(), p.says(granted=False, email=p.email.upper())], p.told()),
    "the address of a phone's owner refused": lambda p: (
        [p.says(), p.says(granted=False, email=p.email)],
        p.told(user_data={"ph": sha(p.phone)}),
    ),
    "of two who are named one refused": lambda p: (
        [p.says(), p.says(granted=False, user_id="u-x")],
        p.told(user_data={"external_id": [sha(p.user_id), sha("u-x")]}),
    ),
    "the browser refused": lambda p: (
        [p.says(), p.says(granted=False, anonymous_id=p.browser)],
        p.told(user_data={"external_id": sha(p.browser), "em": sha(p.email)}),
    ),
    "the browser refused, unhashed": lambda p: (
        [p.says(), p.says(granted=False, anonymous_id=p.browser)],
        p.told(user_data={"external_id": p.browser, "em": sha(p.email)}),
    ),
    "a browser's grant where a user's id belongs": lambda p: (
        [p.says(anonymous_id=p.browser)],
        p.told(user_data={"external_id": p.browser}),
    ),
}


def test_without_a_grant_or_with_a_refusal_nobody_is_kept(desk: Desk):
    people = [Person(number) for number in range(len(REFUSED))]
    cases = [case(person) for case, person in zip(REFUSED.values(), people, strict=True)]
    kept = taken(
        desk,
        [row for _, row in cases],
        statements=[each for stated, _ in cases for each in stated],
        accounts=[account(p.user_id, email=p.email, phone=p.phone) for p in people],
    )
    assert len(kept) == len(REFUSED)
    assert {(row["is_consented"], row["person_pseudonym"]) for row in kept} == {(False, None)}
    assert desk.subjects() == len(people)


def test_a_refusal_in_a_hit_is_heard(desk: Desk):
    [kept] = taken(desk, [hit(more="&dpo=LDU&dpoco=0&dpost=0")])
    assert not kept["is_consented"]


def test_the_pseudonym_is_that_of_whoever_grants(desk: Desk):
    named = {"external_id": sha("u-unknown"), "em": sha(EMAIL)}
    rows = taken(desk, [event(1), event(2, user_data=named)])
    assert {row["person_pseudonym"] for row in rows} == {rows[0]["person_pseudonym"]}
    assert rows[0]["is_consented"]


@pytest.mark.parametrize("named", [{"external_id": sha("u-2")}, {"em": [sha(EMAIL), sha("other@example.com")]}])
def test_a_row_that_names_two_people_is_nobodys(desk: Desk, named: dict[str, Any]):
    # Kept under one of them, a later refusal of the other would never find it.
    accounts = [account(), account("u-2", email="other@example.com", phone=None)]
    [kept] = taken(desk, [event(2, user_data={"em": sha(EMAIL), **named})], accounts=accounts)
    assert (kept["is_consented"], kept["person_pseudonym"]) == (False, None)


def test_a_browser_that_consented_is_kept_without_being_known(desk: Desk):
    [kept] = taken(desk, [hit(user=sha("b-1"))], statements=[statement(anonymous_id="b-1")])
    assert (kept["is_consented"], kept["person_pseudonym"], desk.subjects()) == (True, None, 1)


def test_a_hash_makes_nobody_known_and_a_user_id_does_where_its_owner_grants(desk: Desk):
    rows = [event(1, user_data={"external_id": sha("u-9"), "em": sha("nobody@example.com")})]
    [kept] = taken(desk, rows, statements=[statement(user_id="u-9")], accounts=[])
    assert (kept["is_consented"], kept["person_pseudonym"], desk.subjects()) == (True, None, 0)
    desk.land("meta_pixel", "q.jsonl", [event(2, user_data={"external_id": "u-9"})])
    desk.run()
    assert desk.subjects() == 1


def test_an_unknown_user_id_without_a_grant_makes_nobody_known(desk: Desk):
    taken(desk, [event(user_data={"external_id": "u-9"})], statements=[statement()], accounts=[])
    assert desk.subjects() == 0


def test_browser_and_server_tell_of_one_event(desk: Desk):
    rows = taken(desk, [event(), hit(), event(2), hit(2, name="Contact")])
    assert len(rows) == 3


@pytest.mark.parametrize("late", [0, -5])
def test_what_the_browser_refused_the_server_does_not_grant(desk: Desk, late: int):
    [kept] = taken(desk, [event(event_time=AT + late), hit(more="&dpo=LDU")])
    assert not kept["is_consented"]


def test_the_earliest_of_two_tellers_stays(desk: Desk):
    [kept] = taken(desk, [event(event_time=AT + 3), hit()])
    assert kept["told_by"] == "browser"


def test_events_without_an_id_are_events_of_their_own(desk: Desk):
    rows = taken(desk, [event(event_id=None), event(event_id=None)])
    assert [row["event_key"] for row in rows] == [None, None]


def test_bad_rows_wait_with_their_reasons(desk: Desk):
    bad: list[tuple[Any, str]] = [
        (event(event_name=None), "missing_required:event_name"),
        (event(event_time=None), "missing_required:event_time"),
        (event(event_time="2026-05-05T10:00:00Z"), "wrong_type:event_time"),
        (event(event_time=AT * 1000), "wrong_type:event_time"),
        (event(event_time=AT + 90 * 86400), "in_the_future:event_time"),
        (event(opt_out="perhaps"), "wrong_type:opt_out"),
        (event(event_source_url={"a": 1}), "wrong_type:event_source_url"),
        ({**hit(), "url": "/pixel?ev=Lead"}, "wrong_format:told_by"),
        ({**hit(), "url": {"ev": "Lead"}}, "wrong_format:told_by"),
        ({"received_at": TUESDAY, "ip": "198.18.0.1"}, "missing_required:event_name"),
        (hit(more="&ev=Purchase"), "repeated_field"),
        ('{"event_name": "Lead", "event_time": 1', "malformed"),
    ]
    assert len(taken(desk, [event(7), *(row for row, _ in bad)])) == 1
    assert desk.quarantined() == Counter(("meta_pixel", reason) for _, reason in bad)


def test_a_value_that_cannot_be_used_is_dropped_and_counted_and_its_row_stays(desk: Desk):
    spoilt = event(
        2,
        event_name="Reaction",
        user_data={"external_id": sha("u-1"), "em": [sha(EMAIL)[:-1], sha(EMAIL)], "ph": ["-"]},
        custom_data={"currency": "XXX", "content_ids": ["nowhere"]},
        event_source_url="no address at all",
        action_source="dream",
    )
    desk.land("meta_pixel", "p.jsonl", [event(), spoilt])
    desk.land("courses", "c.jsonl", COURSES)
    desk.land("accounts", "a.jsonl", [account()])
    desk.land("consents", "c.jsonl", [statement()])
    report = desk.run()["meta_pixel"]
    assert (report.accepted, report.denied_consent) == (2, 0)
    dropped = (
        "action_source",
        "custom_data.content_ids",
        "custom_data.currency",
        "event_name",
        "user_data.em",
        "user_data.ph",
    )
    assert report.marks == {f"dropped:{path}": 1 for path in dropped}
    assert desk.rows("meta_pixel").filter(desk.rows("meta_pixel")["event_name"].is_null())["page_path"].to_list() == [
        "/:unlisted"
    ]


def test_what_nobody_speaks_of_is_counted_by_name(desk: Desk):
    desk.land(
        "meta_pixel", "p.jsonl", [event(debug=1), event(2, user_data={"shoe": 1}), hit(3, more="&colour=red&a%40b=1")]
    )
    unknown = desk.run()["meta_pixel"].unknown_fields
    assert unknown == {"debug": 1, "user_data.shoe": 1, "url.colour": 1, "url.(unprintable)": 1}


def test_browsers_that_land_with_the_pixel_are_known_to_it(desk: Desk):
    call = {"messageId": "m1", "type": "page", "anonymousId": "b-1", "timestamp": MONDAY}
    desk.land("web_events", "w.jsonl", [{**call, "context": {"consent": {"categoryPreferences": {"analytics": True}}}}])
    [kept] = taken(desk, [hit(user=sha("b-1"))], statements=[statement(anonymous_id="b-1")], accounts=[])
    assert kept["person_pseudonym"] is not None


def test_the_pages_are_those_of_the_website(desk: Desk):
    fields = [
        desk.terms.inbound["web_events"].field("context.page.url"),
        desk.terms.inbound["meta_pixel"].field("event_source_url"),
    ]
    assert fields[0].path_templates == fields[1].path_templates != ()


def test_the_taxonomy_says_what_each_hash_stands_for(desk: Desk):
    kinds = desk.terms.taxonomy.identifier_kinds
    assert {name: kind.stands_for for name, kind in kinds.items() if kind.stands_for} == matching.STANDS_FOR


def test_every_line_of_a_long_mixed_file_is_accounted_for(desk: Desk):
    strange = [
        "/tr?",
        "/tr?&&&",
        "/tr?ev",
        "/tr?ev=%ff&ts=1",
        "/tr?ud[em]=[",
        "/tr?cd[content_ids]=[%22",
        "",
        "\u0001",
        "/tr?ev=a&dl=%",
    ]
    rows = [{"url": url, "received_at": TUESDAY} for url in strange]
    rows += [
        event(number, user_data=bad)
        for number, bad in enumerate([[], "x", {"em": "["}, {"em": [[]]}, {"em": [None, 1, {}]}, {"ph": "["}])
    ]
    desk.land("consents", "c.jsonl", [statement()])
    desk.land("meta_pixel", "p.jsonl", [json.dumps(row) for row in rows])
    report = desk.run()["meta_pixel"]
    assert report.rows_in == len(rows) == report.accepted + report.duplicates + sum(report.quarantined.values())
