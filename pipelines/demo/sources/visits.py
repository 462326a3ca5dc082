"""What a visit is, whose browser it takes place in, and how it begins.

Who visits when is in `traffic`, what they then do in `browsing` and `errands`.
"""

from __future__ import annotations

import random
from functools import lru_cache
from typing import NamedTuple

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Milestone
from pipelines.demo.sources import arrivals, hits
from pipelines.demo.sources.arrivals import Arrival
from pipelines.demo.sources.calls import Tab
from pipelines.demo.sources.pages import LEARNING, LOG_IN, Page
from pipelines.demo.sources.segment import Lags
from pipelines.demo.world import people, streams
from pipelines.demo.world.campaigns import acquired
from pipelines.demo.world.people import Browser
from pipelines.demo.world.span import World

_ELSEWHERE = {
    "Bali": "Asia/Makassar",
    "Nusa Tenggara Barat": "Asia/Makassar",
    "Nusa Tenggara Timur": "Asia/Makassar",
    "Kalimantan Selatan": "Asia/Makassar",
    "Kalimantan Timur": "Asia/Makassar",
    "Sulawesi Selatan": "Asia/Makassar",
    "Sulawesi Utara": "Asia/Makassar",
    "Maluku": "Asia/Jayapura",
    "Papua": "Asia/Jayapura",
    "Kalimantan Barat": "Asia/Pontianak",
}


class Visit(NamedTuple):
    """One visit: `kind` and `number` say whose browser.

    `plan` is look, learn, registration, checkout or crawl. `at` is its beginning; for a milestone the earliest possible
    one. `interest` is the course they are after, `met` the one that decides which campaign brought them, `progress` how
    far they are in it (0 to 1). A registration may be followed at once by the checkout `then`. Who `may_borrow` may sit
    at the browser of the learner before.
    """

    kind: str
    number: int
    at: int
    plan: str
    interest: int
    met: int = 0
    is_first: bool = False
    is_registered: bool = False
    progress: float = 0.0
    milestone: Milestone | None = None
    then: Milestone | None = None
    may_borrow: bool = False


def number(seed: int, purpose: str, visit: Visit) -> int:
    """Return the visit's own number in the stream of a purpose."""
    at = visit.milestone.at if visit.milestone else visit.at
    return streams.number(streams.number(_key(seed, purpose, visit.kind, visit.plan), at), visit.number)


def mail_of(world: World, visit: Visit) -> tuple[str, list[Fact]]:
    """Return the e-mail address of whoever visits, and its fact where no other source states it."""
    if visit.kind == "learner":
        return people.person(world.seed, visit.number).email, []
    email = people.subscriber(world.seed, visit.number)
    is_subscriber = visit.number < world.learners // people.SUBSCRIBER_SHARE
    return email, [] if is_subscriber else [Fact("identifiers", ("email", email, f"visitor/{visit.number}"))]


def open_tab(world: World, visit: Visit, *, dirt: Dirt, rng: random.Random) -> Tab:
    """Open a tab in one's own browser, the one that is shared, or (the app's web view) with a user id alone."""
    seed, owner, is_learner = world.seed, visit.number, visit.kind == "learner"
    is_lent = visit.may_borrow and rng.random() < 0.5
    owner -= is_lent
    device = people.browser(seed, visit.kind, owner)
    is_known = visit.is_registered and rng.random() < (0.70 if visit.plan in ("learn", "checkout") else 0.62)
    in_app = is_known and visit.plan == "learn" and rng.random() < 0.06
    skew = rng.choice((-1, 1)) * rng.randint(20, 900) if rng.random() < 0.03 else 0
    return Tab(
        world=world,
        dirt=dirt,
        device=device,
        address=device.addresses[rng.random() < 0.3],
        mark=f"ajs-{number(seed, 'visit', visit):016x}",
        at=visit.at,
        lags=Lags(rng.randint(40, 700), rng.randint(3, 60), skew),
        rng=rng,
        anonymous_id=None if in_app else device.anonymous_id,
        user_id=people.user_id(seed, visit.number) if is_known else None,
        learner=visit.number if is_learner else None,
        click_id=hits.click_id(world, visit.kind, owner, device),
        timezone=_timezone(seed, visit.kind, owner, device),
        has_view_ids=rng.random() > 0.02,
        has_pixel=bool(device.fbp) and not is_lent and not in_app,
    )


def arrive(tab: Tab, visit: Visit, *, rng: random.Random) -> Arrival:
    """Return how the visit began; the tab knows where it was opened from."""
    world, is_learner = tab.world, visit.kind == "learner"
    is_reachable = bool(tab.device.advertising) and not tab.device.gpc
    if tab.device.is_internal and rng.random() < 0.15:
        arrival = arrivals.test_traffic(rng=rng)
    elif visit.is_first and is_learner:
        channel, campaign = acquired(world, visit.number, course=visit.met)
        arrival = arrivals.first(channel, campaign, interest=visit.interest, rng=rng)
    elif rng.random() < arrivals.PERSONAL_SHARE:
        email, facts = mail_of(world, visit)
        tab.facts += facts
        arrival = arrivals.personal(
            email, mark=tab.mark, is_registered=visit.is_registered, interest=visit.interest, rng=rng
        )
    elif visit.plan == "learn":
        arrival = arrivals.to_class(rng=rng)
    elif visit.kind == "visitor":
        arrival = arrivals.stranger(interest=visit.interest, rng=rng)
    else:
        arrival = arrivals.again(interest=visit.interest, is_reachable=is_reachable, rng=rng)
    tab.referrer = arrival.referrer
    for kind, value in arrival.identifiers:
        tab.facts.append(Fact("identifiers", (kind, value, f"{visit.kind}/{visit.number}")))
    return arrival


def land(tab: Tab, arrival: Arrival, *, stay: int) -> None:
    """Open the first page."""
    tab.open(arrival.page, stay=stay, search=arrival.search, campaign=arrival.campaign)


def log_in(tab: Tab, visit: Visit, *, rng: random.Random) -> Page:
    """Log in on the page that is open; now and then the browser's old id is also stated as an alias."""
    tab.submit(LOG_IN)
    tab.identify(people.user_id(tab.world.seed, visit.number), is_alias=rng.random() < 0.03)
    return LEARNING


def _timezone(seed: int, kind: str, owner: int, device: Browser) -> str:
    """The clock that a browser keeps: a learner's is that of their region, a crawler's is nobody's."""
    if device.is_bot:
        return "UTC"
    if kind == "learner":
        return _ELSEWHERE.get(people.person(seed, owner).region, "Asia/Jakarta")
    roll = int(device.anonymous_id[:4], 16) / 65536
    return "Asia/Makassar" if roll < 0.10 else "Asia/Jayapura" if roll < 0.12 else "Asia/Jakarta"


@lru_cache(maxsize=64)
def _key(seed: int, *names: str | int) -> int:
    return streams.key(seed, *names)
