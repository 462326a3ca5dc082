"""How an order was paid for, or not: the method, its deadline, and the states the order went through.

The story says whether it was paid and when; what the payment service reports of it is in `sources.payments`.
"""

from __future__ import annotations

import random
from functools import lru_cache
from typing import NamedTuple

from pipelines.demo.world import streams
from pipelines.demo.world.span import DAY
from pipelines.demo.world.story import Enrolment, Story

QUICK = 900  # seconds; who takes longer pays by transfer or at a counter
UNDECIDED = 0.12  # of those who never pay: they did not choose a method
POSTED_LATE = 0.02  # of the transfers: the money comes after the deadline, and counts

_TRANSFERS = {"bca": 30, "bri": 18, "bni": 12, "echannel": 16, "permata": 6, "cimb": 5, "indomaret": 8, "alfamart": 5}
_METHODS = {
    "quick": {
        "gopay": 22, "qris": 20, "shopeepay": 10, "credit_card": 16, "bca": 14, "echannel": 6, "bri": 5, "bni": 4,
        "permata": 2, "cimb": 1,
    },
    "slow": _TRANSFERS | {"credit_card": 2},
    # Transfers and counters have no way back.
    "refunded": {"gopay": 30, "qris": 20, "shopeepay": 15, "credit_card": 35},
    "denied": {"credit_card": 80, "gopay": 10, "shopeepay": 10},
    "expired": _TRANSFERS | {"gopay": 18, "qris": 14, "shopeepay": 8, "credit_card": 6},
    "pending": _TRANSFERS,
}  # fmt: skip
_CHOICES = {name: (tuple(weights), tuple(weights.values())) for name, weights in _METHODS.items()}
_VIRTUAL_ACCOUNTS = frozenset({"bca", "bri", "bni", "permata", "cimb", "echannel"})


class Checkout(NamedTuple):
    """An order at the payment service. Instants are seconds; 0 where it never came to that.

    `method` is empty where none was chosen. `closed_at` is when an order was given up that was never paid.
    """

    method: str
    chosen_at: int
    expires_at: int
    closed_at: int


def checkout(story: Story, order: Enrolment) -> Checkout:
    """Return how an order was paid for."""
    rng = streams.rng(_key(story.world.seed, order.number), story.learner)
    waits = order.paid_at - order.ordered_at if order.paid_at else 0
    method = _method(order, waits, rng=rng)
    pause = rng.randint(5, 240)
    if not method:
        return Checkout("", 0, 0, order.ordered_at + DAY if order.outcome == "expired" else 0)
    chosen_at = order.ordered_at + (min(pause, waits // 3) if waits else pause)
    expires_at = chosen_at + (DAY if method in _TRANSFERS else QUICK)
    closed_at = 0
    if order.outcome == "expired":
        closed_at = expires_at + rng.randint(1, 90)
    elif order.outcome == "denied":
        # A card that is doubted is looked at by a person, who then declines.
        is_doubted = method == "credit_card" and rng.random() < 0.2
        closed_at = chosen_at + (rng.randint(3600, 20 * 3600) if is_doubted else rng.randint(20, 240))
    elif waits > QUICK and method in _VIRTUAL_ACCOUNTS and rng.random() < POSTED_LATE:
        expires_at = rng.randint((chosen_at + order.paid_at) // 2, order.paid_at - 60)
    return Checkout(method, chosen_at, expires_at, closed_at)


def history(order: Enrolment, checked: Checkout) -> list[tuple[int, str]]:
    """Return the instants of an order's states, and the states."""
    states = [(order.ordered_at, "pending")]
    if order.paid_at:
        states.append((order.paid_at, "paid"))
    if order.refunded_at:
        states.append((order.refunded_at, "refunded"))
    if checked.closed_at:
        states.append((checked.closed_at, order.outcome))
    return states


def _method(order: Enrolment, waits: int, *, rng: random.Random) -> str:
    kind = order.outcome
    if kind == "paid":
        kind = "quick" if waits <= QUICK else "slow"
    elif kind == "refunded" and waits > QUICK:
        return "credit_card"
    elif kind in ("expired", "pending") and rng.random() < UNDECIDED:
        return ""
    names, weights = _CHOICES[kind]
    return rng.choices(names, weights=weights)[0]


@lru_cache(maxsize=64)
def _key(seed: int, number: int) -> int:
    return streams.key(seed, "checkout", number)
