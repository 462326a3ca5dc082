from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.checkout import QUICK, Checkout, checkout, history
from pipelines.demo.world.span import DAY, World
from pipelines.demo.world.story import Enrolment, stories


@pytest.fixture(scope="module")
def checkouts() -> list[tuple[Enrolment, Checkout]]:
    catalogue = Catalogue(World(learners=3000, days=180, seed=3, end=date(2026, 6, 30)))
    return [(order, checkout(story, order)) for story in stories(catalogue) for order in story.enrolments]


def test_an_order_goes_from_pending_to_its_outcome(checkouts: list[tuple[Enrolment, Checkout]]) -> None:
    for order, checked in checkouts:
        states = history(order, checked)
        assert states[0] == (order.ordered_at, "pending")
        assert states[-1][1] == order.outcome
        assert [at for at, _ in states] == sorted({at for at, _ in states})


def test_a_method_is_chosen_before_it_is_used(checkouts: list[tuple[Enrolment, Checkout]]) -> None:
    for order, checked in checkouts:
        if checked.method:
            assert order.ordered_at < checked.chosen_at < checked.expires_at
            assert checked.chosen_at < (order.paid_at or checked.closed_at or checked.expires_at)
        else:
            assert order.outcome in ("expired", "pending")


def test_wallets_are_quick_and_counters_take_a_day(checkouts: list[tuple[Enrolment, Checkout]]) -> None:
    for order, checked in checkouts:
        if checked.method in ("gopay", "qris", "shopeepay"):
            assert checked.expires_at == checked.chosen_at + QUICK
            assert order.paid_at <= checked.expires_at
        if checked.method in ("indomaret", "alfamart"):
            assert checked.expires_at == checked.chosen_at + DAY


def test_some_money_comes_after_the_deadline(checkouts: list[tuple[Enrolment, Checkout]]) -> None:
    late = Counter(c.method for order, c in checkouts if order.paid_at and c.expires_at < order.paid_at)
    assert sum(late[method] for method in ("bca", "bri", "bni", "echannel", "permata", "cimb")) > 3


def test_only_what_can_be_given_back_is_refunded(checkouts: list[tuple[Enrolment, Checkout]]) -> None:
    methods = {checked.method for order, checked in checkouts if order.outcome == "refunded"}
    assert methods == {"gopay", "qris", "shopeepay", "credit_card"}
