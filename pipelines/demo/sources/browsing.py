"""One visit to the website, page by page: looking round, learning, and what crawlers do.

Visits that a story demands are in `errands`; what a browser sends on the way in `calls`.
"""

from __future__ import annotations

import random

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.sources import errands, pages
from pipelines.demo.sources.arrivals import Arrival
from pipelines.demo.sources.calls import Tab
from pipelines.demo.sources.pages import (
    CLASSROOM,
    COURSE,
    HOME,
    LEARNING,
    LESSONS,
    LIST,
    LOG_IN,
    LOG_OUT,
    PRICE,
    Page,
)
from pipelines.demo.sources.visits import Visit, arrive, land, log_in, open_tab
from pipelines.demo.world import people
from pipelines.demo.world.courses import COURSES
from pipelines.demo.world.span import World

_SCRIPTED_CRAWLERS = 4  # every fourth crawler runs the site's scripts
_SPEEDS = (1.0, 1.0, 1.0, 1.0, 1.25, 1.5)  # at which films are watched
_QUERIES = ("desain logo", "motion", "belajar figma", "foto produk", "menulis iklan", "kelas gratis", "harga jasa")


def tell(world: World, visit: Visit, *, dirt: Dirt, rng: random.Random) -> Tab:
    """Return the tab in which the visit took place, with all that was sent from it."""
    tab = open_tab(world, visit, dirt=dirt, rng=rng)
    if visit.plan == "crawl":
        _crawl(tab, visit, rng=rng)
        return tab
    arrival = arrive(tab, visit, rng=rng)
    if visit.plan == "learn":
        _learn(tab, visit, arrival, rng=rng)
    elif visit.plan == "registration" and visit.milestone:
        errands.register(tab, visit, visit.milestone, arrival, rng=rng)
    elif visit.plan == "checkout" and visit.milestone:
        errands.check_out(tab, visit, visit.milestone, arrival, rng=rng)
    else:
        _look(tab, visit, arrival, rng=rng)
    return tab


def _look(tab: Tab, visit: Visit, arrival: Arrival, *, rng: random.Random) -> None:
    """Look round: many leave after a page, those who come back know what they want."""
    page, going_on = arrival.page, 0.42 if visit.kind == "visitor" or visit.is_first else 0.58
    is_leaving = rng.random() > going_on
    stay = pages.stay(page, rng)
    land(tab, arrival, stay=max(1, stay // 3) if is_leaving else stay)
    logs_in = visit.is_registered and tab.user_id is None and rng.random() < 0.55
    for _ in range(11):
        if page == LOG_IN and visit.is_registered:
            page = log_in(tab, visit, rng=rng)
        elif is_leaving:
            return
        elif logs_in:
            logs_in, page = False, LOG_IN
        elif tab.user_id and rng.random() < 0.12:
            page = rng.choice((LEARNING, pages.account(people.person(tab.world.seed, visit.number).name)))
        else:
            page = pages.after(page, interest=visit.interest, rng=rng)
            if page.kind == "sign_up" and tab.user_id:
                page = LEARNING
        _pause(tab, rng=rng)
        began = tab.at
        tab.open(page, stay=pages.stay(page, rng))
        _act(tab, page, began=began, rng=rng)
        is_leaving = rng.random() > 0.66


def _act(tab: Tab, page: Page, *, began: int, rng: random.Random) -> None:
    """Do something on a page while it is open."""
    stay = tab.at - began
    if stay < 6:
        return
    if page.kind == "list" and rng.random() < 0.25:
        tab.track("Search Performed", at=began + stay // 2, properties=f'"query":"{rng.choice(_QUERIES)}"')
    elif page.kind == "course" and rng.random() < 0.12:
        tab.track("Video Played", at=began + 4, properties=f'"course_id":"{COURSES[page.course].course_id}"')
    elif page.kind == "lesson":
        properties = f'"module_id":"{page.module}"'
        if rng.random() < 0.85:
            started = min(stay - 2, rng.randint(2, 9))
            tab.track("Video Played", at=began + started, properties=properties)
            ended = started + int(page.video / rng.choice(_SPEEDS))
            if ended < stay:
                tab.track("Video Completed", at=began + ended, properties=properties)
        if rng.random() < 0.12:
            tab.track("Lesson Downloaded", at=began + stay // 2, properties=properties)


def _learn(tab: Tab, visit: Visit, arrival: Arrival, *, rng: random.Random) -> None:
    """Go on where one was: to the class, through a lesson or three."""
    page = arrival.page
    # Who is not logged in is sent to the login at once.
    is_sent_on = tab.user_id is None and page == LEARNING
    land(tab, arrival, stay=1 if is_sent_on else pages.stay(page, rng))
    if tab.user_id is None:
        if page != LOG_IN:
            tab.open(LOG_IN, stay=pages.stay(LOG_IN, rng))
        page = log_in(tab, visit, rng=rng)
        tab.open(page, stay=pages.stay(page, rng))
    elif page != LEARNING:
        tab.open(LEARNING, stay=pages.stay(LEARNING, rng))
    if rng.random() < 0.6:
        tab.open(CLASSROOM[visit.interest], stay=pages.stay(CLASSROOM[visit.interest], rng))
    lessons = LESSONS[visit.interest]
    place = min(len(lessons) - 1, int(visit.progress * len(lessons)))
    for lesson in lessons[place : place + rng.choice((1, 1, 1, 2, 2, 3))]:
        _pause(tab, rng=rng)
        began = tab.at
        tab.open(lesson, stay=pages.stay(lesson, rng))
        _act(tab, lesson, began=began, rng=rng)
    if rng.random() < 0.06:
        tab.open(LOG_OUT, stay=2)


def _crawl(tab: Tab, visit: Visit, *, rng: random.Random) -> None:
    """Fetch a few pages in no time; most crawlers run no scripts, so that only the server sees them."""
    is_scripted = visit.number // 40 % _SCRIPTED_CRAWLERS == 0
    if rng.random() < 0.3:
        tab.fetch(rng.choice(("/robots.txt", "/sitemap.xml")))
    for _ in range(rng.randint(1, 5)):
        page = rng.choice((HOME, LIST, PRICE, *COURSE, *pages.POSTS))
        tab.referrer = ""
        if is_scripted:
            tab.open(page, stay=rng.randint(1, 8))
        else:
            tab.fetch(page.path)
            tab.at += rng.randint(1, 12)


def _pause(tab: Tab, *, rng: random.Random) -> None:
    """Now and then somebody goes away for longer than a session lasts, and then goes on."""
    if rng.random() < 0.015:
        tab.at += rng.randint(35 * 60, 110 * 60)
