from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from tests.truth import payments, revenue, settlements
from tests.truth.reading import JAKARTA, World
from tests.unit.truth.telling import Row, quarantined


def order(name: str, user: str = "ann", course: str = "web", **more: Any) -> Row:
    return {"order_id": name, "user_id": user, "course_id": course, "outcome": "paid", **more}


def told(name: str, status: str = "settlement", at: str = "05-04T10:00:00", **more: Any) -> Row:
    """A notification, sent at the instant at which its transaction began; a settlement settles then."""
    instant = f"2026-{at}+07:00"
    return {
        "order_id": name,
        "transaction_id": f"t-{name}",
        "transaction_status": status,
        "status_code": "200",
        "gross_amount": "1000.00",
        "sent_at": instant,
        "arrived_at": instant,
        "is_genuine": True,
        "is_repeated": False,
        "begun_at": instant,
        "settled_at": instant if status == "settlement" else None,
        "refunded_idr": 0,
        **more,
    }


def states(world: World) -> dict[str, tuple[str, int, int]]:
    rows = settlements.paid_orders(world).select("order_id", "payment_state", "paid_idr", "refunded_idr").rows()
    return {name: (state, paid, back) for name, state, paid, back in rows}


def test_only_what_the_payment_service_says_is_paid_is_paid(tell):
    world = tell(
        orders=[order(name) for name in ("settled", "charged", "doubted", "called off", "waits", "forged", "untold")],
        notifications=[
            told("settled", "pending", status_code="201"),
            told("settled"),
            told("charged", "capture", fraud_status="accept"),
            told("doubted", "capture", fraud_status="challenge"),
            told("called off", "capture"),
            told("called off", "cancel"),
            told("waits", "pending", status_code="201"),
            told("forged", is_genuine=False),
        ],
    )
    assert states(world) == {"settled": ("paid", 1_000, 0), "charged": ("paid", 1_000, 0)}


def test_what_is_given_back_adds_up_to_the_latest_word(tell):
    world = tell(
        orders=[order(name) for name in ("in part", "whole", "bit by bit", "refund alone")],
        notifications=[
            told("in part"),
            told("in part", "partial_refund", refunded_idr=250),
            told("in part", "partial_refund", refunded_idr=400),
            told("whole"),
            told("whole", "refund", refunded_idr=1_000),
            told("bit by bit"),
            told("bit by bit", "partial_refund", refunded_idr=1_000),
            told("refund alone", "refund", refunded_idr=1_000),
        ],
    )
    assert states(world) == {
        "in part": ("partially_refunded", 1_000, 400),
        "whole": ("refunded", 1_000, 1_000),
        "bit by bit": ("refunded", 1_000, 1_000),
        "refund alone": ("refunded", 1_000, 1_000),
    }


def test_money_comes_in_when_it_was_settled_or_charged(tell):
    world = tell(
        orders=[order("1"), order("2")],
        notifications=[
            told("1", "pending", at="05-03T10:00:00", status_code="201"),
            told("1", at="05-03T10:00:00", settled_at="2026-05-04T10:00:00+07:00"),
            told("2", "capture", at="05-03T10:00:00"),
            told("2", at="05-03T10:00:00", settled_at="2026-05-04T10:00:00+07:00"),
        ],
    )
    days = [datetime.fromtimestamp(at / 1000, JAKARTA).day for at in settlements.paid_orders(world)["paid_at"]]
    assert days == [4, 3]


def test_a_month_is_that_of_jakarta_and_counts_buyers_once(tell):
    last = {"settled_at": "2026-05-31T23:59:59+07:00"}
    world = tell(
        orders=[order("1"), order("2"), order("3", "ben"), order("4", course="biz"), order("5")],
        notifications=[
            told("1", **last),
            told("2", **last, gross_amount="500.00"),
            told("3", **last),
            told("3", "refund", refunded_idr=1_000, at="06-01T10:00:00", **last),
            told("4", **last),
            told("5", settled_at="2026-05-31T17:00:00+00:00"),
        ],
    )
    as_of = datetime(2026, 6, 30, 23, 59, 59, tzinfo=JAKARTA)
    assert revenue.monthly(world, as_of=as_of).rows() == [
        ("2026-05", "biz", True, 1, 1, 1_000, 0),
        ("2026-05", "web", True, 2, 3, 2_500, 1_000),
        ("2026-06", "web", False, 1, 1, 1_000, 0),
    ]


def test_a_notification_that_was_lost_leaves_what_the_others_tell(tell):
    lost = quarantined("payments", "1", occurred_at="2026-05-05T10:00:00+07:00")
    world = tell(
        orders=[order("1")],
        notifications=[told("1"), told("1", "refund", at="05-05T10:00:00", refunded_idr=1_000)],
        planted=[lost],
    )
    assert states(world) == {"1": ("paid", 1_000, 0)}


def test_an_order_of_which_no_row_arrived_has_no_buyer(tell):
    planted = [quarantined("orders", name, file="orders/orders.csv", line=line) for name, line in (("1", 2), ("2", 3))]
    world = tell(
        orders=[order("1"), order("2")],
        notifications=[told("1"), told("2")],
        files=[{"source": "orders", "file": "orders/orders.csv", "rows": 3}],
        planted=planted,
    )
    _land(world, "orders/orders.csv", "order_id,status\n1,pending\n2,pending\n2,paid\n")
    assert set(states(world)) == {"2"}


def test_the_platform_knows_of_sound_orders_what_the_shop_knows(tell):
    world = tell(
        orders=[
            order("1", created_at="2026-05-04T10:00:00+07:00", paid_at="2026-05-04T10:00:00+07:00"),
            order("2", outcome="denied", created_at="2026-05-04T10:00:00+07:00"),
        ],
        notifications=[told("1"), told("2", "deny", status_code="202")],
    )
    shop = dict(payments.outcomes(world).select("order_id", "payment_state").iter_rows())
    assert shop == {"1": "paid", "2": "failed"}
    assert set(states(world)) == {"1"}


def _land(world: World, name: str, text: str) -> None:
    file: Path = world.folder.parent / "landing" / name
    file.parent.mkdir(parents=True)
    file.write_text(text)
