"""The stream of all visits in order of time: who comes on which day and minute, merged half hour by half hour.

Memory holds the visits that are under way, never a day's calls. What a visit consists of is in `browsing`.
"""

from __future__ import annotations

import json
import random
from bisect import bisect_left
from collections.abc import Iterator
from operator import itemgetter

import numpy as np

from pipelines.demo import people, streams
from pipelines.demo.browsing import Calls, Visit, calls
from pipelines.demo.catalogue import Catalogue
from pipelines.demo.dirt import Dirt
from pipelines.demo.population import BLOCK, blocks
from pipelines.demo.world import DAY, Bucket, World, utc_text

SLICE_SECONDS = 1800
LATE_DAYS = 3
_MOST_BELATED_SECONDS = 6 * 3600

# Share of visits begun by each hour of the day in Jakarta: quiet nights, a busy evening that runs past midnight.
_NIGHT_AND_MORNING = (2.2, 1.2, 0.7, 0.5, 0.7, 1.2, 2.0, 3.0, 4.0, 4.5, 4.6, 4.8)
_AFTERNOON_AND_EVENING = (5.0, 4.8, 4.6, 4.6, 4.8, 5.0, 6.0, 7.5, 8.5, 8.0, 6.5, 4.3)
_HOURS = np.cumsum([0.0, *_NIGHT_AND_MORNING, *_AFTERNOON_AND_EVENING])


def batches(catalogue: Catalogue, *, dirt: Dirt) -> Iterator[tuple[Bucket, list[str]]]:
    """Yield the lines of all web events in order of time, with the bucket they arrive in; dirt is planted on the way.

    A batch may be empty.
    """
    world, under_way = catalogue.world, Calls()
    for bucket in world.arrivals:
        for day in range(bucket.first, bucket.last):
            visits = _visits(catalogue, day)
            place, midnight = 0, world.start_at + day * DAY
            for until in range(midnight + SLICE_SECONDS, midnight + DAY + 1, SLICE_SECONDS):
                while place < len(visits) and visits[place].starts_at < until:
                    under_way += _spoilt(world, visits[place], bucket, dirt=dirt)
                    place += 1
                under_way.sort(key=itemgetter(0))
                cut = bisect_left(under_way, until * 1000, key=itemgetter(0))
                yield bucket, [line for _, line in under_way[:cut]]
                del under_way[:cut]


def _visits(catalogue: Catalogue, day: int) -> list[Visit]:
    """All visits of a day, in order of their start."""
    found = [*_of_learners(catalogue, day), *_of_strangers(catalogue.world, day)]
    return sorted(found, key=lambda visit: (visit.starts_at, visit.kind, visit.visitor))


def _of_learners(catalogue: Catalogue, day: int) -> Iterator[Visit]:
    world = catalogue.world
    midnight = world.start_at + day * DAY
    for block in blocks(catalogue):
        eagerness = streams.units(streams.key(world.seed, "eagerness"), block.learners)
        rate = 0.004 + 0.030 * eagerness**2
        # A month of looking round before registering; most visits in the weeks of the course.
        rate = np.where(midnight < block.registered_at - 30 * DAY, 0.0, rate)
        rate = np.where(abs(midnight - block.enrolled_at - 40 * DAY) < 45 * DAY, rate * 1.9, rate)
        for at, place in _arrivals(world, "learner", day, block.learners, rate):
            cohort = catalogue.cohorts[block.cohorts[place]]
            yield Visit("learner", int(block.learners[place]), at, int(block.registered_at[place]), cohort.course)


def _of_strangers(world: World, day: int) -> Iterator[Visit]:
    everyone = world.learners // people.ANONYMOUS_SHARE
    for first in range(0, everyone, BLOCK):
        visitors = np.arange(first, min(first + BLOCK, everyone), dtype=np.int64)
        for at, place in _arrivals(world, "visitor", day, visitors, np.full(len(visitors), 0.006)):
            yield Visit("visitor", int(visitors[place]), at, 0, int(visitors[place]) % 8)


def _arrivals(world: World, kind: str, day: int, who: streams.Numbers, rate: streams.Units) -> list[tuple[int, int]]:
    """The instants and places in `who` of those who come; keyed by the date, so that a longer span keeps them."""
    midnight = world.start_at + day * DAY
    coming = np.flatnonzero(streams.units(streams.key(world.seed, "comes", kind, midnight), who) < rate)
    hours = streams.units(streams.key(world.seed, "hour", kind, midnight), who[coming]) * _HOURS[-1]
    seconds = np.interp(hours, _HOURS, np.arange(25) * 3600.0).astype(np.int64)
    return [(midnight + int(second), int(place)) for second, place in zip(seconds, coming, strict=True)]


def _spoilt(world: World, visit: Visit, bucket: Bucket, *, dirt: Dirt) -> Calls:
    """The visit's calls, of which at most one is spoilt or held back."""
    rng = streams.rng(streams.key(world.seed, "calls", visit.kind, visit.starts_at), visit.visitor)
    kind = dirt.pick("web_events", rng)
    made = calls(world, visit, rng=rng)
    if not kind or not made:
        return made
    target = rng.randrange(len(made))
    if kind in {"duplicate", "repeated_later", "late", "out_of_order"}:
        return _moved(world, made, target, kind, bucket, rng=rng, dirt=dirt)
    at, line = made[target]
    if kind == "personal_url" and '"page":{' not in line:
        return made
    # A stranger borrows the learner of the same number: somebody who has not said who they are.
    email, token = people.person(world.seed, visit.visitor).email, people.token(world.seed, visit.visitor)
    made[target] = at, dirt.spoil("web_events", kind, line, rng=rng, email=email, token=token)
    return made


def _moved(
    world: World, made: Calls, target: int, kind: str, bucket: Bucket, *, rng: random.Random, dirt: Dirt
) -> Calls:
    """Repeat a call at once, or put it (or a copy) where it arrives delayed; nothing, where that is beyond the demo."""
    at, line = made[target]
    if kind == "duplicate":
        made.insert(target, (at, line))
    elif kind == "out_of_order":
        passed = max(moment for moment, _ in made) + 1
        if passed == at + 1 or _bucket(world, passed) != _bucket(world, at):
            return made
        made[target] = passed, line
        made.sort(key=itemgetter(0))
    else:
        arrives = (world.start_at + bucket.last * DAY) * 1000 + rng.randrange(_MOST_BELATED_SECONDS * 1000)
        is_near = arrives - at < (LATE_DAYS * DAY + _MOST_BELATED_SECONDS) * 1000
        if not is_near or bucket.last == world.days or _bucket(world, at) != bucket.name:
            return made
        row = json.loads(line) | {"receivedAt": f"{utc_text(arrives // 1000)}.{arrives % 1000:03d}Z"}
        copy = line if kind == "repeated_later" else json.dumps(row, separators=(",", ":"))
        made = [call for place, call in enumerate(made) if kind == "repeated_later" or place != target]
        made.append((arrives, copy))
    dirt.count("web_events", kind)
    return made


def _bucket(world: World, milliseconds: int) -> str:
    day = world.day_of(milliseconds // 1000)
    return next((bucket.name for bucket in world.arrivals if day < bucket.last), "")
