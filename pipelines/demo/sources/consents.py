"""The consent ledger: every choice that reached it, as JSON lines, with the rows that no ledger should have.

What people choose and when is in `choices`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Plant, Row
from pipelines.demo.sources import newsletter
from pipelines.demo.world import people, streams
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.choices import Choice, by_address, choices, of_visitor
from pipelines.demo.world.span import World, local_text
from pipelines.demo.world.story import Story

_UNKNOWN_PURPOSES = ("profiling", "mitra", "personalisasi_iklan", "Ads Retargeting")
_UNKNOWN_VERSIONS = ("0.9", "2019-draf", "v3")
_UNKNOWN_PURPOSE, _UNKNOWN_VERSION = 0.004, 0.003


def of_learner(story: Story, catalogue: Catalogue, dirt: Dirt) -> Iterator[Row | Fact]:
    """Yield a learner's choices."""
    rng, made = story.rng("consents"), choices(story)
    for choice in made:
        is_spelt_anew = choice.email not in ("", story.person.email, story.person.email.lower())
        if is_spelt_anew and choice.arrived_at < story.world.end_at:
            yield Fact("identifiers", ("email", choice.email, f"learner/{story.learner}"))
        yield from _told(story.world, choice, rng=rng, dirt=dirt, email=story.person.email)
    if rng.random() < _UNKNOWN_PURPOSE:
        yield from _unusable(story.world, rng.choice(made), "purpose", rng.choice(_UNKNOWN_PURPOSES), rng=rng)
    if rng.random() < _UNKNOWN_VERSION:
        yield from _unusable(story.world, rng.choice(made), "policy_version", rng.choice(_UNKNOWN_VERSIONS), rng=rng)


def of_others(catalogue: Catalogue, dirt: Dirt) -> Iterator[Row | Fact]:
    """Yield what the banner was told by those who never register, and what readers without an account agreed to."""
    world = catalogue.world
    stream = streams.key(world.seed, "consents of visitors")
    for visitor in range(world.learners // people.ANONYMOUS_SHARE):
        rng = streams.rng(stream, visitor)
        for choice in of_visitor(world, visitor):
            yield from _told(world, choice, rng=rng, dirt=dirt, email="")
    for number in range(world.learners // people.SUBSCRIBER_SHARE):
        yield from _of_subscriber(world, number, dirt=dirt)


def _of_subscriber(world: World, number: int, *, dirt: Dirt) -> Iterator[Row | Fact]:
    """Consents for an address without an account: what the newsletter's form and its link were told."""
    rng = streams.rng(streams.key(world.seed, "consents of subscribers"), number)
    for state in newsletter.of_subscriber(world, number):
        is_again = state.origin == newsletter.REIMPORT
        at = state.subscribed_at if is_again else state.at
        choice = by_address(state.email, at, is_granted=not state.unsubscribed_at, rng=rng)
        if choice.email != state.email and choice.arrived_at < world.end_at:
            yield Fact("identifiers", ("email", choice.email, f"subscriber/{number}"))
        if is_again:
            choice = choice._replace(arrived_at=state.at + 60, origin="impor", is_again=True)
        yield from _told(world, choice, rng=rng, dirt=dirt, email=state.email)


def _told(world: World, choice: Choice, *, rng: random.Random, dirt: Dirt, email: str) -> Iterator[Row | Fact]:
    if choice.arrived_at >= world.end_at:
        return
    plant = Plant("reimported", "accepted", key=choice.event_id, occurred_at=choice.occurred_at * 1000)
    line = _line(choice, choice.purpose, choice.policy_version, rng=rng)
    row = Row("consents", choice.arrived_at, line, plant if choice.is_again else None)
    yield from dirt.landed(row, key=choice.event_id, rng=rng, occurred_at=choice.occurred_at * 1000, email=email)
    yield Fact(
        "consents",
        (
            choice.event_id,
            choice.user_id or None,
            choice.anonymous_id or None,
            choice.email or None,
            choice.purpose,
            choice.is_granted,
            choice.occurred_at,
            choice.arrived_at,
            choice.policy_version,
            choice.origin,
        ),
    )


def _unusable(world: World, near: Choice, field: str, value: str, *, rng: random.Random) -> Iterator[Row]:
    """A row of its own beside a sound one, whose purpose or policy version nobody knows."""
    choice = near._replace(event_id=f"cns_{rng.getrandbits(64):016x}", arrived_at=near.arrived_at + 1)
    purpose = value if field == "purpose" else choice.purpose
    version = value if field == "policy_version" else choice.policy_version
    plant = Plant(f"unknown_{field}", "quarantined", field, choice.event_id, occurred_at=choice.occurred_at * 1000)
    if choice.arrived_at < world.end_at:
        yield Row("consents", choice.arrived_at, _line(choice, purpose, version, rng=rng), plant)


def _line(choice: Choice, purpose: str, version: str, *, rng: random.Random) -> str:
    ids = "".join(
        f',"{name}":"{value}"'
        for name, value in (
            ("user_id", choice.user_id),
            ("anonymous_id", choice.anonymous_id),
            ("email", choice.email),
        )
        if value
    )
    return (
        f'{{"event_id":"{choice.event_id}"{ids},"purpose":"{purpose}"'
        f',"granted":{"true" if choice.is_granted else "false"},"occurred_at":"{local_text(choice.occurred_at)}+07:00"'
        f',"policy_version":"{version}","source":"{choice.origin}","evidence":"ev_{rng.getrandbits(40):010x}"}}'
    )
