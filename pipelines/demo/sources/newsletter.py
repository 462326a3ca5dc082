"""The newsletter's list: who subscribes, leaves and comes back, with an account or without; a row for every change.

An old list that is imported again one day brings states that are long out of date. Consent is in `consents`: learners who
agree or withdraw there do so here too, but not everybody who leaves the list tells the ledger.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Plant, Row
from pipelines.demo.world import people, streams
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.choices import choices
from pipelines.demo.world.span import DAY, World, utc_text
from pipelines.demo.world.story import Story

REIMPORT = "impor-2025"
REIMPORTED = "reimported"  # the plant of a row that an old list brings back
_IMPORT_DAY = 0.62  # as a share of the span
_EARLY, _EARLY_BY_NEWSLETTER, _REACHES_LIST = 0.06, 0.75, 0.65
_UNSUBSCRIBES, _IMPORTED_AGAIN, _RESUBSCRIBES = 0.18, 0.35, 0.2
_FORMS = (
    "formulir-beranda",
    "formulir-beranda",
    "blog",
    "blog",
    "webinar",
    "e-book-portofolio",
    "instagram-bio",
)


class Subscription(NamedTuple):
    """One state of a subscriber, and the second since which it is so; `unsubscribed_at` is 0 for who has not left."""

    at: int
    email: str
    subscribed_at: int
    unsubscribed_at: int
    origin: str


def of_learner(story: Story, catalogue: Catalogue, dirt: Dirt) -> Iterator[Row | Fact]:
    """Yield a learner's states as a subscriber."""
    history, rng = of_story(story), story.rng("newsletter rows")
    email = history[0].email if history else story.person.email
    if email != story.person.email and any(state.at < story.world.end_at for state in history):
        yield Fact("identifiers", ("email", email, f"learner/{story.learner}"))
    yield from _landed(story.world, history, learner=story.learner, dirt=dirt, rng=rng)


def of_others(catalogue: Catalogue, dirt: Dirt) -> Iterator[Row | Fact]:
    """Yield the states of the subscribers who have no account."""
    world = catalogue.world
    key = streams.key(world.seed, "newsletter rows of others")
    for number in range(world.learners // people.SUBSCRIBER_SHARE):
        history = of_subscriber(world, number)
        yield Fact("identifiers", ("email", history[0].email, f"subscriber/{number}"))
        yield from _landed(world, history, learner=None, dirt=dirt, rng=streams.rng(key, number))


def of_story(story: Story) -> tuple[Subscription, ...]:
    """Return a learner's states in order of time; none for most. They may lie after the demo's end."""
    rng, person = story.rng("newsletter"), story.person
    email = person.email.lower() if rng.random() < 0.1 else person.email
    states, roll = [], rng.random()
    is_early = roll < (_EARLY_BY_NEWSLETTER if story.channel.name == "newsletter" else _EARLY)
    if is_early:
        first = story.registered_at - rng.randint(DAY, 90 * DAY)
        states.append(Subscription(first, email, first, 0, rng.choice(_FORMS)))
    if is_early or rng.random() < _REACHES_LIST:
        states = _chosen(story, states, email=email)
    if states:
        states += _afterwards(states[-1], world=story.world, rng=rng)
    return tuple(states)


def of_subscriber(world: World, number: int) -> tuple[Subscription, ...]:
    """Return the states of a subscriber without an account; all subscribe before the demo's end."""
    rng = streams.rng(streams.key(world.seed, "newsletter of others"), number)
    # Two in five have read it since before the demo begins.
    since = 500 * DAY if rng.random() < 0.4 else 0
    latest = world.start_at if since else world.end_at - 3600
    first = latest - 1 - int(rng.random() * (since or latest - world.start_at - 1))
    state = Subscription(first, people.subscriber(world.seed, number), first, 0, rng.choice(_FORMS))
    return (state, *_afterwards(state, world=world, rng=rng))


def _chosen(story: Story, states: list[Subscription], *, email: str) -> list[Subscription]:
    """The states so far, and those that follow from what a learner told the ledger."""
    states = list(states)
    for choice in choices(story):
        if choice.purpose != "newsletter" or choice.is_again:
            continue
        at, state = choice.occurred_at, states[-1] if states else None
        is_reader = state is not None and not state.unsubscribed_at
        if choice.is_granted and not is_reader and (state is None or at > state.at):
            states.append(Subscription(at, email, at, 0, choice.origin))
        elif state and is_reader and not choice.is_granted:
            states.append(state._replace(at=at, unsubscribed_at=at))
    return states


def _afterwards(state: Subscription, *, world: World, rng: random.Random) -> Iterator[Subscription]:
    """Some leave by the link of the list itself; some of those who left come back, or are brought back."""
    leaves, roll, days = rng.random() < _UNSUBSCRIBES, rng.random(), rng.randint(2, 100)
    if not state.unsubscribed_at:
        if not leaves:
            return
        left = max(state.at, world.start_at - 60 * DAY) + days * DAY + rng.randrange(DAY)
        state = state._replace(at=left, unsubscribed_at=left)
        yield state
    import_at = world.start_at + int(_IMPORT_DAY * world.days) * DAY + 3 * 3600
    if roll < _IMPORTED_AGAIN and state.at < import_at:
        yield state._replace(at=import_at + rng.randrange(1200), unsubscribed_at=0, origin=REIMPORT)
    elif roll > 1 - _RESUBSCRIBES:
        later = state.at + rng.randint(3 * DAY, 60 * DAY)
        yield Subscription(later, state.email, later, 0, rng.choice(_FORMS))


def _landed(
    world: World, history: tuple[Subscription, ...], *, learner: int | None, dirt: Dirt, rng: random.Random
) -> Iterator[Row | Fact]:
    for state in history:
        arrives = state.at + rng.randint(1, 300)
        if state.at < world.start_at:
            arrives = min(arrives, world.start_at - 1)
        if arrives >= world.end_at:
            return
        left = state.unsubscribed_at or None
        yield Fact("subscribers", (state.email, state.subscribed_at, left, state.origin, learner))
        own = max(state.subscribed_at, state.unsubscribed_at) * 1000
        plant = None
        if state.origin == REIMPORT:
            plant = Plant(REIMPORTED, "superseded", "unsubscribed_at", state.email, occurred_at=own)
        row = Row("newsletter_subscribers", arrives, _line(state), plant)
        yield from dirt.landed(row, key=state.email, rng=rng, occurred_at=own, email=state.email)


def _line(state: Subscription) -> str:
    members = {
        "email": state.email,
        "subscribed_at": f"{utc_text(state.subscribed_at)}Z",
        "unsubscribed_at": f"{utc_text(state.unsubscribed_at)}Z" if state.unsubscribed_at else None,
        "source": state.origin,
    }
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False)
