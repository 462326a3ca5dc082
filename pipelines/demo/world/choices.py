"""What people agree to and take back: the banner of their browser, the boxes at registration, later changes of mind.

How a choice lies in the ledger's file is in `sources.consents`, what the newsletter's list makes of it in
`sources.newsletter`. Two choices of one purpose in the same second: the withdrawal wins, whichever is written first.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from pipelines.demo.world import people, streams
from pipelines.demo.world.people import Browser
from pipelines.demo.world.span import DAY, World, local_date
from pipelines.demo.world.story import Story

# The policy's versions with their first days, as they are published in the policy itself.
POLICY_VERSIONS = (("1", date(2020, 1, 1)),)
REACHES_LEDGER = 0.7  # of the banner's choices; the rest stay in the browser
# The boxes at registration. Half of the refusals of these are written down, those of the others never.
_TICKED = {"newsletter": 0.42, "marketing_messages": 0.36, "aggregate_statistics": 0.72}
_TRACKING = {"ads_retargeting": (0.68, 0.26, 0.46), "product_analytics": (0.82, 0.22, 0.55)}
_SETTINGS = ("ads_retargeting", "marketing_messages", "product_analytics", "newsletter", "aggregate_statistics")
_OBJECTED = (("marketing_messages",), ("marketing_messages", "ads_retargeting"), ("aggregate_statistics",))
_WITHDRAWS, _UNSUBSCRIBES, _OBJECTS, _AGREES_LATER = 0.08, 0.05, 0.015, 0.04


class Choice(NamedTuple):
    """One grant or withdrawal. `origin` is where it was made; the ids that it does not bear are empty.

    `arrived_at` is when the ledger's file gets it, `is_again` says that an old grant is told once more.
    """

    event_id: str
    user_id: str
    anonymous_id: str
    email: str
    purpose: str
    is_granted: bool
    occurred_at: int
    arrived_at: int
    origin: str
    is_again: bool = False

    @property
    def policy_version(self) -> str:
        """The policy in force at that instant; before the first, the first."""
        day = local_date(self.occurred_at)
        return next((version for version, first in reversed(POLICY_VERSIONS) if first <= day), POLICY_VERSIONS[0][0])


@lru_cache(maxsize=2)
def choices(story: Story) -> tuple[Choice, ...]:
    """Return everything a learner chose before the demo's end, in order of time, with what reaches the ledger twice."""
    rng = story.rng("choices")
    device = people.browser(story.world.seed, "learner", story.learner)
    met_at = story.registered_at - 31 * DAY - rng.randrange(5 * DAY)
    made = list(_in_banner(device, met_at, rng=rng))
    made += _at_registration(story, device, rng=rng)
    for changed in (_withdrawn, _unsubscribed, _objected, _agreed_later, _signalled):
        made += changed(story, made, rng=rng)
    return tuple(sorted((c for c in made if c.occurred_at < story.world.end_at), key=lambda c: c.occurred_at))


def of_visitor(world: World, visitor: int) -> tuple[Choice, ...]:
    """Return what somebody who never registers told the banner of it, before the demo begins."""
    device = people.browser(world.seed, "visitor", visitor)
    rng = streams.rng(_key(world.seed, "choices of visitors"), visitor)
    return tuple(_in_banner(device, world.start_at - rng.randrange(DAY, 20 * DAY), rng=rng))


def by_address(email: str, at: int, *, is_granted: bool, rng: random.Random) -> Choice:
    """Return what somebody said of the newsletter in its form, or by the link at its foot: the address is all it knows.

    The link does not always spell it as the form did.
    """
    if is_granted:
        return _choice("newsletter", at, "formulir_newsletter", is_granted=True, email=email, rng=rng)
    email = email.upper() if rng.random() < 0.1 else email
    return _choice("newsletter", at, "tautan_berhenti", is_granted=False, email=email, rng=rng)


def is_withdrawn(made: Iterable[Choice], purpose: str, *, at: int) -> bool:
    """Say whether the last that an account or address said of a purpose, after once being asked, is a withdrawal."""
    told = [c for c in made if c.purpose == purpose and (c.user_id or c.email) and c.occurred_at <= at]
    if not told:
        return False
    last = max(told, key=lambda choice: (choice.occurred_at, not choice.is_granted))
    return not last.is_granted and last.origin != "pendaftaran"


def _in_banner(device: Browser, at: int, *, rng: random.Random) -> Iterator[Choice]:
    reaches = rng.random() < REACHES_LEDGER
    if not reaches or device.is_bot:
        return
    told = (("product_analytics", device.analytics), ("ads_retargeting", device.advertising))
    for purpose, is_granted in told:
        if is_granted is not None:
            yield _choice(purpose, at, "banner", is_granted=is_granted, anonymous_id=device.anonymous_id, rng=rng)
    if device.gpc:
        for purpose, _ in told:
            yield _choice(purpose, at + 2, "gpc", is_granted=False, anonymous_id=device.anonymous_id, rng=rng)


def _at_registration(story: Story, device: Browser, *, rng: random.Random) -> Iterator[Choice]:
    def chosen(purpose: str, *, is_granted: bool) -> Choice:
        user_id, at = story.person.user_id, story.registered_at
        return _choice(purpose, at, "pendaftaran", is_granted=is_granted, user_id=user_id, rng=rng)

    yield chosen("service", is_granted=True)
    for purpose, share in _TICKED.items():
        if rng.random() < share:
            yield chosen(purpose, is_granted=True)
    for (purpose, shares), told in zip(_TRACKING.items(), (device.advertising, device.analytics), strict=True):
        share = shares[2] if told is None else shares[0] if told else shares[1]
        if rng.random() < share:
            yield chosen(purpose, is_granted=True)
        elif rng.random() < 0.5:
            yield chosen(purpose, is_granted=False)


def _withdrawn(story: Story, made: list[Choice], *, rng: random.Random) -> Iterator[Choice]:
    """Settings: one granted purpose taken back, now and then given again, or told once more by an old export."""
    granted = [c for c in made if c.user_id and c.is_granted and c.purpose in _SETTINGS]
    if rng.random() >= _WITHDRAWS or not granted:
        return
    grant, at = rng.choice(granted), _later(story, rng=rng)
    user_id, purpose = story.person.user_id, grant.purpose
    withdrawal = _choice(purpose, at, "pengaturan", is_granted=False, user_id=user_id, rng=rng)
    if rng.random() < 0.12:
        withdrawal = withdrawal._replace(arrived_at=at + rng.randint(DAY, 3 * DAY))
    yield withdrawal
    roll = rng.random()
    if roll < 0.05:
        yield _choice(purpose, at, "pengaturan", is_granted=True, user_id=user_id, rng=rng)
    elif roll < 0.30:
        again_at = at + rng.randint(1, 25) * DAY + rng.randrange(DAY)
        yield _choice(purpose, again_at, "pengaturan", is_granted=True, user_id=user_id, rng=rng)
    elif roll < 0.45:
        arrives = withdrawal.arrived_at + rng.randint(5, 40) * DAY + rng.randrange(3600)
        old = _choice(purpose, grant.occurred_at, "impor", is_granted=True, user_id=user_id, rng=rng)
        yield old._replace(arrived_at=arrives, is_again=True)


def _unsubscribed(story: Story, made: list[Choice], *, rng: random.Random) -> Iterator[Choice]:
    is_reader = any(c.purpose == "newsletter" and c.is_granted for c in made)
    if rng.random() < _UNSUBSCRIBES and is_reader:
        yield by_address(story.person.email, _later(story, rng=rng), is_granted=False, rng=rng)


def _objected(story: Story, made: list[Choice], *, rng: random.Random) -> Iterator[Choice]:
    if rng.random() < _OBJECTS:
        at, user_id = _later(story, rng=rng), story.person.user_id
        for purpose in rng.choice(_OBJECTED):
            yield _choice(purpose, at, "keberatan", is_granted=False, user_id=user_id, rng=rng)


def _agreed_later(story: Story, made: list[Choice], *, rng: random.Random) -> Iterator[Choice]:
    missing = [purpose for purpose in _SETTINGS if not any(c.purpose == purpose and c.user_id for c in made)]
    if rng.random() < _AGREES_LATER and missing:
        at, user_id = _later(story, rng=rng), story.person.user_id
        yield _choice(rng.choice(missing), at, "pengaturan", is_granted=True, user_id=user_id, rng=rng)


def _signalled(story: Story, made: list[Choice], *, rng: random.Random) -> Iterator[Choice]:
    """Global Privacy Control, seen in the browser of somebody who is logged in."""
    device = people.browser(story.world.seed, "learner", story.learner)
    if device.gpc and rng.random() < 0.5:
        ids = {"user_id": story.person.user_id, "anonymous_id": device.anonymous_id}
        yield _choice("ads_retargeting", _later(story, rng=rng), "gpc", is_granted=False, rng=rng, **ids)


def _later(story: Story, *, rng: random.Random) -> int:
    """An instant after registration and within the span; past its end, where there is no time left."""
    first = max(story.registered_at + 3600, story.world.start_at)
    return first + int(rng.random() * max(DAY, story.world.end_at - first))


def _choice(
    purpose: str,
    at: int,
    origin: str,
    *,
    is_granted: bool,
    rng: random.Random,
    user_id: str = "",
    anonymous_id: str = "",
    email: str = "",
) -> Choice:
    event_id, arrives = f"cns_{rng.getrandbits(64):016x}", at + 1 + int(rng.random() ** 4 * 90)
    return Choice(event_id, user_id, anonymous_id, email, purpose, is_granted, at, arrives, origin)


@lru_cache(maxsize=16)
def _key(seed: int, name: str) -> int:
    return streams.key(seed, name)
