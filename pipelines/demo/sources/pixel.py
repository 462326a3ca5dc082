"""What Meta is told: the server's Conversions API events of each learner. The browsers' own hits are in `hits`.

Whether Meta may be told is not asked here: the site sends, and says of itself where somebody opted out. What
advertising costs is in `ads`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Plant, Row
from pipelines.demo.sources.hits import PIXEL_ID, click_id, cookie, hashed, image_hit
from pipelines.demo.sources.pages import CART, PAID, POSTS, SIGN_UP, SITE
from pipelines.demo.world import people, streams
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.choices import choices, is_withdrawn
from pipelines.demo.world.people import Browser
from pipelines.demo.world.span import DAY, World
from pipelines.demo.world.story import Enrolment, Story

__all__ = ["PIXEL_ID", "click_id", "event_id", "image_hit", "of_learner", "of_others"]

_LEADS = 0.15
_PAGES = {"Lead": POSTS[1], "CompleteRegistration": SIGN_UP, "InitiateCheckout": CART, "Purchase": PAID}


class _Happening(NamedTuple):
    name: str
    at: int
    event_id: str
    order: Enrolment | None


class _UserData(NamedTuple):
    """The member's JSON text; the field that stands there unhashed, and the spelling of a hash that is not the usual."""

    text: str
    raw_field: str = ""
    spelling: str = ""


@dataclass(frozen=True)
class _Subject:
    """A learner as Meta is told of them: hashes of normalised values, and their browser's cookies."""

    email: str
    phone: str
    names: tuple[str, str]
    user_id: str
    device: Browser
    fbp: str
    fbc: str
    raw_email: str
    raw_phone: str


def event_id(world: World, learner: int, kind: str, number: int = 0) -> str:
    """Return the id that browser and server give one happening: `kind` is the event's name, `number` the order's."""
    return f"{kind.lower()}.{streams.number(_key(world.seed, f'pixel/{kind}/{number}'), learner):016x}"


def of_learner(story: Story, catalogue: Catalogue, dirt: Dirt) -> Iterator[Row | Fact]:
    """Yield the server's events of a learner within the span."""
    world, rng, owner = story.world, story.rng("pixel"), f"learner/{story.learner}"
    subject = _subject(story)
    yield from _identifiers(subject, owner)
    happenings = [h for h in _happenings(story, rng=rng) if world.start_at <= h.at < world.end_at - 5]
    made, spellings = choices(story) if happenings else (), {""}
    for happening in happenings:
        key, is_lead = f"{happening.name}/{happening.event_id}", happening.name == "Lead"
        is_out = is_withdrawn(made, "ads_retargeting", at=happening.at)
        told = _user_data(subject, is_lead=is_lead, rng=rng)
        if told.spelling not in spellings:
            spellings.add(told.spelling)
            yield Fact("identifiers", ("hashed_email", told.spelling, owner))
        plant = Plant("raw_identifier", "accepted", told.raw_field, key, occurred_at=happening.at * 1000)
        line = _line(happening, told, subject, is_out=is_out, rng=rng)
        row = Row("meta_pixel", happening.at + 1 + rng.randrange(4), line, plant if told.raw_field else None)
        yield from dirt.landed(row, key=key, rng=rng, occurred_at=happening.at * 1000, email=story.person.email)
        yield _fact(happening, story.learner, subject.device, is_out=is_out)


def of_others(catalogue: Catalogue, dirt: Dirt) -> Iterator[Row | Fact]:
    """Yield what identifies those who never register in their browsers' hits; they have no rows of their own."""
    world = catalogue.world
    for visitor in range(world.learners // people.ANONYMOUS_SHARE):
        device = people.browser(world.seed, "visitor", visitor)
        yield Fact("identifiers", ("hashed_anonymous_id", hashed(device.anonymous_id), f"visitor/{visitor}"))
        if fbc := click_id(world, "visitor", visitor, device):
            yield Fact("identifiers", ("fbc", fbc, f"visitor/{visitor}"))


def _subject(story: Story) -> _Subject:
    someone = story.person
    device = people.browser(story.world.seed, "learner", story.learner)
    given, _, family = someone.name.lower().rpartition(" ")
    return _Subject(
        email=hashed(someone.email.strip().lower()),
        phone=hashed(someone.phone_e164.lstrip("+")) if someone.phone_e164 else "",
        names=(hashed((given or family).split(" ")[0]), hashed(family)),
        user_id=hashed(someone.user_id),
        device=device,
        fbp=cookie(device),
        fbc=click_id(story.world, "learner", story.learner, device),
        raw_email=someone.email,
        raw_phone=someone.phone,
    )


def _identifiers(subject: _Subject, owner: str) -> Iterator[Fact]:
    found = (
        ("hashed_email", subject.email),
        ("hashed_phone", subject.phone),
        ("hashed_name", subject.names[0]),
        ("hashed_name", subject.names[1]),
        ("hashed_user_id", subject.user_id),
        ("hashed_anonymous_id", hashed(subject.device.anonymous_id)),
        ("fbc", subject.fbc),
    )
    for kind, value in dict.fromkeys(found):
        if value:
            yield Fact("identifiers", (kind, value, owner))


def _happenings(story: Story, *, rng: random.Random) -> Iterator[_Happening]:
    """What the server sends: perhaps a guide asked for, the registration, every checkout and every payment."""

    def happening(name: str, at: int, order: Enrolment | None = None) -> _Happening:
        number = order.number if order else 0
        return _Happening(name, at, event_id(story.world, story.learner, name, number), order)

    if rng.random() < _LEADS:
        yield happening("Lead", story.registered_at - 3600 - int(rng.random() ** 2 * 20 * DAY))
    yield happening("CompleteRegistration", story.registered_at)
    for order in story.enrolments:
        yield happening("InitiateCheckout", order.ordered_at, order)
        if order.paid_at:
            yield happening("Purchase", order.paid_at, order)


def _user_data(subject: _Subject, *, is_lead: bool, rng: random.Random) -> _UserData:
    """The keys that Meta matches by. A few integrations forget to hash one, or spell the hash in their own way."""
    email, phone, raw_field, spelling, roll = subject.email, subject.phone, "", "", rng.random()
    if roll < 0.02:
        email, raw_field = subject.raw_email, "user_data.em"
    elif roll < 0.03 and phone and not is_lead:
        phone, raw_field = subject.raw_phone, "user_data.ph"
    elif roll < 0.05:
        email = spelling = email.upper()
    elif roll < 0.06:
        email = f" {email} "
    device, is_single = subject.device, rng.random() < 0.2
    members = f'"em":"{email}"' if is_single else f'"em":["{email}"]'
    if not is_lead:
        members += (f',"ph":"{phone}"' if is_single else f',"ph":["{phone}"]') if phone else ""
        members += f',"fn":["{subject.names[0]}"],"ln":["{subject.names[1]}"],"country":["{hashed("id")}"]'
        members += f',"external_id":["{subject.user_id}"]'
    address = device.addresses[1 if rng.random() < 0.3 else 0]
    members += f',"client_ip_address":"{address}","client_user_agent":"{device.user_agent}"'
    if subject.fbp:
        members += f',"fbp":"{subject.fbp}"'
    if subject.fbc:
        members += f',"fbc":"{subject.fbc}"'
    return _UserData(members, raw_field, spelling)


def _custom_data(happening: _Happening) -> str:
    if not happening.order:
        return '"content_name":"Panduan Portofolio"' if happening.name == "Lead" else '"status":"registered"'
    course, order = happening.order.course, happening.order
    value = _value(happening)
    members = (
        f'"currency":"IDR","value":{value},"content_type":"product","content_ids":["{course.course_id}"],"num_items":1'
        f',"contents":[{{"id":"{course.course_id}","quantity":1,"item_price":{course.price_idr}}}]'
    )
    return f'{members},"order_id":"{order.order_id}"' if happening.name == "Purchase" else members


def _value(happening: _Happening) -> int | None:
    """A checkout is worth the price, a purchase what was paid."""
    order = happening.order
    if not order:
        return None
    return order.amount_idr - order.discount_idr if happening.name == "Purchase" else order.course.price_idr


def _line(happening: _Happening, told: _UserData, subject: _Subject, *, is_out: bool, rng: random.Random) -> str:
    options = ""
    if subject.device.gpc:
        options = (
            ',"data_processing_options":["LDU"],"data_processing_options_country":0,"data_processing_options_state":0'
        )
    elif rng.random() < 0.1:
        options = ',"data_processing_options":[]'
    opt_out = ',"opt_out":true' if is_out else ',"opt_out":false' if rng.random() < 0.5 else ""
    return (
        f'{{"event_name":"{happening.name}","event_time":{happening.at},"event_id":"{happening.event_id}"'
        f',"event_source_url":"{SITE}{_PAGES[happening.name].path}","action_source":"website","user_data":{{{told.text}}}'
        f',"custom_data":{{{_custom_data(happening)}}}{opt_out}{options}}}'
    )


def _fact(happening: _Happening, learner: int, device: Browser, *, is_out: bool) -> Fact:
    return Fact(
        "pixel_events",
        (
            happening.name,
            happening.event_id,
            happening.at,
            "server",
            learner,
            device.anonymous_id,
            device.advertising,
            device.gpc,
            is_out or device.gpc,
            happening.order.course.course_id if happening.order else None,
            _value(happening),
        ),
    )


@lru_cache(maxsize=64)
def _key(seed: int, name: str) -> int:
    return streams.key(seed, name)
