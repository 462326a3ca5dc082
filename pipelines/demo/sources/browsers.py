"""Browsers as the truth knows them: whose they are, what they say of consent, and by what they can be told apart.

What is done in them is in `browsing`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Row
from pipelines.demo.sources import access_log
from pipelines.demo.world import people
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.people import Browser
from pipelines.demo.world.story import Story


def of_learner(story: Story, catalogue: Catalogue, dirt: Dirt) -> Iterator[Row | Fact]:
    """Yield the facts of a learner's own browser; now and then the next learner uses it too."""
    learner, world = story.learner, story.world
    following = learner + 1
    is_shared = following % people.SHARING_STEP == people.SHARING_STEP - 1 and following < world.learners
    device = people.browser(world.seed, "learner", learner)
    yield from _facts(device, "learner", learner, shared_with=following if is_shared else None)


def of_others(catalogue: Catalogue, dirt: Dirt) -> Iterator[Row | Fact]:
    """Yield the facts of the browsers of those who never register, of crawlers and of scanners."""
    world = catalogue.world
    for visitor in range(world.learners // people.ANONYMOUS_SHARE):
        device = people.browser(world.seed, "visitor", visitor)
        yield from _facts(device, "crawler" if device.is_bot else "visitor", visitor, shared_with=None)
    addresses = [access_log.scanner_address(world, scanner) for scanner in range(access_log.scanners(world))]
    for scanner, address in enumerate(addresses):
        if address not in addresses[:scanner]:
            yield Fact("identifiers", ("ip", address, f"scanner/{scanner}"))


def _facts(device: Browser, owner: str, number: int, *, shared_with: int | None) -> Iterator[Fact]:
    said = (device.analytics, device.advertising, device.gpc, device.fbp or None, device.is_internal)
    yield Fact("browsers", (device.anonymous_id, owner, number, shared_with, *said))
    whose = f"{'learner' if owner == 'learner' else 'visitor'}/{number}"
    yield Fact("identifiers", ("anonymous_id", device.anonymous_id, whose))
    for address in dict.fromkeys(device.addresses):
        yield Fact("identifiers", ("ip", address, whose))
    if device.fbp:
        yield Fact("identifiers", ("fbp", device.fbp, whose))
