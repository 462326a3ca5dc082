"""Orders as the shop exports them: a row for each state, the newest last, and one fact for each order.

How an order was paid is in `world.checkout`; what the payment service says of it in `payments`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Row
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.checkout import checkout, history
from pipelines.demo.world.span import local_text
from pipelines.demo.world.story import Enrolment, Story

UNSEEN_SECONDS = 900
UNSEEN = 0.5  # of the orders that left their first state so soon: no export saw them in it


def of_learner(story: Story, catalogue: Catalogue, dirt: Dirt) -> Iterator[Row | Fact]:
    """Yield the rows and the fact of each of a learner's orders."""
    end_at = story.world.end_at
    rng, spoiling = story.rng("orders"), story.rng("orders/dirt")
    for order in story.enrolments:
        roll = rng.random()
        if order.ordered_at >= end_at:
            continue
        states = [state for state in history(order, checkout(story, order)) if state[0] < end_at]
        yield _fact(story, order, states)
        yield Fact("identifiers", ("order_id", order.order_id, f"learner/{story.learner}"))
        if len(states) > 1 and states[1][0] - states[0][0] < UNSEEN_SECONDS and roll < UNSEEN:
            del states[0]
        for place, (at, status) in enumerate(states, start=1):
            row = Row("orders", at, _line(story, order, status))
            created_at = order.ordered_at * 1000
            landed = dirt.landed(
                row, key=order.order_id, rng=spoiling, occurred_at=created_at, email=story.person.email
            )
            for item in landed:
                # A row says nothing of its own time: an older state must not land after a newer one.
                is_overtaken = place < len(states) and item.plant is not None and item.plant.kind == "late"
                yield row if is_overtaken else item


def _fact(story: Story, order: Enrolment, states: list[tuple[int, str]]) -> Fact:
    """State an order as it stands at the end."""
    reached = {status: at for at, status in states}
    values = (
        order.order_id,
        story.person.user_id,
        order.course.course_id,
        order.cohort.name or None,
        order.ordered_at,
        order.amount_idr,
        order.discount_idr,
        states[-1][1],
        reached.get("paid"),
        reached.get("refunded"),
    )
    return Fact("orders", values)


def _line(story: Story, order: Enrolment, status: str) -> str:
    return (
        f'{{"order_id":"{order.order_id}","user_id":"{story.person.user_id}","course_id":"{order.course.course_id}",'
        f'"created_at":"{local_text(order.ordered_at)}+07:00","amount_idr":{order.amount_idr},'
        f'"discount_idr":{order.discount_idr},"status":"{status}"}}'
    )
