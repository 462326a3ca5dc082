"""When and why somebody writes: the scenarios that suit a learner's story, each with the instants at which it may.

What is then written is in `dialogue`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.demo.sources.tickets.case import COUNTERS, VIRTUAL_ACCOUNTS
from pipelines.demo.world import streams
from pipelines.demo.world.checkout import checkout
from pipelines.demo.world.span import DAY, JAKARTA_OFFSET
from pipelines.demo.world.story import Enrolment, Story
from pipelines.demo.world.study import Step, steps

REGISTERS = {"formal": 30, "chat": 40, "english": 20, "mixed": 10}
_CHANNELS = {
    "formal": {"email": 62, "form": 28, "whatsapp": 10},
    "chat": {"whatsapp": 44, "chat": 36, "form": 12, "email": 8},
    "english": {"email": 52, "form": 22, "chat": 18, "whatsapp": 8},
    "mixed": {"whatsapp": 40, "chat": 36, "email": 24},
}
_ANY_TIME = {
    "login.reset": 7, "login.code": 4, "login.locked": 4, "contact.phone": 3, "data.erase": 3, "data.copy": 2,
    "marketing.stop": 4, "question.course": 5, "group.friends": 3, "suggestion.wish": 2,
    "payment.voucher": 2,
}  # fmt: skip
_HOURS = (0, 5, 6, 7, 8, 9, 9, 10, 10, 11, 12, 13, 13, 14, 15, 16, 17, 18, 19, 19, 20, 20, 21, 21, 22, 23)
_SHORTEST = 900


class Occasion(NamedTuple):
    """A reason to write between two instants. `reached` counts the modules done by then."""

    scenario: str
    weight: float
    first: int
    last: int
    enrolment: Enrolment | None = None
    reached: int = 0


def occasion(story: Story, *, after: int, rng: random.Random) -> Occasion | None:
    """Draw a reason for a learner to write after an instant; None where nothing is left of their time."""
    world = story.world
    first, last = max(after, story.registered_at + _SHORTEST, world.start_at), min(story.leaves_at, world.end_at - 1)
    found = []
    for candidate in _all(story, first=first, last=last):
        within = candidate._replace(first=max(candidate.first, first), last=min(candidate.last, last))
        if within.last - within.first >= _SHORTEST:
            found.append(within)
    return rng.choices(found, weights=[each.weight for each in found])[0] if found else None


def instant(first: int, last: int, *, rng: random.Random) -> int:
    """Draw an instant at an hour at which people write, where the time between leaves a choice."""
    at = rng.randint(first, last)
    if last - first < 3 * DAY:
        return at
    midnight = at - (at + JAKARTA_OFFSET) % DAY
    wished = midnight + rng.choice(_HOURS) * 3600 + rng.randrange(3600)
    return wished if first <= wished <= last else at


def channel(register: str, *, rng: random.Random) -> str:
    """Draw the channel of somebody who writes in a register."""
    weights = _CHANNELS[register]
    return rng.choices(list(weights), weights=list(weights.values()))[0]


def register(*, rng: random.Random) -> str:
    """Draw the register in which somebody writes."""
    return rng.choices(list(REGISTERS), weights=list(REGISTERS.values()))[0]


def _all(story: Story, *, first: int, last: int) -> Iterator[Occasion]:
    ordered = [order for order in story.enrolments if order.ordered_at < last]
    latest = ordered[-1] if ordered else None
    for scenario, weight in _ANY_TIME.items():
        joined = latest if scenario in ("login.reset", "marketing.stop", "data.erase") else None
        start = joined.ordered_at if joined else first
        yield Occasion(scenario, weight, start, last, joined)
    if story.person.second_email:
        yield Occasion("contact.email", 12, first, last)
    for order in ordered:
        if order.paid_at:
            yield from _of_paid(story, order, last=last)
        else:
            yield from _of_unpaid(story, order)


def _of_unpaid(story: Story, order: Enrolment) -> Iterator[Occasion]:
    at, method = order.ordered_at, checkout(story, order).method
    if method == "credit_card":
        yield Occasion("payment.card", 40, at + 300, at + 2 * DAY, order)
    elif order.outcome in ("expired", "pending"):
        yield Occasion("payment.lapsed", 12, at + DAY, at + 4 * DAY, order)


def _of_paid(story: Story, order: Enrolment, *, last: int) -> Iterator[Occasion]:
    cohort, method = order.cohort, checkout(story, order).method
    if method in VIRTUAL_ACCOUNTS or method in COUNTERS or method == "echannel":
        yield Occasion("payment.unseen", 20, order.ordered_at + 600, order.paid_at - 60, order)
    yield Occasion("invoice.npwp", 5, order.paid_at + 600, order.paid_at + 40 * DAY, order)
    if story.minority is None:
        yield Occasion("identity.nik", 1.5, order.enrolled_at + DAY, last, order)
    if order.refunded_at:
        yield Occasion("refund.granted", 30, order.enrolled_at + 3600, order.refunded_at, order)
        return
    yield Occasion("refund.denied", 2, order.paid_at + 16 * DAY, order.paid_at + 60 * DAY, order)
    yield Occasion("suggestion.wish", 2, order.enrolled_at + 3 * DAY, last, order)
    yield Occasion("suggestion.access", 3, order.enrolled_at + 3600, last, order)
    if cohort.name:
        yield Occasion("cohort.move", 5, order.enrolled_at + 3600, cohort.starts_at + 20 * DAY, order)
    yield from _of_studies(story, order, last=last)


def _of_studies(story: Story, order: Enrolment, *, last: int) -> Iterator[Occasion]:
    """What comes up while somebody learns; only what they reached can trouble them."""
    done = _done(story, order)
    completed_at = next((step.at for step in done if step.kind == "course_completed"), 0)
    modules = [step for step in done if step.kind == "module_completed" and step.at < last]
    for number, step in enumerate([*modules[:1], *modules[2:6:2]]):
        module = step.module + (1 if number else 0)
        yield Occasion("video.stuck", 3.5, step.at - DAY, step.at + 5 * DAY, order, module)
        yield Occasion("progress.stuck", 3, step.at + 60, step.at + 4 * DAY, order, module)
        yield Occasion("assignment.brief", 2.5, step.at, step.at + 8 * DAY, order, module)
        yield Occasion("complaint.content", 1.3, step.at + 9 * DAY, step.at + 20 * DAY, order, module)
    if completed_at:
        modules_all = len(order.course.modules)
        yield Occasion("certificate.name", 7, completed_at + 3600, completed_at + 60 * DAY, order, modules_all)
        yield Occasion("certificate.missing", 4, completed_at + 3600, completed_at + 12 * DAY, order, modules_all)


def _done(story: Story, order: Enrolment) -> list[Step]:
    """What the learner does in the course: the same steps that the learning sources tell."""
    chance = streams.rng(streams.key(story.world.seed, "study", order.number), story.learner)
    return steps(order, diligence=story.channel.completion, leaves_at=story.leaves_at, rng=chance)
