"""In whatever order and however often notifications come, and whatever forgeries among them: an order ends in one state."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import lake, projections
from pipelines.identity import keys
from pipelines.intake import treatments
from tests.desk import AS_OF, Desk, make_desk

KEY = "kunci-server-uji"
GROSS = "375000.00"


class State(NamedTuple):
    status: str
    code: str
    fraud: str | None = "accept"
    refunded: str | None = None


STATES = (
    State("pending", "201"),
    State("capture", "201", "challenge"),
    State("capture", "200"),
    State("capture", "200", "challenge"),
    State("settlement", "200"),
    State("settlement", "200", None),
    State("settlement", "201"),
    State("deny", "202", "deny"),
    State("expire", "407"),
    State("cancel", "200"),
    State("partial_refund", "200", "accept", "1000.00"),
    State("partial_refund", "200", "accept", GROSS),
    State("refund", "200", "accept", GROSS),
)
# What is told of an order: the states of up to two transactions.
ORDERS = st.lists(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(STATES)), min_size=1, max_size=6), min_size=1, max_size=25
)


def _of_transaction(states: set[State]) -> str:
    """The state of one transaction, worked out from the set of all that was told of it."""
    is_cancelled = any(state.status == "cancel" for state in states)
    successes = {state.status for state in states if state.code == "200" and state.fraud in ("accept", None)}
    refunds = {state.refunded for state in states if state.refunded}
    if refunds:
        return "refunded" if GROSS in refunds else "partially_refunded"
    if "settlement" in successes or ("capture" in successes and not is_cancelled):
        return "paid"
    return "failed" if any(state.status in ("deny", "expire", "cancel") for state in states) else "pending"


def _of_order(told: Sequence[tuple[str, State]]) -> str:
    found = {_of_transaction({state for name, state in told if name == each}) for each, _ in told}
    return next(each for each in ("paid", "partially_refunded", "refunded", "pending", "failed") if each in found)


def _line(number: int, name: str, state: State, *, key: str = KEY) -> str:
    order_id = f"order-{number}"
    told = {
        "order_id": order_id,
        "transaction_id": f"{order_id}-{name}",
        "transaction_status": state.status,
        "status_code": state.code,
        "gross_amount": GROSS,
        "signature_key": hashlib.sha512(f"{order_id}{state.code}{GROSS}{key}".encode()).hexdigest(),
        "transaction_time": "2026-05-04 10:00:00",
        "fraud_status": state.fraud,
        "refund_amount": state.refunded,
        "payment_type": "gopay",
    }
    return json.dumps({member: value for member, value in told.items() if value is not None})


def _final_states(desk: Desk, *, orders: int) -> list[str]:
    """What is projected of the payments, order by order."""
    with lake.writer_lock(desk.home):
        projections.project(desk.home, desk.ring, desk.terms, as_of=AS_OF)
    with duckdb.connect() as connection:
        connection.register("order_payments", desk.rows("order_payments"))
        key = treatments.keyed("'order-' || n", key=f"'{desk.ring.event_key().hex()}'", family="orders")
        numbered = f"select n, {key} as order_key from range({orders}) as numbers (n)"
        query = f"select payment_state from ({numbered}) join order_payments using (order_key) order by n"
        return [state for (state,) in connection.execute(query).fetchall()]


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(orders=ORDERS, data=st.data())
def test_any_order_and_repetition_of_notifications_ends_in_the_same_state(
    orders: list[list[tuple[str, State]]], data: st.DataObject
):
    genuine = [_line(n, name, state) for n, told in enumerate(orders) for name, state in told]
    forged = [_line(n, "a", data.draw(st.sampled_from(STATES)), key="") for n in range(len(orders))]
    again = data.draw(st.lists(st.sampled_from(genuine), max_size=20))
    lines: list[Any] = data.draw(st.permutations([*genuine, *again, *forged]))
    cut = data.draw(st.integers(0, len(lines)))
    with tempfile.TemporaryDirectory() as folder:
        desk = make_desk(Path(folder) / "home")
        keys.keep_secret(desk.home, "midtrans_server_key", KEY)
        desk.ring = keys.open_keyring(desk.home)
        quarantined = 0
        for name, part in enumerate((lines[:cut], lines[cut:])):
            desk.land("payments", f"{name}.jsonl", part)
            report = desk.run().get("payments")
            quarantined += report.quarantined.get("forged_signature", 0) if report else 0
        assert quarantined == len(forged)
        assert desk.rows("payments").height == len(set(genuine))
        assert _final_states(desk, orders=len(orders)) == [_of_order(told) for told in orders]
