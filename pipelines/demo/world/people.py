"""The people of the demo and their browsers, each regenerated from seed and number.

Nobody here exists: names are put together by chance, mail goes to reserved domains, telephone numbers carry a run of
zeros, network addresses are never routed. What people do does not belong here.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from pipelines.demo.world import devices, mailboxes, names, phones, places, streams

ANONYMOUS_SHARE = 2  # one visitor who never registers for every two learners
_MET_AT, _MET_WITHIN = 1_735_689_600_000, 330 * 86_400_000  # when Meta first saw a browser: in 2025
SUBSCRIBER_SHARE = 6  # one reader of the newsletter who has no account for every six learners
SHARING_STEP = 20  # every twentieth learner also uses the browser of the learner before
CRAWLERS, STAFF = (40, 7), (150, 31)  # visitors whose number, divided, leaves such a rest


@dataclass(frozen=True)
class Person:
    """One person as they are, and as they tell it.

    `second_email` is empty for those who never change their address. `phone` is spelt as they do, `phone_e164` the same
    number in normal form. `birth_date` is what they tell of `born_on`: a day, a month, a year, or nothing. `nik` is the
    number of their identity card, of a kind that is never issued.
    """

    user_id: str
    name: str
    nickname: str
    gender: str
    email: str
    second_email: str
    phone: str
    phone_e164: str
    born_on: date
    birth_date: str
    city: str
    region: str
    street: str
    nik: str


@dataclass(frozen=True)
class Browser:
    """One browser: its own id, its two addresses (home and mobile), and what it says of itself.

    `consent` is JSON text, members of `context` that state the banner's choices; `analytics` and `advertising` are those
    choices (None: it says nothing). `fbp` is the id that Meta gave it, empty for crawlers. Staff browse from `devices.OFFICE`.
    """

    anonymous_id: str
    addresses: tuple[str, str]
    user_agent: str
    locale: str
    consent: str
    analytics: bool | None
    advertising: bool | None
    gpc: bool
    is_bot: bool
    is_internal: bool
    fbp: str


def user_id(seed: int, learner: int) -> str:
    """Return a learner's user id."""
    return f"usr_{streams.number(streams.key(seed, 'user'), learner):016x}"


def token(seed: int, learner: int) -> str:
    """Return the secret of a learner's password-reset link."""
    return f"{streams.number(streams.key(seed, 'token'), learner):016x}{learner:08x}"


@lru_cache(maxsize=64)
def person(seed: int, learner: int) -> Person:
    """Return a learner as they register."""
    rng = streams.rng(_key(seed, "person"), learner)
    home, gender = places.city(rng), "female" if rng.random() < 0.54 else "male"
    name = names.name(rng, gender=gender, local=home.origin)
    number = phones.e164(learner, rng=rng)
    born_on = date(int(rng.triangular(1962, 2006, 1998)), rng.randint(1, 12), rng.randint(1, 28))
    return Person(
        user_id=user_id(seed, learner),
        name=name.full,
        nickname=name.nickname,
        gender=gender,
        email=mailboxes.of_learner(learner, name.first, name.last, rng=rng),
        second_email=(
            mailboxes.second_of_learner(learner, name.first, name.last, rng=rng) if rng.random() < 0.05 else ""
        ),
        phone=phones.spelt(number, rng=rng),
        phone_e164=number,
        born_on=born_on,
        birth_date=_told(born_on, rng=rng),
        city=home.name if rng.random() < 0.9 else "",
        region=home.region,
        street=places.street(rng),
        nik=_nik(f"{home.code}{rng.randint(1, 24):02d}", gender=gender, born_on=born_on),
    )


def with_birth(someone: Person, *, born_on: date, told: str) -> Person:
    """Return the person born on another day, of which they tell `told`."""
    nik = _nik(someone.nik[:6], gender=someone.gender, born_on=born_on)
    return replace(someone, born_on=born_on, birth_date=told, nik=nik)


def subscriber(seed: int, number: int) -> str:
    """Return the address of somebody who reads the newsletter without an account."""
    rng = streams.rng(_key(seed, "subscriber"), number)
    name = names.name(rng, gender=rng.choice(("female", "male")))
    return mailboxes.of_subscriber(number, name.first, name.last, rng=rng)


@lru_cache(maxsize=8192)
def browser(seed: int, kind: str, visitor: int) -> Browser:
    """Return a browser: `kind` is `learner` or `visitor`. Every fortieth visitor is a crawler, every 150th of the staff."""
    rng = streams.rng(_key(seed, "browser", kind), visitor)
    is_bot = kind == "visitor" and visitor % CRAWLERS[0] == CRAWLERS[1]
    is_internal = kind == "visitor" and visitor % STAFF[0] == STAFF[1]
    choice = devices.choice(rng, is_bot=is_bot)
    met_at = _MET_AT + rng.randrange(_MET_WITHIN)
    return Browser(
        anonymous_id=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        addresses=(devices.address(rng, is_internal=is_internal), devices.address(rng, is_internal=is_internal)),
        user_agent=devices.user_agent(rng, is_bot=is_bot, is_internal=is_internal),
        locale=devices.locale(rng),
        consent=choice.consent,
        analytics=choice.analytics,
        advertising=choice.advertising,
        gpc=choice.gpc,
        is_bot=is_bot,
        is_internal=is_internal,
        fbp="" if is_bot else f"fb.1.{met_at}.{rng.randrange(10**8, 10**10)}",
    )


@lru_cache(maxsize=64)
def _key(seed: int, *names: str) -> int:
    return streams.key(seed, *names)


def _told(born_on: date, *, rng: random.Random) -> str:
    """What somebody tells of their birth date: nothing, the year, the month, mostly the day."""
    roll = rng.random()
    if roll < 0.06:
        return ""
    if roll < 0.10:
        return f"{born_on:%Y}"
    return f"{born_on:%Y-%m}" if roll < 0.12 else born_on.isoformat()


def _nik(place: str, *, gender: str, born_on: date) -> str:
    """A number of the right shape: women's days count from 41, and no card bears the serial 0000."""
    day = born_on.day + (40 if gender == "female" else 0)
    return f"{place}{day:02d}{born_on:%m%y}0000"
