"""Visits that a story demands: somebody looks round and registers, or comes back and orders a course.

Visits that happen by chance are in `browsing`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from pipelines.demo.rows import Milestone
from pipelines.demo.sources import pages, pixel
from pipelines.demo.sources.arrivals import Arrival
from pipelines.demo.sources.calls import Tab
from pipelines.demo.sources.pages import (
    CART,
    CLASSROOM,
    COURSE,
    HELP,
    LEARNING,
    LIST,
    LOG_IN,
    PAID,
    PAYMENT,
    PRICE,
    SIGN_UP,
    Page,
)
from pipelines.demo.sources.visits import Visit, land, log_in
from pipelines.demo.world import people
from pipelines.demo.world.courses import COURSES

LONGEST_LEAD_SECONDS = 900  # what precedes a registration or a checkout takes no longer


def register(tab: Tab, visit: Visit, milestone: Milestone, arrival: Arrival, *, rng: random.Random) -> None:
    """Look round, fill in the form, and be somebody at the milestone's instant; perhaps order at once."""
    way = [arrival.page]
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3))):
        way.append(pages.after(way[-1], interest=visit.interest, rng=rng))
    way = [page for page in way if page.kind != "sign_up"] + [SIGN_UP]
    _walk(tab, visit, arrival, way, until=milestone.at, rng=rng)
    someone = people.person(tab.world.seed, visit.number)
    tab.submit(SIGN_UP)
    tab.identify(someone.user_id, traits=f'"email":"{someone.email}","name":"{someone.name}"')
    tab.track("Signed Up", properties='"method":"email"')
    name = "CompleteRegistration"
    tab.hit(name, event_id=pixel.event_id(tab.world, visit.number, name))
    tab.at += 1
    if visit.then:
        way = [COURSE[visit.then.course], CART]
        _walk(tab, visit, None, way if visit.then.at - tab.at > 25 else way[1:], until=visit.then.at, rng=rng)
        _order(tab, visit, visit.then, rng=rng)
    elif rng.random() < 0.97:  # the site sends them on; few close the tab before that
        page = LEARNING if rng.random() < 0.5 else COURSE[visit.interest]
        tab.open(page, stay=min(200, pages.stay(page, rng)))


def check_out(tab: Tab, visit: Visit, milestone: Milestone, arrival: Arrival, *, rng: random.Random) -> None:
    """Come for a course, log in where that is needed, and order it at the milestone's instant."""
    way = [arrival.page]
    if arrival.page == COURSE[milestone.course] or rng.random() < 0.3:
        way += [PRICE] if rng.random() < 0.3 else []
    elif rng.random() < 0.3:
        way.append(LIST)
    if way[-1] != COURSE[milestone.course]:
        way.append(COURSE[milestone.course])
    if tab.user_id is None and way[0] != LOG_IN:
        way.append(LOG_IN)
    _walk(tab, visit, arrival, [*way, CART], until=milestone.at, rng=rng)
    _order(tab, visit, milestone, rng=rng)


def _order(tab: Tab, visit: Visit, milestone: Milestone, *, rng: random.Random) -> None:
    """Leave the cart for the payment page, and perhaps pay."""
    course, name = COURSES[milestone.course], "InitiateCheckout"
    basket = f'"course_id":"{course.course_id}","currency":"IDR","value":{course.price_idr}'
    tab.track("Checkout Started", properties=basket)
    tab.hit(name, course=milestone.course, event_id=pixel.event_id(tab.world, visit.number, name, milestone.order))
    tab.submit(CART)
    tab.at += 1
    tab.open(PAYMENT, stay=pages.stay(PAYMENT, rng))
    if milestone.is_paid:
        began = tab.at
        tab.open(PAID, stay=pages.stay(PAID, rng))
        tab.track("Order Completed", at=began + 1, properties=basket)
        if rng.random() < 0.5:
            tab.open(CLASSROOM[milestone.course], stay=pages.stay(CLASSROOM[milestone.course], rng))
    elif rng.random() < 0.2:
        tab.open(HELP, stay=pages.stay(HELP, rng))


def _walk(
    tab: Tab, visit: Visit, arrival: Arrival | None, way: Sequence[Page], *, until: int, rng: random.Random
) -> None:
    """Open one page after the other so that the last is left at `until`, and none before the visit's earliest instant."""
    earliest = visit.at if arrival else tab.at
    stays, room = [pages.stay(page, rng) * 3 // 4 + 1 for page in way], max(0, until - earliest)
    total = sum(stays)
    if total > room or arrival is None:
        stays = [stay * room // total for stay in stays]
    tab.at = until - sum(stays)
    for place, (page, stay) in enumerate(zip(way, stays, strict=True)):
        if arrival and place == 0:
            land(tab, arrival, stay=stay)
        else:
            tab.open(page, stay=stay)
        if page == LOG_IN and tab.user_id is None and visit.is_registered:
            log_in(tab, visit, rng=rng)
