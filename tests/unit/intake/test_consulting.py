from __future__ import annotations

from typing import Any

import pytest

from tests.desk import Desk

GRANTED = {"consent": {"categoryPreferences": {"analytics": True}}}
REFUSED = {"consent": {"categoryPreferences": {"analytics": False}}}


def call(number: int, at: str, *, context: dict[str, Any] | None = None, **ids: str) -> dict[str, Any]:
    ids = ids or {"anonymousId": "browser-1"}
    return {"messageId": f"m{number}", "type": "page", "timestamp": at, "context": context or {}, **ids}


def statement(number: int, at: str, *, granted: bool, purpose: str = "product_analytics", **ids: str) -> dict[str, Any]:
    return {
        "event_id": f"c{number}",
        **(ids or {"anonymous_id": "browser-1"}),
        "purpose": purpose,
        "granted": granted,
        "occurred_at": at,
        "policy_version": "1",
        "source": "banner",
        "evidence": f"p{number}",
    }


def consented(desk: Desk) -> list[bool]:
    rows = desk.rows("web_events").sort("event_key")
    assert rows.select("is_consented").height
    keyed = rows.filter(rows["visitor_pseudonym"].is_not_null() | rows["learner_pseudonym"].is_not_null())
    assert keyed["is_consented"].all()
    assert keyed.height == rows["is_consented"].sum()
    return sorted(rows["is_consented"].to_list())


MONDAY, TUESDAY, WEDNESDAY = (f"2026-05-0{day}T10:00:00Z" for day in (4, 5, 6))


@pytest.mark.parametrize(
    ("statements", "calls", "expected"),
    [
        ([], [call(1, TUESDAY)], [False]),
        ([], [call(1, TUESDAY, context=GRANTED)], [True]),
        ([statement(1, MONDAY, granted=True)], [call(1, TUESDAY)], [True]),
        ([statement(1, MONDAY, granted=True)], [call(1, TUESDAY, context=REFUSED)], [False]),
        ([statement(1, MONDAY, granted=True)], [call(1, TUESDAY, context={"gpc": True})], [False]),
        ([statement(1, MONDAY, granted=False)], [call(1, TUESDAY, context=GRANTED)], [False]),
        ([statement(1, WEDNESDAY, granted=False)], [call(1, TUESDAY, context=GRANTED)], [True]),
        ([statement(1, TUESDAY, granted=False)], [call(1, TUESDAY, context=GRANTED)], [False]),
        (
            [statement(1, MONDAY, granted=False), statement(2, TUESDAY, granted=True)],
            [call(1, MONDAY, context=GRANTED), call(2, WEDNESDAY)],
            [False, True],
        ),
        (
            [statement(1, MONDAY, granted=True), statement(2, MONDAY, granted=False)],
            [call(1, TUESDAY, context=GRANTED)],
            [False],
        ),
        ([statement(1, MONDAY, granted=False, purpose="newsletter")], [call(1, TUESDAY, context=GRANTED)], [True]),
        ([statement(1, MONDAY, granted=False, anonymous_id="other")], [call(1, TUESDAY, context=GRANTED)], [True]),
        # The same text as an id of another kind is another holder.
        ([statement(1, MONDAY, granted=False, user_id="browser-1")], [call(1, TUESDAY, context=GRANTED)], [True]),
        (
            [statement(1, MONDAY, granted=False, user_id="user-1")],
            [
                call(1, TUESDAY, context=GRANTED, anonymousId="browser-1", userId="user-1"),
                call(2, TUESDAY, context=GRANTED, userId="user-1"),
                call(3, TUESDAY, context=GRANTED, anonymousId="browser-1"),
            ],
            [False, False, True],
        ),
        (
            [statement(1, MONDAY, granted=True, user_id="user-1"), statement(2, MONDAY, granted=False)],
            [call(1, TUESDAY, anonymousId="browser-1", userId="user-1")],
            [False],
        ),
    ],
)
def test_what_the_row_and_the_ledger_say_decides(
    desk: Desk, statements: list[dict[str, Any]], calls: list[dict[str, Any]], expected: list[bool]
):
    desk.land("web_events", "w.jsonl", calls)
    desk.land("consents", "c.jsonl", statements)
    desk.run()
    assert consented(desk) == expected


def test_a_statement_that_is_stored_is_neither_changed_nor_told_twice(desk: Desk):
    desk.land("consents", "a.jsonl", [statement(1, MONDAY, granted=False)])
    desk.run()
    before = desk.rows("consents").to_dicts()
    assert before[0]["purpose"] == "product_analytics"
    desk.land("consents", "b.jsonl", [statement(1, MONDAY, granted=True), statement(2, TUESDAY, granted=True)])
    assert desk.run()["consents"].duplicates_with_other_content == 1
    after = desk.rows("consents").sort("occurred_at")
    assert after["is_granted"].to_list() == [False, True]
    assert after.to_dicts()[:1] == before


def test_what_is_said_of_one_purpose_says_nothing_of_another(desk: Desk):
    def spoke(number: int, *, analytics: bool, advertising: bool) -> dict[str, Any]:
        said = {"categoryPreferences": {"analytics": analytics, "advertising": advertising}}
        return call(number, TUESDAY, context={"consent": said})

    desk.land("web_events", "w.jsonl", [spoke(1, analytics=True, advertising=False)])
    desk.run()
    assert consented(desk) == [True]
    desk.land("web_events", "x.jsonl", [spoke(2, analytics=False, advertising=True)])
    desk.run()
    assert consented(desk) == [False, True]


def test_who_refused_is_nobody_in_the_vault(desk: Desk):
    desk.land("consents", "c.jsonl", [statement(1, MONDAY, granted=False)])
    desk.land("web_events", "w.jsonl", [call(1, TUESDAY, context=GRANTED)])
    desk.run()
    assert desk.subjects() == 0


def test_an_unknown_purpose_or_version_waits(desk: Desk):
    rows = [
        statement(1, MONDAY, granted=True, purpose="fun"),
        {**statement(2, MONDAY, granted=True), "policy_version": "9"},
    ]
    desk.land("consents", "c.jsonl", rows)
    desk.run()
    assert desk.quarantined() == {
        ("consents", "not_allowed:purpose"): 1,
        ("consents", "not_allowed:policy_version"): 1,
    }


def test_a_denied_call_keeps_a_page_that_nobody_else_was_on(desk: Desk):
    desk.land(
        "web_events", "w.jsonl", [call(1, TUESDAY, context={**REFUSED, "page": {"url": "https://a.example/harga?x=1"}})]
    )
    desk.run()
    assert desk.rows("web_events")["page_path"].to_list() == ["/harga"]


def test_an_alias_links_the_browser_that_was_to_the_user_and_its_refusal_counts(desk: Desk):
    alias = {"messageId": "a1", "type": "alias", "timestamp": TUESDAY, "context": GRANTED, "userId": "user-1"}
    desk.land("web_events", "w.jsonl", [call(1, MONDAY, context=GRANTED), {**alias, "previousId": "browser-1"}])
    desk.run()
    rows = desk.rows("web_events")
    assert rows["visitor_pseudonym"].n_unique() == 1
    links = desk.rows("identity_links")
    assert links["visitor_pseudonym"].to_list() == [rows["visitor_pseudonym"][0]]

    desk.land("consents", "c.jsonl", [statement(1, MONDAY, granted=False)])
    desk.land("web_events", "x.jsonl", [{**alias, "messageId": "a2", "previousId": "browser-1"}])
    assert desk.run()["web_events"].denied_consent == 1


@pytest.mark.parametrize("blank", [" ", "\t\n", "\u00a0", "\u3000 "])
def test_a_statement_under_blanks_alone_names_nobody_and_waits(desk: Desk, blank: str) -> None:
    named = {**statement(1, MONDAY, granted=False, email=blank)}
    desk.land("consents", "c.jsonl", [named])
    report = desk.run()["consents"]
    assert (report.accepted, report.quarantined) == (0, {"missing_required:user_id|anonymous_id|email": 1})
