from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.truth import audiences
from tests.truth.reading import JAKARTA

NOON = datetime(2026, 5, 10, 12, tzinfo=JAKARTA)
BEFORE, AFTER = "2026-05-09T00:00:00+07:00", "2026-05-11T00:00:00+07:00"
LEARNERS = [
    {"learner": 1, "user_id": "ann", "email": "Ann@example.com", "is_minor": False},
    {"learner": 2, "user_id": "ben", "email": "ben@example.com", "is_minor": True, "minority_told_at": AFTER},
]


def consent(number: int, *, granted: bool = True, at: str = BEFORE, **more: Any) -> dict[str, Any]:
    row = {"event_id": f"c{number}", "purpose": "ads_retargeting", "is_granted": granted, "user_id": "ann"}
    return {**row, "occurred_at": at, "arrived_at": at, **more}


def order(outcome: str = "pending", **more: Any) -> dict[str, Any]:
    row = {"order_id": "o1", "user_id": "ann", "course_id": "web", "created_at": BEFORE, "outcome": outcome}
    return {**row, **more}


def lead(event_name: str = "Lead", **more: Any) -> dict[str, Any]:
    row = {"event_name": event_name, "event_id": "p1", "occurred_at": BEFORE, "learner": 1, "advertising": True}
    return {**row, "gpc": False, "is_opted_out": False, **more}


def learning(kind: str, at: str = BEFORE) -> dict[str, Any]:
    row = {"event_id": kind, "user_id": "ann", "course_id": "web", "event_type": kind}
    return {**row, "occurred_at": at, "told_by": "native"}


@pytest.mark.parametrize(
    ("tables", "is_in"),
    [
        ({"orders": [order()]}, True),
        ({"orders": [order("denied")]}, True),
        ({"orders": [order("expired")]}, True),
        ({"orders": [order("paid", paid_at=BEFORE)]}, False),
        ({"orders": [order("paid", paid_at=AFTER)]}, True),
        ({"orders": [order("refunded", paid_at=BEFORE, refunded_at=BEFORE)]}, False),
        ({"orders": [order(created_at=AFTER)]}, False),
        ({"pixel_events": [lead()]}, True),
        ({"pixel_events": [lead("InitiateCheckout", course_id="web")]}, True),
        ({"pixel_events": [lead("PageView")]}, False),
        ({"pixel_events": [lead(advertising=None)]}, True),  # the ledger speaks where the row is silent
        ({"pixel_events": [lead(learner=None, told_by="image", anonymous_id="b1")]}, False),
        ({"pixel_events": [lead(is_opted_out=True)]}, False),
        ({"pixel_events": [lead(learner=None)]}, False),
        ({"pixel_events": [lead()], "orders": [order("paid", paid_at=BEFORE)]}, False),
        (
            {"pixel_events": [lead("InitiateCheckout", course_id="biz")], "orders": [order("paid", paid_at=BEFORE)]},
            True,
        ),
        ({"learning_events": [learning("enrolled")]}, True),
        ({"learning_events": [learning("enrolled"), learning("course_completed")]}, False),
        ({"learning_events": [learning("enrolled"), learning("course_completed", AFTER)]}, True),
        ({}, False),
    ],
)
def test_an_audience_holds_unfinished_registrations(tell, tables: dict[str, Any], is_in: bool):
    world = tell(learners=LEARNERS, consents=[consent(1)], **tables)
    assert audiences.retargeting(world, at=NOON) == ({"ann"} if is_in else set())


@pytest.mark.parametrize(
    ("consents", "is_in"),
    [
        ([], False),
        ([consent(1)], True),
        ([consent(1, at="2026-05-10T12:00:00+07:00")], True),
        ([consent(1, at="2026-05-10T12:00:01+07:00")], False),
        ([consent(1), consent(2, granted=False, at="2026-05-10T12:00:00+07:00")], False),
        ([consent(1, purpose="newsletter")], False),
        ([consent(1), consent(2, granted=False)], False),  # at one instant
        ([consent(1, granted=False), consent(2, at="2026-05-09T00:00:01+07:00")], True),
        ([consent(1, arrived_at=AFTER)], False),  # nobody knows of it yet
        ([consent(1, at="2026-05-08T00:00:00+07:00"), consent(2, granted=False, arrived_at=AFTER)], True),
        ([consent(1, user_id=None, email=" ann@EXAMPLE.com ")], True),
        ([consent(1), consent(2, granted=False, user_id=None, email="ann@example.com")], False),
        ([consent(1, user_id=None, anonymous_id="b1")], False),  # a browser's grant is not the account's
        ([consent(1), consent(2, granted=False, user_id=None, anonymous_id="b1")], False),
    ],
)
def test_an_audience_holds_nobody_without_consent_in_force(tell, consents: list[Any], is_in: bool):
    browsers = [{"anonymous_id": "b1", "owner": "learner", "number": 1, "gpc": False}]
    world = tell(learners=LEARNERS, consents=consents, browsers=browsers, orders=[order()])
    assert audiences.retargeting(world, at=NOON) == ({"ann"} if is_in else set())


def test_a_spoilt_grant_was_never_given(tell):
    planted = [{"source": "consents", "kind": "broken_json", "fate": "quarantined", "key": "c1"}]
    world = tell(learners=LEARNERS, consents=[consent(1)], orders=[order()], planted=planted)
    assert audiences.retargeting(world, at=NOON) == set()


@pytest.mark.parametrize(
    ("browser", "is_in"),
    [
        ({"owner": "learner", "number": 1, "gpc": True}, False),
        ({"owner": "learner", "number": 1, "advertising": False}, False),
        ({"owner": "learner", "number": 1, "advertising": None}, True),
        ({"owner": "learner", "number": 2, "gpc": True, "shared_with_learner": 1}, True),  # not her own
        ({"owner": "visitor", "number": 1, "gpc": True}, True),
    ],
)
def test_the_refusal_of_the_own_browser_is_not_undone(tell, browser: dict[str, Any], is_in: bool):
    browsers = [{"anonymous_id": "b1", "gpc": False, **browser}]
    world = tell(learners=LEARNERS, consents=[consent(1)], orders=[order()], browsers=browsers)
    assert audiences.retargeting(world, at=NOON) == ({"ann"} if is_in else set())


def test_a_child_is_in_no_audience_from_the_instant_it_is_known(tell):
    ben = {"user_id": "ben"}
    world = tell(learners=LEARNERS, consents=[consent(1, **ben)], orders=[order(**ben)])
    assert audiences.retargeting(world, at=NOON) == {"ben"}
    assert audiences.retargeting(world, at=datetime(2026, 5, 12, tzinfo=JAKARTA)) == set()


@pytest.mark.parametrize(("origin", "is_in"), [("pengaturan", True), ("impor", False), ("import", False)])
def test_an_import_brings_nobody_back_who_had_refused(tell, origin: str, is_in: bool):
    refused, again = "2026-05-08T00:00:00+07:00", consent(3, origin=origin)
    said = [consent(1, at="2026-05-07T00:00:00+07:00"), consent(2, granted=False, at=refused), again]
    world = tell(learners=LEARNERS, orders=[order()], consents=said)
    assert audiences.retargeting(world, at=NOON) == (frozenset({"ann"}) if is_in else frozenset())
