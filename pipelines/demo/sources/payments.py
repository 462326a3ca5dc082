"""Notifications of the payment service as they arrive: in order or not, once or again, and some that somebody made up.

What one looks like is in `midtrans`, how an order was paid for in `world.checkout`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Plant, Row
from pipelines.demo.sources.midtrans import DEMO_SERVER_KEY, State, Transaction, begin, notification, signature
from pipelines.demo.world import streams
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.checkout import QUICK, Checkout, checkout
from pipelines.demo.world.span import DAY, JAKARTA_OFFSET
from pipelines.demo.world.story import Enrolment, Story

__all__ = ["DEMO_SERVER_KEY", "of_learner"]

RETRIED = 0.04
OVERTAKEN = 0.03  # of the quick payments: news of the money is here before news of the attempt
SECOND_ATTEMPTS = 0.06
GOODWILL = 0.006
FORGED, ALTERED = 0.02, 0.003

_RETRY_SECONDS = (120, 300, 300, 900, 1800, 5400)
_REASONS = ("Permintaan pelanggan", "Jadwal bentrok dengan pekerjaan", "Salah pilih kursus", "Pembayaran ganda")


class Message(NamedTuple):
    """One notification on its way. `gross` and `signed` are empty unless somebody tampered with it."""

    transaction: Transaction
    state: State
    arrives_at: int
    plant: Plant | None = None
    gross: str = ""
    signed: str = ""

    @property
    def is_genuine(self) -> bool:
        """Whether the service sent it as it stands."""
        return not (self.gross or self.signed)


def of_learner(story: Story, catalogue: Catalogue, dirt: Dirt) -> Iterator[Row | Fact]:
    """Yield the notifications of a learner's orders, and a fact for each that lands."""
    end_at, stated = story.world.end_at, set[tuple[str, str]]()
    spoiling = story.rng("payments/dirt")
    for order in story.enrolments:
        if order.ordered_at >= end_at:
            continue
        rng = streams.rng(_key(story.world.seed, order.number), story.learner)
        for message in _messages(story, order, rng=rng):
            pause = rng.choice(_RETRY_SECONDS) + rng.randint(0, 20) if rng.random() < RETRIED else 0
            if message.arrives_at >= end_at:
                continue
            for identifier in message.transaction.identifiers:
                if identifier not in stated:
                    stated.add(identifier)
                    yield Fact("identifiers", (*identifier, f"learner/{story.learner}"))
            yield from _landed(story, message, pause, dirt=dirt, spoiling=spoiling)


def _landed(story: Story, message: Message, pause: int, *, dirt: Dirt, spoiling: random.Random) -> Iterator[Row | Fact]:
    """Yield a notification as it lands, and once more after a pause where the shop's answer was not heard."""
    order_id, sent_at = message.transaction.order_id, message.state.at
    line = notification(message.transaction, message.state, gross=message.gross, signed=message.signed)
    row = Row("payments", message.arrives_at, line, message.plant)
    rows = list(dirt.landed(row, key=order_id, rng=spoiling, occurred_at=sent_at * 1000, email=story.person.email))
    yield from rows
    yield _fact(message, rows[-1].at, sent_at=sent_at, is_repeated=False)
    again_at = message.arrives_at + pause
    is_repeatable = message.is_genuine and all(landed.plant is None for landed in rows)
    if pause and is_repeatable and again_at < story.world.end_at:
        plant = Plant("retry", "duplicate", key=order_id, occurred_at=sent_at * 1000)
        yield Row("payments", again_at, line, plant)
        yield _fact(message, again_at, sent_at=again_at, is_repeated=True)


def _fact(message: Message, arrived_at: int, *, sent_at: int, is_repeated: bool) -> Fact:
    transaction, state = message.transaction, message.state
    values = (
        transaction.order_id,
        transaction.transaction_id,
        state.status,
        state.code,
        message.gross or transaction.gross,
        state.fraud or None,
        sent_at,
        arrived_at,
        message.is_genuine,
        is_repeated,
        transaction.created_at,
        state.settled_at or None,
        sum(amount for _, amount in state.refunds),
    )
    return Fact("notifications", values)


def _messages(story: Story, order: Enrolment, *, rng: random.Random) -> Iterator[Message]:
    """Yield an order's notifications, those of an earlier attempt first, those of others last."""
    checked = checkout(story, order)
    if not checked.method:
        if rng.random() < FORGED:
            yield _forged(story, order, checked, None, rng=rng)
        return
    if order.paid_at and rng.random() < SECOND_ATTEMPTS and checked.chosen_at - order.ordered_at >= 20:
        yield from _earlier(story, order, checked, rng=rng)
    transaction = _begun(story, order, checked, rng=rng)
    states = _states(order, checked, rng=rng)
    yield from _sent(transaction, states, is_quick=0 < order.paid_at - order.ordered_at <= QUICK, rng=rng)
    if not order.paid_at and rng.random() < FORGED:
        yield _forged(story, order, checked, transaction, rng=rng)
    if order.paid_at and rng.random() < ALTERED:
        yield _altered(transaction, next(state for state in states if state.at == order.paid_at), rng=rng)


def _begun(story: Story, order: Enrolment, checked: Checkout, *, rng: random.Random) -> Transaction:
    return begin(
        order.order_id,
        checked.method,
        amount_idr=order.amount_idr - order.discount_idr,
        created_at=checked.chosen_at,
        expires_at=checked.expires_at,
        learner=story.learner,
        person=story.person,
        rng=rng,
    )


def _sent(transaction: Transaction, states: list[State], *, is_quick: bool, rng: random.Random) -> Iterator[Message]:
    arrivals = [state.at + rng.choice((0, 1, 1, 2, 2, 3, 5, 9)) for state in states]
    plants: list[Plant | None] = [None] * len(states)
    is_overtaken = rng.random() < OVERTAKEN and is_quick
    key, opening = transaction.order_id, states[0]
    if is_overtaken and opening.status == "pending" and len(states) > 1:
        arrivals[0] = arrivals[1] + rng.randint(0, 20)
        plants[0] = Plant("out_of_order", "accepted", key=key, occurred_at=opening.at * 1000)
    for place, state in enumerate(states[1:], start=1):
        if states[place - 1].status == "expire":
            plants[place] = Plant(
                "settled_after_expire", "accepted", "transaction_status", key, occurred_at=state.at * 1000
            )
    for state, arrives_at, plant in zip(states, arrivals, plants, strict=True):
        yield Message(transaction, state, arrives_at, plant)


def _states(order: Enrolment, checked: Checkout, *, rng: random.Random) -> list[State]:
    """The states of the transaction that the order ended with."""
    is_card = checked.method == "credit_card"
    fraud = "" if checked.method in ("indomaret", "alfamart") else "accept"
    states = [] if is_card and rng.random() < 0.4 else [State("pending", "201", fraud, checked.chosen_at)]
    ends_at = order.paid_at or checked.closed_at
    doubted = State("capture", "201", "challenge", checked.chosen_at + rng.randint(10, 20))
    is_doubted = is_card and ends_at - checked.chosen_at > QUICK and order.outcome != "expired"
    if is_doubted:
        states.append(doubted)
    if order.outcome == "denied":
        refused = "deny" if is_doubted or rng.random() < 0.15 else "accept"
        states.append(State("deny", "202", refused, checked.closed_at))
    elif order.outcome == "expired":
        states = states or [State("pending", "201", fraud, checked.chosen_at)]
        states.append(State("expire", "407", fraud, checked.closed_at))
    elif order.paid_at:
        states += _paid(order, checked, fraud=fraud, rng=rng)
    return states


def _paid(order: Enrolment, checked: Checkout, *, fraud: str, rng: random.Random) -> Iterator[State]:
    settled_at = order.paid_at
    if checked.method == "credit_card":
        yield State("capture", "200", fraud, order.paid_at)
        # Cards are settled in the afternoon of the next day.
        midnight = (order.paid_at + JAKARTA_OFFSET) // DAY * DAY - JAKARTA_OFFSET
        settled_at = midnight + DAY + rng.randint(15 * 3600, 17 * 3600)
        settled_at = min(settled_at, order.refunded_at - 600) if order.refunded_at else settled_at
    elif checked.expires_at < order.paid_at:
        yield State("expire", "407", fraud, checked.expires_at + rng.randint(1, 20))
    yield State("settlement", "200", fraud, settled_at, settled_at=settled_at)
    gross = order.amount_idr - order.discount_idr
    reason = rng.choice(_REASONS)
    if order.refunded_at:
        refunds: tuple[tuple[int, int], ...] = ()
        if rng.random() < 0.15:
            refunds = ((rng.randint(settled_at + 60, order.refunded_at - 60), gross // 2),)
            yield State("partial_refund", "200", fraud, refunds[0][0], settled_at, refunds, reason)
        rest = gross - sum(amount for _, amount in refunds)
        refunds = (*refunds, (order.refunded_at, rest))
        yield State("refund", "200", fraud, order.refunded_at, settled_at, refunds, reason)
    elif checked.method in ("gopay", "shopeepay", "credit_card") and rng.random() < GOODWILL:
        given_at = settled_at + rng.randint(DAY, 10 * DAY)
        refunds = ((given_at, gross // 4),)
        yield State("partial_refund", "200", fraud, given_at, settled_at, refunds, "Ganti rugi gangguan layanan")


def _earlier(story: Story, order: Enrolment, checked: Checkout, *, rng: random.Random) -> Iterator[Message]:
    """An attempt that came to nothing before the one that paid: a card declined, or a transfer thought better of."""
    method = rng.choice(("credit_card", "bca", "bni"))
    begins_at, ends_at = order.ordered_at + 3, checked.chosen_at - 2
    expires_at = begins_at + (QUICK if method == "credit_card" else DAY)
    before = checked._replace(method=method, chosen_at=begins_at, expires_at=expires_at)
    transaction = _begun(story, order, before, rng=rng)
    status, code = ("deny", "202") if method == "credit_card" else ("cancel", "200")
    states = [State("pending", "201", "accept", begins_at), State(status, code, "accept", ends_at)]
    yield from _sent(transaction, states, is_quick=False, rng=rng)


def _forged(
    story: Story, order: Enrolment, checked: Checkout, transaction: Transaction | None, *, rng: random.Random
) -> Message:
    """Somebody claims that an order was paid, without the key."""
    made_up = checked._replace(method="gopay", chosen_at=order.ordered_at + 60, expires_at=order.ordered_at + 960)
    if transaction is None or rng.random() < 0.5:
        transaction = _begun(story, order, made_up, rng=rng)
    at = transaction.created_at + rng.randint(300, 2 * DAY)
    guesses = (signature(order.order_id, "200", transaction.gross, key=""), f"{rng.getrandbits(512):0128x}")
    plant = Plant("forged_signature", "quarantined", "signature_key", order.order_id, occurred_at=at * 1000)
    state = State("settlement", "200", "accept", at, settled_at=at)
    return Message(transaction, state, at + rng.randint(0, 3), plant, signed=rng.choice(guesses))


def _altered(transaction: Transaction, paid: State, *, rng: random.Random) -> Message:
    """A genuine notification sent again with another amount, under the signature of the first."""
    at = paid.at + rng.randint(60, 1800)
    plant = Plant("altered_amount", "quarantined", "gross_amount", transaction.order_id, occurred_at=at * 1000)
    return Message(transaction, paid._replace(at=at), at + 1, plant, gross="1000.00")


@lru_cache(maxsize=64)
def _key(seed: int, number: int) -> int:
    return streams.key(seed, "payments", number)
