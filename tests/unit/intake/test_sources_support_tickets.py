"""Messages to support: who wrote when, and nothing of what they wrote."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.desk import Desk


def message(number: int, **changes: Any) -> dict[str, Any]:
    row = {
        "ticket_id": "ticket-1",
        "message_id": f"message-{number}",
        "user_id": "user-1",
        "email": "sari@mail.example",
        "channel": "email",
        "author": "customer",
        "subject": "Tanya kelas",
        "body": "Halo, saya Sari, nomor 0812-0000-12345.",
        "created_at": "2026-05-04T10:00:00+07:00",
    }
    return {key: value for key, value in {**row, **changes}.items() if value is not None}


def test_texts_are_held_back_and_counted_and_stand_nowhere(desk: Desk):
    desk.land("support_tickets", "a.jsonl", [message(1), message(2, subject=None, author="agent")])
    report = desk.run()["support_tickets"]
    assert (report.accepted, report.marks) == (2, {"held_back:body": 2, "held_back:subject": 1})
    rows = desk.rows("support_tickets")
    assert not any(raw in str(rows.to_dicts()) for raw in ("Sari", "sari", "0812-", "Tanya", "ticket-1", "user-1"))
    assert (rows["ticket_key"].n_unique(), rows["event_key"].n_unique()) == (1, 2)


@pytest.mark.parametrize(
    "text", ["[Penting] tidak bisa masuk", "{galat}", "x" * 50_000, "baris\nbaris", "'; drop table"]
)
def test_whatever_a_text_looks_like_the_message_counts(desk: Desk, text: str):
    desk.land("support_tickets", "a.jsonl", [message(1, subject=text, body=text)])
    report = desk.run()["support_tickets"]
    assert (report.accepted, report.marks) == (1, {"held_back:body": 1, "held_back:subject": 1})


def test_a_text_that_waits_in_quarantine_is_not_counted_as_held_back(desk: Desk):
    desk.land("support_tickets", "a.jsonl", [message(1, created_at="kemarin")])
    assert "held_back:body" not in desk.run()["support_tickets"].marks


def test_a_message_that_comes_twice_is_one(desk: Desk):
    desk.land("support_tickets", "a.jsonl", [message(1), message(1)])
    desk.run()
    desk.land("support_tickets", "b.jsonl", [message(1), message(2)])
    report = desk.run()["support_tickets"]
    assert (report.accepted, report.duplicates, report.duplicates_with_other_content) == (1, 1, 0)
    desk.land("support_tickets", "c.jsonl", [message(2, channel="chat")])
    assert desk.run()["support_tickets"].duplicates_with_other_content == 1
    assert desk.rows("support_tickets")["channel"].to_list() == ["email", "email"]


def test_account_address_or_neither_names_the_customer(desk: Desk):
    at = "2026-05-01T00:00:00Z"
    account = {"user_id": "user-1", "email": "sari@mail.example", "registered_at": at, "updated_at": at}
    desk.land("accounts", "a.jsonl", [account])
    stranger = message(3, user_id=None, email="lain@mail.example")
    nobody = message(4, user_id=None, email=None)
    desk.land("support_tickets", "a.jsonl", [message(1, email=None), message(2, user_id=None), stranger, nobody])
    assert desk.run()["support_tickets"].accepted == 4
    counts = dict(desk.rows("support_tickets")["customer_pseudonym"].value_counts().iter_rows())
    assert counts.pop(None) == 1
    assert sorted(counts.values()) == [1, 2]
    assert desk.subjects() == 2


def test_an_unknown_channel_is_dropped_and_counted(desk: Desk):
    desk.land("support_tickets", "a.jsonl", [message(1, channel="0812-0000-12345")])
    assert desk.run()["support_tickets"].marks["dropped:channel"] == 1
    assert desk.rows("support_tickets")["channel"].to_list() == [None]


BAD = [
    ({"ticket_id": None}, "missing_required:ticket_id"),
    ({"message_id": None}, "missing_required:message_id"),
    ({"body": None}, "missing_required:body"),
    ({"body": ""}, "missing_required:body"),
    ({"created_at": None}, "missing_required:created_at"),
    ({"created_at": "2026-07-05T00:00:00Z"}, "in_the_future:created_at"),
    ({"author": "robot"}, "not_allowed:author"),
    ({"email": "tidak ada"}, "wrong_format:email"),
]


def test_bad_rows_wait_and_the_others_go_on(desk: Desk):
    desk.land(
        "support_tickets",
        "a.jsonl",
        [message(100), *(message(number, **change) for number, (change, _) in enumerate(BAD))],
    )
    report = desk.run()["support_tickets"]
    assert (report.accepted, report.quarantined) == (1, Counter(reason for _, reason in BAD))
