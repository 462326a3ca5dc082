from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Row
from pipelines.demo.sources import orders, payments
from pipelines.demo.truth import TABLES
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.span import World
from pipelines.demo.world.story import Story, stories

COLUMNS = tuple(TABLES["notifications"])
JAKARTA = timezone(timedelta(hours=7))
Items = list[Row | Fact]


@pytest.fixture(scope="module")
def told_stories() -> list[Story]:
    return list(stories(Catalogue(World(learners=6000, days=180, seed=3, end=date(2026, 6, 30)))))


def everything(told_stories: list[Story], *, level: float) -> Items:
    catalogue = Catalogue(told_stories[0].world)
    dirt = Dirt(catalogue.world, level=level)
    return [item for story in told_stories for item in payments.of_learner(story, catalogue, dirt)]


@pytest.fixture(scope="module")
def clean(told_stories: list[Story]) -> Items:
    return everything(told_stories, level=0)


@pytest.fixture(scope="module")
def rows(clean: Items) -> list[tuple[Row, dict[str, Any]]]:
    return [(item, json.loads(item.line)) for item in clean if isinstance(item, Row)]


@pytest.fixture(scope="module")
def facts(clean: Items) -> list[dict[str, Any]]:
    return [
        dict(zip(COLUMNS, item.values, strict=True))
        for item in clean
        if isinstance(item, Fact) and item.table == "notifications"
    ]


@pytest.fixture(scope="module")
def outcomes(told_stories: list[Story]) -> dict[str, tuple[str, int]]:
    """What became of each order by the end, and what was to be paid, from the orders' own facts."""
    catalogue = Catalogue(told_stories[0].world)
    clean = Dirt(catalogue.world, level=0)
    names = tuple(TABLES["orders"])
    found = {}
    for story in told_stories:
        for item in orders.of_learner(story, catalogue, clean):
            if isinstance(item, Fact) and item.table == "orders":
                fact = dict(zip(names, item.values, strict=True))
                gross = int(str(fact["amount_idr"])) - int(str(fact["discount_idr"]))
                found[str(fact["order_id"])] = (str(fact["outcome"]), gross)
    return found


def is_signed(document: dict[str, Any]) -> bool:
    text = document["order_id"] + document["status_code"] + document["gross_amount"] + payments.DEMO_SERVER_KEY
    return hashlib.sha512(text.encode()).hexdigest() == document["signature_key"]


def is_success(document: dict[str, Any]) -> bool:
    return (
        document["status_code"] == "200"
        and document["transaction_status"] in ("settlement", "capture")
        and document.get("fraud_status", "accept") == "accept"
    )


def clock(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=JAKARTA).timestamp())


def test_the_signature_tells_the_genuine_from_the_forged(
    rows: list[tuple[Row, dict[str, Any]]], facts: list[dict[str, Any]]
) -> None:
    assert len(rows) == len(facts)
    for (row, document), fact in zip(rows, facts, strict=True):
        forged = row.plant is not None and row.plant.kind in ("forged_signature", "altered_amount")
        assert is_signed(document) is fact["is_genuine"] is not forged
        assert fact["order_id"] == document["order_id"]
        assert fact["transaction_id"] == document["transaction_id"]
        assert fact["transaction_status"] == document["transaction_status"]
        assert fact["gross_amount"] == document["gross_amount"]
        assert fact["fraud_status"] == document.get("fraud_status")
        assert fact["sent_at"] <= fact["arrived_at"] == row.at


def test_genuine_notifications_lead_to_the_order_s_outcome(
    rows: list[tuple[Row, dict[str, Any]]], outcomes: dict[str, tuple[str, int]], told_stories: list[Story]
) -> None:
    told: dict[str, set[str]] = defaultdict(set)
    paid = set()
    for _, document in rows:
        if is_signed(document):
            told[document["order_id"]].add(document["transaction_status"])
            if is_success(document):
                paid.add(document["order_id"])
    # What happened in the last hour may not have been told by the end.
    end_at = told_stories[0].world.end_at
    recent = {
        order.order_id
        for story in told_stories
        for order in story.enrolments
        for at in (order.paid_at, order.refunded_at)
        if end_at - 3600 <= at
    }
    mismatched = {
        order_id
        for order_id, (outcome, _) in outcomes.items()
        if (order_id in paid) != (outcome in ("paid", "refunded")) and order_id not in recent
    }
    assert not mismatched
    for order_id, (outcome, _) in outcomes.items():
        if outcome in ("expired", "denied") and told[order_id]:
            assert {"expired": "expire", "denied": "deny"}[outcome] in told[order_id]
        if order_id not in recent:
            assert ("refund" in told[order_id]) == (outcome == "refunded")


def test_some_who_never_pay_never_choose_a_method(
    rows: list[tuple[Row, dict[str, Any]]], outcomes: dict[str, tuple[str, int]]
) -> None:
    notified = {document["order_id"] for _, document in rows}
    silent = Counter(outcome for order_id, (outcome, _) in outcomes.items() if order_id not in notified)
    assert silent["expired"] > 0.05 * sum(outcome == "expired" for outcome, _ in outcomes.values())
    assert silent["paid"] + silent["refunded"] + silent["denied"] <= 2


def test_the_amount_is_what_was_to_be_paid(
    rows: list[tuple[Row, dict[str, Any]]], outcomes: dict[str, tuple[str, int]]
) -> None:
    for row, document in rows:
        altered = row.plant is not None and row.plant.kind == "altered_amount"
        assert (document["gross_amount"] == f"{outcomes[document['order_id']][1]}.00") is not altered
        refunded = sum(float(refund["refund_amount"]) for refund in document.get("refunds", ()))
        assert refunded == float(document.get("refund_amount", 0))
        if document["transaction_status"] == "refund":
            assert refunded == float(document["gross_amount"])


def test_forgeries_claim_orders_that_nobody_paid(
    rows: list[tuple[Row, dict[str, Any]]], outcomes: dict[str, tuple[str, int]]
) -> None:
    forged = [document for row, document in rows if row.plant and row.plant.kind == "forged_signature"]
    assert len(forged) > 5
    for document in forged:
        assert is_success(document)
        assert outcomes[document["order_id"]][0] not in ("paid", "refunded")


def test_values_are_strings_and_times_have_no_offset(rows: list[tuple[Row, dict[str, Any]]]) -> None:
    nested = {"va_numbers", "payment_amounts", "refunds", "customer_details"}
    for row, document in rows:
        assert all(isinstance(value, str) for name, value in document.items() if name not in nested)
        assert clock(document["transaction_time"]) <= row.at
        assert clock(document["transaction_time"]) < clock(document["expiry_time"])
        if "settlement_time" in document:
            assert clock(document["transaction_time"]) < clock(document["settlement_time"]) <= row.at
        if document["transaction_status"] == "expire":
            assert clock(document["expiry_time"]) <= row.at


def test_methods_and_states_are_of_every_kind(rows: list[tuple[Row, dict[str, Any]]]) -> None:
    methods = Counter(document["payment_type"] for _, document in rows)
    assert set(methods) == {"bank_transfer", "echannel", "gopay", "qris", "shopeepay", "credit_card", "cstore"}
    states = {(d["transaction_status"], d["status_code"], d.get("fraud_status", "")) for _, d in rows}
    assert {
        ("pending", "201", "accept"),
        ("settlement", "200", "accept"),
        ("settlement", "200", ""),
        ("capture", "200", "accept"),
        ("capture", "201", "challenge"),
        ("deny", "202", "accept"),
        ("deny", "202", "deny"),
        ("expire", "407", "accept"),
        ("cancel", "200", "accept"),
        ("refund", "200", "accept"),
        ("partial_refund", "200", "accept"),
    } <= states


def test_oddities_of_every_kind_are_planted(rows: list[tuple[Row, dict[str, Any]]]) -> None:
    kinds = Counter((row.plant.kind, row.plant.fate) for row, _ in rows if row.plant)
    assert set(kinds) == {
        ("retry", "duplicate"),
        ("out_of_order", "accepted"),
        ("settled_after_expire", "accepted"),
        ("forged_signature", "quarantined"),
        ("altered_amount", "quarantined"),
    }


def test_a_repetition_follows_the_same_notification(
    clean: Items, rows: list[tuple[Row, dict[str, Any]]], facts: list[dict[str, Any]]
) -> None:
    first: dict[str, int] = {}
    for row, _ in rows:
        if row.plant and row.plant.kind == "retry":
            assert row.at - first[row.line] > 100
        else:
            assert row.line not in first
            first[row.line] = row.at
    repeated = [fact["is_repeated"] for fact in facts]
    assert repeated == [row.plant is not None and row.plant.kind == "retry" for row, _ in rows]


def test_what_is_out_of_order_arrives_after_the_money(rows: list[tuple[Row, dict[str, Any]]]) -> None:
    paid_at = {d["transaction_id"]: row.at for row, d in reversed(rows) if is_success(d)}
    overtaken = [(row, d) for row, d in rows if row.plant and row.plant.kind == "out_of_order"]
    assert overtaken
    assert all(d["transaction_status"] == "pending" for _, d in overtaken)
    assert all(paid_at[d["transaction_id"]] <= row.at for row, d in overtaken)


def test_numbers_that_could_be_paid_to_are_nobody_s(rows: list[tuple[Row, dict[str, Any]]]) -> None:
    for _, document in rows:
        for number in document.get("va_numbers", ()):
            assert "0000" in number["va_number"]
        for name in ("permata_va_number", "bill_key", "payment_code"):
            assert "0000" in document.get(name, "0000")


def test_every_identifier_is_stated_once_and_of_one_learner(
    clean: Items, rows: list[tuple[Row, dict[str, Any]]]
) -> None:
    stated = [item.values for item in clean if isinstance(item, Fact) and item.table == "identifiers"]
    assert len({values[:2] for values in stated}) == len(stated)
    written = set()
    for _, document in rows:
        written.add(("transaction_id", document["transaction_id"]))
        written |= {("va_number", number["va_number"]) for number in document.get("va_numbers", ())}
        for name in ("masked_card", "bill_key", "payment_code"):
            if name in document:
                written.add((name, document[name]))
        if "permata_va_number" in document:
            written.add(("va_number", document["permata_va_number"]))
    assert {values[:2] for values in stated} == written


def test_nothing_is_sent_after_the_end_and_the_same_twice_is_equal(clean: Items, told_stories: list[Story]) -> None:
    assert all(item.at < told_stories[0].world.end_at for item in clean if isinstance(item, Row))
    assert everything(told_stories[:300], level=3) == everything(told_stories[:300], level=3)


def test_a_spoilt_notification_is_never_its_own_repetition(told_stories: list[Story]) -> None:
    items = everything(told_stories[:2500], level=20)
    accepted = {item.line for item in items if isinstance(item, Row) and item.plant is None}
    retried = [item for item in items if isinstance(item, Row) and item.plant and item.plant.kind == "retry"]
    assert retried
    assert all(item.line in accepted for item in retried)
