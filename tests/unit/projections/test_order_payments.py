"""In which state an order ends, case by case: notifications of a case stand in an order in which they cannot have happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import duckdb
import pytest

from pipelines import contracts, settings

FIRST, SECOND, FIFTH = (datetime(2024, 1, day) for day in (1, 2, 5))  # noqa: DTZ001 - naive UTC, as the lake has it


class Told(NamedTuple):
    """One notification, as the lake has it."""

    transaction_status: str
    status_code: str = "200"
    fraud_status: str | None = "accept"
    occurred_at: datetime = FIRST
    transaction_key: int = 1
    refunded_amount_idr: int | None = None
    refunded_at: datetime | None = None


SETTLED = Told("settlement", occurred_at=SECOND)
PENDING = Told("pending", "201")
CAPTURED = Told("capture")
DOUBTED = Told("capture", "201", "challenge")
REFUNDED = Told("refund", occurred_at=SECOND, refunded_amount_idr=500, refunded_at=FIFTH)
PARTLY = REFUNDED._replace(transaction_status="partial_refund", refunded_amount_idr=100)

# What was told; the state, how many transactions, what was taken, what was given back, and when it was paid.
CASES: dict[str, tuple[list[Told], tuple[Any, ...]]] = {
    "settled, though it expired last": ([SETTLED, PENDING, Told("expire", "407")], ("paid", 1, 500, None, SECOND)),
    "only begun": ([PENDING], ("pending", 1, None, None, None)),
    "nothing told": ([], ("pending", 0, None, None, None)),
    "expired": ([Told("expire", "202"), PENDING], ("failed", 1, None, None, None)),
    "refunded": ([REFUNDED, SETTLED], ("refunded", 1, 500, 500, SECOND)),
    "charged back": ([REFUNDED._replace(transaction_status="chargeback")], ("refunded", 1, 500, 500, SECOND)),
    "a part given back": ([PARTLY], ("partially_refunded", 1, 500, 100, SECOND)),
    "all given back in parts": ([PARTLY._replace(refunded_amount_idr=500)], ("refunded", 1, 500, 500, SECOND)),
    "its risk in doubt, then refused": ([DOUBTED, Told("deny", "202", "deny")], ("failed", 1, None, None, None)),
    "its risk in doubt": ([Told("capture", "200", "challenge")], ("pending", 1, None, None, None)),
    "its risk in doubt, then accepted": ([CAPTURED, DOUBTED], ("paid", 1, 500, None, FIRST)),
    "its risk not judged": ([SETTLED._replace(fraud_status=None)], ("paid", 1, 500, None, SECOND)),
    "charged and cancelled": ([Told("cancel"), CAPTURED], ("failed", 1, None, None, None)),
    "cancelled, but settled": ([Told("cancel"), SETTLED], ("paid", 1, 500, None, SECOND)),
    "cancelled, and the next attempt settled": (
        [SETTLED._replace(transaction_key=2), Told("cancel")],
        ("paid", 2, 500, None, SECOND),
    ),
    "a settlement that is no success": ([Told("settlement", "201")], ("pending", 1, None, None, None)),
    "paid twice, once given back": ([SETTLED, REFUNDED._replace(transaction_key=2)], ("paid", 2, 500, None, SECOND)),
}
ORDERS = (
    "order_key bigint, buyer_pseudonym varchar, course_id varchar, created_at timestamp, status varchar, "
    "amount_idr bigint, discount_idr bigint"
)
PAYMENTS = (
    "order_key bigint, gross_amount_idr bigint, transaction_status varchar, status_code varchar, fraud_status varchar, "
    "occurred_at timestamp, transaction_key bigint, refunded_amount_idr bigint, refunded_at timestamp"
)


def answer(
    told: list[Told], *, status: str | None = "pending", price: tuple[int | None, int | None] = (600, 100)
) -> dict[str, Any]:
    query = contracts.load(settings.CONTRACTS_DIR).internal["order_payments"].query
    with duckdb.connect() as connection:
        connection.execute(
            f"create schema lake; create table lake.orders ({ORDERS}); create table lake.payments ({PAYMENTS})"
        )
        if status:
            order = [7, "buyer", "web-1", "2024-01-01", status, *price]
            connection.execute("insert into lake.orders values (?, ?, ?, ?, ?, ?, ?)", order)
        for each in told:
            connection.execute(f"insert into lake.payments values (7, 500{', ?' * len(each)})", list(each))
        (row,) = connection.execute(query).pl().to_dicts()
    return row


@pytest.mark.parametrize("case", CASES)
def test_an_order_ends_in_the_state_that_all_its_notifications_tell(case: str):
    told, expected = CASES[case]
    found = answer(told)

    parts = ("payment_state", "transactions", "paid_amount_idr", "refunded_amount_idr", "paid_at")
    assert tuple(found[part] for part in parts) == expected
    assert found["is_paid"] == (expected[0] in ("paid", "partially_refunded"))
    assert answer(told[::-1]) == found


def test_a_notification_without_its_order_has_neither_buyer_nor_course():
    found = answer([SETTLED], status=None)
    assert (found["payment_state"], found["buyer_pseudonym"], found["course_id"]) == ("paid", None, None)


@pytest.mark.parametrize("status", ["denied", "expired", "cancelled"])
def test_that_no_money_came_is_believed_of_the_shop(status: str):
    assert answer([], status=status)["payment_state"] == "failed"
    assert answer([PENDING], status=status)["payment_state"] == "failed"
    assert answer([SETTLED], status=status)["payment_state"] == "paid"


@pytest.mark.parametrize("status", ["paid", "refunded"])
def test_that_money_came_is_believed_of_the_payment_service_alone(status: str):
    assert answer([PENDING], status=status)["payment_state"] == "pending"
    assert not answer([], status=status)["is_paid"]


@pytest.mark.parametrize("told", [SETTLED, REFUNDED, Told("cancel")])
def test_what_is_told_over_another_sum_than_the_orders_is_told_of_no_order(told: Told):
    assert answer([told], price=(2500, None)) == answer([], price=(2500, None))
    assert answer([SETTLED, told], price=(500, None)) == answer([told, SETTLED], price=(500, 0))


def test_an_order_without_a_price_is_paid_by_any_sum():
    assert answer([SETTLED], price=(None, None))["payment_state"] == "paid"
