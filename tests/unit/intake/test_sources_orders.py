"""Orders as the shop exports them: one row a state, and no word of when it was so."""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from typing import Any

import pytest

from tests.desk import COURSES, Desk

LIFE = ("pending", "paid", "refunded")


def order(name: str, status: str | None = "paid", **changes: Any) -> dict[str, Any]:
    row = {
        "order_id": name,
        "user_id": "buyer-1",
        "course_id": "web-1",
        "created_at": "2026-05-04T10:00:00+07:00",
        "amount_idr": 250000,
        "discount_idr": 25000,
        "status": status,
    }
    return {key: value for key, value in {**row, **changes}.items() if value is not None}


def take_in(desk: Desk, rows: list[dict[str, Any]]) -> dict[str, int]:
    desk.land("courses", "c.jsonl", COURSES)
    desk.land("orders", "a.jsonl", rows)
    return dict(desk.run()["orders"].quarantined)


@pytest.mark.parametrize("is_one_batch", [True, False])
def test_the_latest_status_of_an_orders_life_stands_in_whatever_order_the_files_come(desk: Desk, *, is_one_batch: bool):
    desk.land("courses", "c.jsonl", COURSES)
    orders = {"-".join(states): states for states in permutations(LIFE)}
    for place in range(len(LIFE)):
        desk.land("orders", f"{place}.jsonl", [order(name, states[place]) for name, states in orders.items()])
        if not is_one_batch:
            desk.run()
    desk.run()
    rows = desk.rows("orders")
    assert rows.height == len(orders)
    assert rows["status"].unique().to_list() == ["refunded"]


@pytest.mark.parametrize("lost", ["denied", "expired", "cancelled"])
def test_money_that_came_late_counts(desk: Desk, lost: str):
    take_in(desk, [order("first", "paid"), order("second", lost)])
    desk.land("orders", "b.jsonl", [order("first", lost), order("second", "paid")])
    assert desk.run()["orders"].superseded == 1
    assert desk.rows("orders")["status"].to_list() == ["paid", "paid"]


def test_of_two_rows_of_one_status_the_last_to_arrive_stands(desk: Desk):
    take_in(desk, [order("o", "paid", amount_idr=1), order("o", "paid", amount_idr=2)])
    assert desk.rows("orders")["amount_idr"].to_list() == [2]
    desk.land("orders", "b.jsonl", [order("o", "paid", amount_idr=3), order("o", None, amount_idr=4)])
    desk.run()
    assert desk.rows("orders")["amount_idr"].to_list() == [3]


def test_a_repeated_row_is_a_duplicate_even_where_a_later_status_overtook_both(desk: Desk):
    desk.land("courses", "c.jsonl", COURSES)
    desk.land("orders", "a.jsonl", [order("o", "pending"), order("o", "pending"), order("o", "paid")])
    report = desk.run()["orders"]
    assert (report.accepted, report.superseded, report.duplicates) == (1, 1, 1)


def test_a_replayed_state_brings_nothing_back(desk: Desk):
    desk.land("orders", "a.jsonl", [order("o", "paid"), order("o", "pending")])
    assert desk.run()["orders"].quarantined == {"unknown_course": 2}
    desk.land("courses", "c.jsonl", COURSES)
    report = desk.run()["orders"]
    assert (report.replayed, report.accepted, report.superseded) == (2, 1, 1)
    assert desk.rows("orders")["status"].to_list() == ["paid"]
    assert desk.quarantined() == {}


BAD = [
    ({"order_id": None}, "missing_required:order_id"),
    ({"user_id": None}, "missing_required:user_id"),
    ({"course_id": None}, "missing_required:course_id"),
    ({"created_at": None}, "missing_required:created_at"),
    ({"created_at": "kemarin"}, "wrong_type:created_at"),
    ({"amount_idr": "250.000"}, "wrong_type:amount_idr"),
    ({"amount_idr": 0.5}, "wrong_type:amount_idr"),
    ({"discount_idr": -1}, "out_of_range:discount_idr"),
    ({"status": "settled"}, "not_allowed:status"),
    ({"course_id": "nowhere"}, "unknown_course"),
]


def test_bad_rows_wait_and_the_others_go_on(desk: Desk):
    rows = [order(f"bad-{number}", **change) for number, (change, _) in enumerate(BAD)]
    assert take_in(desk, [order("good"), *rows]) == Counter(reason for _, reason in BAD)
    assert desk.rows("orders").height == 1


def test_an_order_of_a_known_buyer_is_not_refused_for_its_age(desk: Desk):
    take_in(desk, [order("o", "paid", created_at="2014-01-01T00:00:00Z"), order("young", "paid")])
    assert sorted(at.year for at in desk.rows("orders")["created_at"]) == [2014, 2026]


def test_an_old_order_of_a_buyer_known_from_nothing_else_is_refused(desk: Desk):
    take_in(desk, [order("o", "paid", created_at="2014-01-01T00:00:00Z")])
    assert (desk.rows("orders").height, desk.subjects()) == (0, 0)


def test_buyers_and_learners_do_not_join_and_no_id_is_stored(desk: Desk):
    at = "2026-05-04T00:00:00Z"
    account = {"user_id": "buyer-1", "email": "buyer@mail.example", "registered_at": at, "updated_at": at}
    desk.land("accounts", "a.jsonl", [account])
    take_in(desk, [order("CLM-0001-0", "paid"), order("CLM-0002-0", "paid")])
    rows = desk.rows("orders")
    assert rows["buyer_pseudonym"].n_unique() == 1
    assert set(rows["buyer_pseudonym"]).isdisjoint(desk.rows("accounts")["learner_pseudonym"])
    assert rows["order_key"].n_unique() == 2
    assert desk.subjects() == 1
    assert not any(raw in str(rows.to_dicts()) for raw in ("CLM-", "buyer-1"))
