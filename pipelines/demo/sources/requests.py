"""Rights requests: what learners and people without an account ask for, and when it was checked who they are.

A request is exported once: when its identity check is done, or at once where it is never done within the demo. What is
written in tickets, requests among it, is in `tickets`.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Row
from pipelines.demo.sources import newsletter, tickets
from pipelines.demo.sources.tickets.occasions import instant
from pipelines.demo.world import names, people, phones, streams
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.span import DAY, JAKARTA_OFFSET, World, local_text
from pipelines.demo.world.story import Story

ASKING = 0.025
STRANGERS, MENTIONED, SUBSCRIBERS, VISITORS = 0.06, 0.25, 0.008, 0.002
_KINDS = {"access": 30, "portability": 8, "rectification": 17, "erasure": 26, "restriction": 9, "objection": 14}
_KINDS_OF_OTHERS = {"erasure": 50, "objection": 30, "access": 20}
_KNOWN_BY = {"user_id": 60, "email": 34, "hashed_email": 6}
_LIFTED = 0.6
_CHECKED_AT_ONCE, _CHECKED_LATER = 0.3, 0.8

_DETAILS: Mapping[str, tuple[str, ...]] = {
    "access": (
        "Mohon salinan seluruh data pribadi saya.",
        "minta data saya dong, semua yg disimpan",
        "Data apa saja yang disimpan, dan dibagikan kepada siapa?",
        "Copy of my personal data, please.",
        "",
    ),
    "portability": ("Mohon data belajar saya dalam CSV atau JSON.", "mau pindahin riwayat belajar ke platform lain"),
    "rectification": (
        "Nama saya seharusnya {name}.",
        "nomor hp saya sudah ganti jadi {phone}",
        "Kota domisili saya sudah berubah, mohon diperbarui.",
        "Tanggal lahir di profil salah, seharusnya {birth}.",
    ),
    "erasure": (
        "Mohon hapus akun dan semua data saya.",
        "hapus data saya ya, sudah tidak dipakai",
        "Sesuai UU PDP saya meminta data saya dihapus.",
        "Please delete everything you hold about me.",
        "",
    ),
    "restriction": (
        "Mohon pemrosesan dihentikan dulu selama keluhan saya diperiksa.",
        "jangan diproses dulu sampai data saya dibetulkan",
        "Please stop using my data until my complaint is settled.",
    ),
    "lift_restriction": ("Keluhan sudah selesai, pembatasan boleh dicabut.", "sudah beres, lanjut saja", ""),
    "objection": (
        "Saya keberatan data saya dipakai untuk pemasaran.",
        "stop iklan dan promo",
        "I object to the use of my data for advertising.",
        "Keberatan atas pembuatan profil.",
    ),
}


class Subject(NamedTuple):
    """Who asks: how the truth names them, and what of them the row bears."""

    owner: str
    known_by: str
    user_id: str = ""
    email: str = ""
    clue: str = ""


class Asked(NamedTuple):
    """One request. `identity_verified_at` is 0 where that was never done."""

    request_id: str
    kind: str
    received_at: int
    identity_verified_at: int
    details: str


@lru_cache(maxsize=32)
def _key(seed: int, name: str) -> int:
    return streams.key(seed, "requests", name)


def of_learner(story: Story, catalogue: Catalogue, dirt: Dirt) -> Iterator[Row | Fact]:
    """Yield the requests of one learner in forty; most who have their data restricted lift it again."""
    world = story.world
    if streams.unit(_key(world.seed, "asks"), story.learner) >= ASKING:
        return
    rng = story.rng("requests")
    first, last = max(story.registered_at + 3600, world.start_at), world.end_at - 3600
    if first >= last:
        return
    subject = _learner(story, rng=rng)
    kind, at = _drawn(_KINDS, rng=rng), instant(first, last, rng=rng)
    details = _details(story, kind, rng=rng)
    yield from _landed(world, subject, _asked(kind, at, details, rng=rng), dirt=dirt, rng=rng)
    if found := _written(details):
        yield Fact("identifiers", (*found, subject.owner))
    lifts_at = at + rng.randint(4 * DAY, 40 * DAY)
    if kind == "restriction" and rng.random() < _LIFTED:
        lifting = rng.choice(_DETAILS["lift_restriction"])
        yield from _landed(world, subject, _asked("lift_restriction", lifts_at, lifting, rng=rng), dirt=dirt, rng=rng)


def of_others(catalogue: Catalogue, dirt: Dirt) -> Iterator[Row | Fact]:
    """Yield the requests of people without an account.

    Some wrote a ticket, some are only spoken of in one; some read the newsletter; some are known by a browser's id alone.
    """
    world = catalogue.world
    for subject, since, rng in _others(catalogue):
        if since >= world.end_at - 3600:
            continue
        kind = _drawn(_KINDS_OF_OTHERS, rng=rng)
        at = instant(max(since, world.start_at), world.end_at - 3600, rng=rng)
        yield from _landed(world, subject, _asked(kind, at, rng.choice(_DETAILS[kind]), rng=rng), dirt=dirt, rng=rng)


def _others(catalogue: Catalogue) -> Iterator[tuple[Subject, int, random.Random]]:
    """Yield who asks, the instant from which they may, and their generator."""
    world = catalogue.world
    for number in range(tickets.writers(world)):
        rng = streams.rng(_key(world.seed, "strangers"), number)
        roll = rng.random()
        if roll < STRANGERS:
            case = tickets.of_stranger(catalogue, number)
            yield Subject(case.writer.owner, "email", email=case.writer.person.email), case.opened_at + 3600, rng
        elif roll > 1 - MENTIONED:
            yield from _mentioned(catalogue, number, rng=rng)
    for number in range(world.learners // people.SUBSCRIBER_SHARE):
        rng = streams.rng(_key(world.seed, "subscribers"), number)
        if rng.random() < SUBSCRIBERS:
            subscribed_at = newsletter.of_subscriber(world, number)[0].at
            yield _subscriber(world, number, rng=rng), subscribed_at + 600, rng
    for number in range(world.learners // people.ANONYMOUS_SHARE):
        rng = streams.rng(_key(world.seed, "visitors"), number)
        device = people.browser(world.seed, "visitor", number) if rng.random() < VISITORS else None
        if device and not (device.is_bot or device.is_internal):
            clue = f"ID peramban saya {device.anonymous_id}."
            yield Subject(f"visitor/{number}", "anonymous_id", clue=clue), world.start_at + DAY, rng


def _mentioned(
    catalogue: Catalogue, number: int, *, rng: random.Random
) -> Iterator[tuple[Subject, int, random.Random]]:
    """The first of those whom a stranger's ticket speaks of."""
    opened_at = tickets.of_stranger(catalogue, number).opened_at
    ticket_id, owners = tickets.mentioned(catalogue, number)
    for owner in owners[:1]:
        person = tickets.stranger(catalogue.world, int(owner.partition("/")[2])).person
        clue = f"Data saya disebut dalam tiket {ticket_id}."
        yield Subject(owner, "ticket", email=person.email, clue=clue), opened_at + DAY, rng


def _learner(story: Story, *, rng: random.Random) -> Subject:
    owner, known_by = f"learner/{story.learner}", _drawn(_KNOWN_BY, rng=rng)
    if known_by == "user_id":
        return Subject(owner, known_by, user_id=story.person.user_id)
    if known_by == "email":
        return Subject(owner, known_by, email=story.person.email)
    return Subject(owner, known_by, clue=_hash_clue(story.person.email))


def _subscriber(world: World, number: int, *, rng: random.Random) -> Subject:
    owner, email = f"subscriber/{number}", people.subscriber(world.seed, number)
    if rng.random() < 0.7:
        return Subject(owner, "email", email=email)
    return Subject(owner, "hashed_email", clue=_hash_clue(email))


def _hash_clue(email: str) -> str:
    return f"SHA-256 surel saya: {hashlib.sha256(email.strip().lower().encode()).hexdigest()}."


def _details(story: Story, kind: str, *, rng: random.Random) -> str:
    fitting = [text for text in _DETAILS[kind] if "{birth}" not in text or story.minority is None]
    person, text = story.person, rng.choice(fitting)
    return text.format(
        name=names.with_degree(names.tidied(person.name), rng=rng) if "{name}" in text else "",
        phone=phones.spelt(phones.e164(story.learner, rng=rng, is_second=True), rng=rng) if "{phone}" in text else "",
        birth=f"{person.born_on:%d-%m-%Y}",
    )


def _written(details: str) -> tuple[str, str] | None:
    """What a learner's details say that leads to them: a name, a number or a date, as it stands there."""
    for kind, before in (("name", "Nama saya seharusnya "), ("birth_date", "seharusnya "), ("phone", "ganti jadi ")):
        value = details.partition(before)[2].removesuffix(".")
        if value:
            return kind, value
    return None


def _asked(kind: str, at: int, details: str, *, rng: random.Random) -> Asked:
    roll = rng.random()
    verified_at = at if roll < _CHECKED_AT_ONCE else _checked_at(at, rng=rng) if roll < _CHECKED_LATER else 0
    return Asked(f"req_{rng.getrandbits(48):012x}", kind, at, verified_at, details)


def _checked_at(since: int, *, rng: random.Random) -> int:
    """An instant within office hours on one of the five days after a request."""
    midnight = since - (since + JAKARTA_OFFSET) % DAY
    return midnight + rng.randint(1, 5) * DAY + rng.randint(9 * 3600, 17 * 3600)


def _landed(world: World, subject: Subject, asked: Asked, *, dirt: Dirt, rng: random.Random) -> Iterator[Row | Fact]:
    """Yield a request's row, its fact, and the identifiers that no other source states."""
    if asked.identity_verified_at >= world.end_at - 60:
        asked = asked._replace(identity_verified_at=0)
    arrives_at = max(asked.received_at, asked.identity_verified_at) + rng.randint(5, 50)
    if arrives_at >= world.end_at:
        return
    details = f"{subject.clue} {asked.details}".strip()
    verified_at = asked.identity_verified_at or None
    members = {
        "request_id": asked.request_id,
        "kind": asked.kind,
        "user_id": subject.user_id or None,
        "email": subject.email or None,
        "received_at": f"{local_text(asked.received_at)}+07:00",
        "identity_verified_at": f"{local_text(verified_at)}+07:00" if verified_at else None,
        "details": details or None,
    }
    row = Row("rights_requests", arrives_at, json.dumps(members, separators=(",", ":"), ensure_ascii=False))
    yield from dirt.landed(
        row, key=asked.request_id, rng=rng, occurred_at=asked.received_at * 1000, email=subject.email
    )
    learner = int(subject.owner[8:]) if subject.owner.startswith("learner/") else None
    values = (asked.request_id, asked.kind, learner, subject.known_by, asked.received_at, verified_at, subject.owner)
    yield Fact("requests", values)
    if asked.kind == "lift_restriction":
        return
    if subject.known_by == "hashed_email":
        yield Fact("identifiers", ("hashed_email", subject.clue[-65:-1], subject.owner))
    elif subject.email and subject.owner.startswith("stranger/"):
        yield Fact("identifiers", ("email", subject.email, subject.owner))


def _drawn(weights: Mapping[str, int], *, rng: random.Random) -> str:
    return rng.choices(list(weights), weights=list(weights.values()))[0]
