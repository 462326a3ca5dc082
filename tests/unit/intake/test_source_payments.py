"""Notifications of the payment service: believed by their signature alone, each state of a transaction once."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from pipelines import engine, intake
from pipelines.identity import keys
from pipelines.intake import quarantine
from tests.desk import COURSES, Desk

SERVER_KEY = "kunci-server-uji"


def signature(order_id: str, code: str, gross: str, *, key: str = SERVER_KEY) -> str:
    return hashlib.sha512(f"{order_id}{code}{gross}{key}".encode()).hexdigest()


def notification(number: int, status: str = "settlement", code: str = "200", **changes: Any) -> dict[str, Any]:
    order_id, gross = f"order-{number}", "375000.00"
    told = {
        "order_id": order_id,
        "transaction_id": f"transaction-{number}",
        "transaction_status": status,
        "status_code": code,
        "gross_amount": gross,
        "signature_key": signature(order_id, code, gross),
        "transaction_time": "2026-05-04 10:00:00",
        "settlement_time": "2026-05-04 10:09:00" if status == "settlement" else None,
        "fraud_status": "accept",
        "payment_type": "gopay",
        "currency": "IDR",
        "merchant_id": "G1",
        "masked_card": "48111111-1114",
        "va_numbers": [{"va_number": "900012345678", "bank": "bca"}],
        "customer_details": {"full_name": "Ayu Contoh", "email": "ayu@mail.example"},
        **changes,
    }
    return {name: value for name, value in told.items() if value is not None}


@pytest.fixture
def shop(desk: Desk) -> Desk:
    keys.keep_secret(desk.home, "midtrans_server_key", f"{SERVER_KEY}\n")
    desk.ring = keys.open_keyring(desk.home)
    return desk


def test_what_was_signed_is_stored_without_a_card_an_account_or_a_name(shop: Desk):
    shop.land("payments", "a.jsonl", [notification(1), notification(2, "pending", "201", settlement_time=None)])
    report = shop.run()["payments"]
    assert (report.accepted, report.quarantined, report.unknown_fields) == (2, {}, {})
    rows = shop.rows("payments").sort("occurred_at")
    kept = rows.select(
        "transaction_status", "status_code", "fraud_status", "payment_type", "gross_amount_idr", "currency"
    )
    assert kept.rows()[1] == ("settlement", "200", "accept", "gopay", 375000.0, "IDR")
    assert [at.isoformat() for at in rows["occurred_at"]] == ["2026-05-04T03:00:00", "2026-05-04T03:09:00"]
    text = str(rows.to_dicts())
    assert not [told for told in ("48111111", "900012345678", "Ayu", "ayu@", "order-", "transaction-1") if told in text]
    assert shop.subjects() == 0


@pytest.mark.parametrize(
    "change",
    [
        {"signature_key": signature("order-1", "200", "375000.00", key="")},
        {"signature_key": signature("order-1", "200", "375000.00", key="another")},
        {"signature_key": signature("order-2", "200", "375000.00")},
        {"signature_key": "0" * 128},
        {"signature_key": "pendek"},
        {"gross_amount": "1000.00"},
        {"status_code": "201"},
        {"order_id": "order-2"},
    ],
)
def test_what_the_shop_did_not_sign_waits_with_its_whole_text(shop: Desk, change: dict[str, Any]):
    forged = notification(1, **change)
    shop.land("payments", "a.jsonl", [notification(3), forged])
    report = shop.run()["payments"]
    assert (report.accepted, report.quarantined) == (1, {"forged_signature": 1})
    (file,) = quarantine.files_of(shop.home)
    with engine.connect() as connection:
        rows = connection.execute(f"select place, raw from {quarantine.read(connection, file, ring=shop.ring)}")
        ((place, raw),) = rows.fetchall()
    assert (place, json.loads(raw)) == (2, forged)


def test_an_amount_that_has_become_a_number_can_be_verified_no_more(shop: Desk):
    rows = [notification(1), notification(2, gross_amount=375000.0), notification(3, gross_amount=375000)]
    shop.land("payments", "a.jsonl", rows)
    report = shop.run()["payments"]
    assert (report.accepted, report.quarantined) == (1, {"wrong_type:gross_amount": 2})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"order_id": None}, "missing_required:order_id"),
        ({"transaction_id": None}, "missing_required:transaction_id"),
        ({"signature_key": None}, "missing_required:signature_key"),
        ({"transaction_status": "vanished"}, "not_allowed:transaction_status"),
        ({"fraud_status": "maybe"}, "not_allowed:fraud_status"),
        ({"currency": "USD"}, "not_allowed:currency"),
        ({"transaction_time": None, "settlement_time": None}, "missing_required:occurred_at"),
        ({"settlement_time": "kemarin"}, "wrong_type:occurred_at"),
        ({"refund_amount": "many"}, "wrong_type:refund_amount"),
        ({"refunds": [{"created_at": "later"}]}, "wrong_type:refunds"),
    ],
)
def test_a_bad_notification_waits_with_its_reason(shop: Desk, change: dict[str, Any], reason: str):
    shop.land("payments", "a.jsonl", [notification(1), notification(2, **change)])
    report = shop.run()["payments"]
    assert (report.accepted, report.quarantined) == (1, {reason: 1})


def test_a_notification_that_comes_again_is_a_duplicate_and_another_state_is_not(shop: Desk):
    given_back = {
        "refund_amount": "1000.00",
        "refunds": [{"refund_amount": "1000.00", "created_at": "2026-05-06 09:00:00"}],
    }
    more = {"refund_amount": "3000.00", "refunds": [*given_back["refunds"], {"created_at": "2026-05-07 09:00:00"}]}
    states = [
        notification(1, "pending", "201", settlement_time=None),
        notification(1, "capture", "201", fraud_status="challenge"),
        notification(1, "capture", "200"),
        notification(1),
        notification(1, "partial_refund", "200", **given_back),
        notification(1, "partial_refund", "200", **more),
        notification(1, "pending", "201", transaction_id="another"),
    ]
    shop.land("payments", "a.jsonl", [*states, states[3]])
    assert (report := shop.run()["payments"]).accepted == len(states)
    assert report.duplicates == 1
    shop.land("payments", "b.jsonl", [*reversed(states)])
    again = shop.run()["payments"]
    assert (again.accepted, again.duplicates, again.duplicates_with_other_content) == (0, len(states), 0)
    refunded = [at.isoformat() for at in shop.rows("payments")["refunded_at"].drop_nulls().sort()]
    assert refunded == ["2026-05-06T02:00:00", "2026-05-07T02:00:00"]


def test_a_genuine_signature_under_a_made_up_state_takes_no_ones_place(shop: Desk):
    # Midtrans signs order, code and amount: a state, a transaction and a time can be made up beside them.
    made_up = notification(1, transaction_id="transaction-2", settlement_time="2020-01-01 00:00:00")
    shop.land("payments", "a.jsonl", [made_up])
    shop.run()
    shop.land("payments", "b.jsonl", [notification(1), notification(2)])
    assert shop.run()["payments"].accepted == 2


def test_payments_and_orders_meet_in_the_orders_key(shop: Desk):
    order = {"order_id": "order-1", "user_id": "u", "course_id": "web-1", "created_at": "2026-05-04T09:00:00+07:00"}
    order |= {"amount_idr": 375000, "status": "paid"}
    shop.land("courses", "c.jsonl", COURSES)
    shop.land("orders", "o.jsonl", [order])
    shop.land("payments", "a.jsonl", [notification(1), notification(2)])
    shop.run()
    orders, payments = (set(shop.rows(name)["order_key"]) for name in ("orders", "payments"))
    assert len(payments) == 2
    assert orders < payments
    assert set(shop.rows("payments")["transaction_key"]).isdisjoint(payments)


def test_without_the_shops_key_payments_wait_and_all_else_goes_on(desk: Desk):
    desk.land("courses", "c.jsonl", COURSES)
    desk.land("web_access_log", "w.log", ['10.0.0.1 - - [04/May/2026:10:00:00 +0700] "GET / HTTP/1.1" 200 5 "-" "-"'])
    desk.land("payments", "a.jsonl", [notification(1)])
    with pytest.raises(intake.SourcesWait, match=r"payments: .*crosslife keys set midtrans_server_key") as waiting:
        desk.run()
    assert {report.source for report in waiting.value.reports} == {"courses", "web_access_log"}
    assert intake.pending(desk.home, desk.terms)
    assert desk.quarantined() == {}
    keys.keep_secret(desk.home, "midtrans_server_key", SERVER_KEY)
    desk.ring = keys.open_keyring(desk.home)
    assert desk.run()["payments"].accepted == 1


def test_where_no_payment_has_landed_nobody_asks_for_the_key(desk: Desk):
    desk.land("courses", "c.jsonl", COURSES)
    assert desk.run()["courses"].accepted == 1


def test_a_key_of_the_environment_does_as_well(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CROSSLIFE_MIDTRANS_SERVER_KEY", SERVER_KEY)
    desk.land("payments", "a.jsonl", [notification(1)])
    assert desk.run()["payments"].accepted == 1


def test_every_row_of_many_chunks_is_verified(shop: Desk, monkeypatch: pytest.MonkeyPatch):
    from pipelines.intake import chunks

    monkeypatch.setattr(chunks, "CHUNK_ROWS_TO_PROVE", 10)
    for name in range(3):
        rows = [notification(name * 100 + n, **({"gross_amount": "1.00"} if n % 5 == 0 else {})) for n in range(20)]
        shop.land("payments", f"{name}.jsonl", rows)
    report = shop.run()["payments"]
    assert (report.accepted, report.quarantined) == (48, {"forged_signature": 12})


def test_neither_key_nor_signature_stands_in_a_file_of_the_home(shop: Desk):
    shop.land("payments", "a.jsonl", [notification(1), notification(2, gross_amount="1.00")])
    shop.run()
    signatures = [notification(number)["signature_key"].encode() for number in (1, 2)]
    for file in shop.home.root.rglob("*"):
        if file.is_file() and "landing" not in file.parts:
            content = file.read_bytes()
            assert not [text for text in (SERVER_KEY.encode(), *signatures) if text in content], file
