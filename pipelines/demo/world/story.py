"""The story of one learner: how they came, who they are to the platform, what they ordered, paid for and joined.

What each tool reports of it is in `sources`. A story depends on seed and number alone (and on the span's cohorts), so
that every module that tells a part of it tells the same one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from pipelines.demo.rows import Milestone
from pipelines.demo.world import people, streams
from pipelines.demo.world.campaigns import Campaign, Channel, acquired
from pipelines.demo.world.catalogue import COURSES, Catalogue, Cohort, Course
from pipelines.demo.world.hours import second_of_day
from pipelines.demo.world.people import Person
from pipelines.demo.world.population import blocks
from pipelines.demo.world.span import DAY, JAKARTA_OFFSET, World, local_date

NEVER_ORDERED = 0.07
MINORS = 0.015
_UNPAID = 0.17
_MORE_COURSES = (0, 0, 0, 0, 0, 1, 1, 1, 2)
_PAID_AT_ONCE_SECONDS = 15 * 60
_VOUCHERS = (0, 0, 0, 0, 0, 0, 10, 20, 25)


class Minority(NamedTuple):
    """How the platform may learn that somebody is a child: `told_by` is account, account_later, ticket or nik."""

    told_at: int
    told_by: str


class Enrolment(NamedTuple):
    """An order of a course and what came of it. Instants are seconds; 0 where it never came to that.

    `outcome` is `paid`, `refunded` (paid, and given back at `refunded_at`), `denied`, `expired` or `pending`; only the
    first two have `paid_at` and `enrolled_at`. `enrolment_id` is empty where the platform gave none.
    """

    number: int
    cohort: Cohort
    order_id: str
    ordered_at: int
    amount_idr: int
    discount_idr: int
    outcome: str
    paid_at: int
    enrolled_at: int
    refunded_at: int
    enrolment_id: str

    @property
    def course(self) -> Course:
        """The course."""
        return COURSES[self.cohort.course]


@dataclass(frozen=True)
class Story:
    """One learner. `enrolments` are in order of time and may lie partly after the demo's end: no teller goes beyond it."""

    world: World
    learner: int
    person: Person
    registered_at: int
    leaves_at: int
    channel: Channel
    campaign: Campaign | None
    enrolments: tuple[Enrolment, ...]
    minority: Minority | None

    def rng(self, purpose: str) -> random.Random:
        """Return this learner's own generator for one purpose."""
        return streams.rng(streams.key(self.world.seed, purpose), self.learner)


def tell(
    catalogue: Catalogue, learner: int, *, cohort: int, enrolled_at: int, registered_at: int, leaves_at: int
) -> Story:
    """Return the story of a learner of whom the population says when they come and what they join first."""
    world = catalogue.world
    rng = streams.rng(streams.key(world.seed, "story"), learner)
    first = catalogue.cohorts[cohort]
    channel, campaign = acquired(world, learner, course=first.course)
    someone = people.person(world.seed, learner)
    minority = None
    if rng.random() < MINORS:
        someone, minority = _child(someone, registered_at, rng=rng)
    else:
        someone = _grown_up(someone, registered_at)
    orders = tuple(
        _orders(catalogue, learner, first, enrolled_at, registered_at=registered_at, channel=channel, rng=rng)
    )
    return Story(world, learner, someone, registered_at, leaves_at, channel, campaign, orders, minority)


def stories(catalogue: Catalogue) -> Iterator[Story]:
    """Yield the story of every learner who registers within the span."""
    for block in blocks(catalogue):
        each = zip(
            block.learners.tolist(),
            block.cohorts.tolist(),
            block.enrolled_at.tolist(),
            block.registered_at.tolist(),
            block.leaves_at.tolist(),
            strict=True,
        )
        for learner, cohort, enrolled_at, registered_at, leaves_at in each:
            if registered_at < catalogue.world.end_at:
                yield tell(
                    catalogue,
                    learner,
                    cohort=cohort,
                    enrolled_at=enrolled_at,
                    registered_at=registered_at,
                    leaves_at=leaves_at,
                )


def milestones(story: Story) -> Iterator[Milestone]:
    """Yield the visits that must have happened for the story: the registration, and each order's checkout."""
    course = story.enrolments[0].cohort.course if story.enrolments else story.learner % len(COURSES)
    yield Milestone(story.registered_at, story.learner, "registration", course)
    for order in story.enrolments:
        is_paid = 0 < order.paid_at - order.ordered_at < _PAID_AT_ONCE_SECONDS
        yield Milestone(order.ordered_at, story.learner, "checkout", order.cohort.course, order.number, is_paid=is_paid)


def _child(someone: Person, registered_at: int, *, rng: random.Random) -> tuple[Person, Minority]:
    """Make a person sixteen or so when they register; how the platform comes to know of it differs."""
    told_by = rng.choice(("account", "account", "account_later", "ticket", "nik"))
    born_on = local_date(registered_at) - timedelta(days=rng.randint(15 * 365, 18 * 365 - 30))
    told = born_on.isoformat() if told_by in ("account", "account_later") else ""
    told_at = registered_at if told_by == "account" else registered_at + rng.randint(5, 60) * DAY
    untitled = replace(someone, name=someone.name.partition(",")[0])
    return people.with_birth(untitled, born_on=born_on, told=told), Minority(told_at, told_by)


def _grown_up(someone: Person, registered_at: int) -> Person:
    """Make a person older who would be a child when they register (in a demo that reaches far back)."""
    latest = local_date(registered_at) - timedelta(days=18 * 366)
    if someone.born_on <= latest:
        return someone
    born_on = someone.born_on.replace(year=latest.year - 1 - someone.born_on.year % 5, day=min(someone.born_on.day, 28))
    return people.with_birth(someone, born_on=born_on, told=born_on.isoformat()[: len(someone.birth_date)])


def _orders(
    catalogue: Catalogue,
    learner: int,
    first: Cohort,
    enrolled_at: int,
    *,
    registered_at: int,
    channel: Channel,
    rng: random.Random,
) -> Iterator[Enrolment]:
    if rng.random() < NEVER_ORDERED:
        return
    for number, (joined, at) in enumerate(_joined(catalogue, first, enrolled_at, rng=rng)):
        yield _order(learner, number, joined, at, floor=registered_at + 60, payment=channel.payment, rng=rng)


def _joined(
    catalogue: Catalogue, first: Cohort, enrolled_at: int, *, rng: random.Random
) -> Iterator[tuple[Cohort, int]]:
    cohorts = catalogue.cohorts
    yield first, enrolled_at
    later = [c for c in cohorts if c.starts_at > enrolled_at + 12 * DAY and c.course != first.course]
    for _ in range(rng.choice(_MORE_COURSES)):
        if not later:
            return
        chosen = rng.choices(later, weights=[c.weight for c in later])[0]
        later = [c for c in later if c.course != chosen.course]
        midnight = chosen.starts_at // DAY * DAY - JAKARTA_OFFSET + rng.randint(-11, 5) * DAY
        yield chosen, midnight + second_of_day(rng.random())


def _order(
    learner: int, number: int, cohort: Cohort, at: int, *, floor: int, payment: float, rng: random.Random
) -> Enrolment:
    """An order whose payment, when there is one, lets the learner in at `at`."""
    price = COURSES[cohort.course].price_idr
    discount = price * rng.choice(_VOUCHERS) // 100
    outcome = "paid"
    if rng.random() < _UNPAID / payment:
        outcome = rng.choice(("expired", "expired", "expired", "denied", "pending"))
    elif rng.random() < 0.03:
        outcome = "refunded"
    is_paid = outcome in ("paid", "refunded")
    # Cards and wallets take minutes, virtual accounts up to a day.
    waits = rng.randint(60, 900) if rng.random() < 0.6 else rng.randint(1800, 20 * 3600)
    return Enrolment(
        number=number,
        cohort=cohort,
        order_id=f"CLM-{learner:07d}-{number}",
        ordered_at=max(at - waits, floor),
        amount_idr=price,
        discount_idr=discount,
        outcome=outcome,
        paid_at=at - rng.randint(1, 20) if is_paid else 0,
        enrolled_at=at if is_paid else 0,
        refunded_at=at + rng.randint(DAY, 13 * DAY) if outcome == "refunded" else 0,
        enrolment_id=f"enr_{learner:07d}_{number}" if rng.random() < 0.9 else "",
    )
