"""The stream of all visits in order of time: who comes on which day and minute, merged a few minutes at a time.

Memory holds the visits that are under way, never a day's calls, and a few bytes for each learner. What a visit consists
of is in `browsing`.
"""

from __future__ import annotations

import random
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from operator import itemgetter

import numpy as np

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Milestone, Row
from pipelines.demo.sources import access_log, browsing, mishaps, visits
from pipelines.demo.sources.access_log import Request
from pipelines.demo.sources.errands import LONGEST_LEAD_SECONDS
from pipelines.demo.sources.segment import Timed
from pipelines.demo.sources.visits import Visit
from pipelines.demo.world import people, streams
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.courses import COURSES
from pipelines.demo.world.hours import seconds_of_day
from pipelines.demo.world.population import BLOCK, Block, blocks
from pipelines.demo.world.span import DAY, JAKARTA_OFFSET, World

_SLICE_SECONDS = 300

_WEEKDAYS = (1.0, 1.05, 1.05, 1.0, 0.85, 0.95, 1.1)  # Monday first
# Visits a day: of learners before they register, while they learn and afterwards; of visitors, crawlers and staff.
_BEFORE, _LEARNING, _LATER, _VISITOR, _CRAWLER, _STAFF = 0.08, 0.019, 0.005, 0.006, 0.10, 0.12
_LOOKS_FIRST, _LOOKING_DAYS = 0.45, 14
_LEARNS = 0.8  # share of the visits of those who have a course
_COURSE_DAYS = 45.0
_AT_ONCE_SECONDS = 600  # who orders so soon after registering never left
_APART_SECONDS = 400


class Traffic:
    """All visits of one demo, day by day. It remembers which course each learner has paid for last, and when."""

    def __init__(self, catalogue: Catalogue, dirt: Dirt) -> None:
        self._catalogue, self._world, self._dirt = catalogue, catalogue.world, dirt
        self._under_way: list[Timed] = []
        self._course = array("b", [-1]) * self._world.learners
        self._since = array("q", [0]) * self._world.learners
        self._stated: set[object] = set()

    def day(self, number: int, milestones: Sequence[Milestone]) -> Iterator[list[Row | Fact]]:
        """Yield the rows that arrive on one day in order of time, slice by slice, with the facts of visits that begin.

        `milestones` are those of this day. What is still under way at midnight comes with the next day.
        """
        midnight = self._world.start_at + number * DAY
        visits = sorted(self._visits(midnight, milestones), key=lambda visit: (visit.at, visit.kind, visit.number))
        noise = sorted(access_log.noise(self._world, number), key=lambda found: found.instant)
        rng = streams.rng(streams.key(self._world.seed, "noise dirt"), midnight)
        place = 0
        for until in range(midnight + _SLICE_SECONDS, midnight + DAY + 1, _SLICE_SECONDS):
            found: list[Row | Fact] = []
            while place < len(visits) and visits[place].at < until:
                found += self._begin(visits[place])
                place += 1
            heard = bisect_left(noise, until * 1000, key=lambda each: each.instant)
            found += self._log(noise[:heard], rng=rng)
            del noise[:heard]
            yield [*found, *self._due(until)]

    def _due(self, until: int) -> list[Row]:
        self._under_way.sort(key=itemgetter(0))
        cut = bisect_left(self._under_way, until * 1000, key=itemgetter(0))
        due = [row for _, row in self._under_way[:cut]]
        del self._under_way[:cut]
        return due

    def _begin(self, visit: Visit) -> Iterator[Fact]:
        """Put a visit's rows under way, with what befalls them, and yield its facts."""
        world = self._world
        rng = streams.seeded(visits.number(world.seed, "calls", visit))
        tab = browsing.tell(world, visit, dirt=self._dirt, rng=rng)
        calls = tab.calls
        kind = self._dirt.pick("web_events", visit.at, rng=rng) if calls else ""
        if kind:
            email, facts = visits.mail_of(world, visit) if kind == "unknown_field" else ("", [])
            tab.facts += facts
            calls = mishaps.befall(calls, kind, dirt=self._dirt, email=email, rng=rng)
        yield from self._log(tab.requests, rng=rng)
        self._under_way += calls
        self._under_way += tab.pixels
        for fact in tab.facts:
            # Only mail comes again: whatever else is new with each visit.
            if fact.table == "identifiers" and fact.values[0] == "email":
                if fact.values in self._stated:
                    continue
                self._stated.add(fact.values)
            yield fact

    def _log(self, requests: Sequence[Request], *, rng: random.Random) -> Iterator[Fact]:
        for found in requests:
            self._under_way.append((found.instant, access_log.landed(found, self._dirt, rng=rng)))
            yield found.fact

    def _visits(self, midnight: int, milestones: Sequence[Milestone]) -> Iterator[Visit]:
        demanded: dict[int, list[Milestone]] = {}
        for milestone in milestones:
            demanded.setdefault(milestone.learner, []).append(milestone)
        for block in blocks(self._catalogue):
            yield from self._of_learners(block, midnight, demanded)
        yield from self._of_strangers(midnight)

    def _of_learners(self, block: Block, midnight: int, demanded: dict[int, list[Milestone]]) -> Iterator[Visit]:
        first_days = _first_days(self._world, block)
        low = int(block.learners[0])
        for learner in [who for who in demanded if low <= who < low + len(block.learners)]:
            place = learner - low
            course = self._catalogue.cohorts[block.cohorts[place]].course
            is_first = bool(first_days[place] >= midnight)
            yield from self._demanded(demanded[learner], midnight, met=course, is_first=is_first)
        rate = self._rates(block, first_days, midnight)
        for at, place in _arrivals(self._world, "learner", midnight, block.learners, rate):
            if low + place not in demanded:
                course = self._catalogue.cohorts[block.cohorts[place]].course
                yield self._chance(block, place, at, is_first=bool(first_days[place] == midnight), met=course)

    def _rates(self, block: Block, first_days: streams.Numbers, midnight: int) -> streams.Units:
        """The chance of each learner's visit on this day, beside those that are demanded."""
        world = self._world
        eagerness = streams.units(streams.key(world.seed, "eagerness"), block.learners)
        begins_at = np.maximum(block.enrolled_at, block.registered_at)
        fading = np.clip((block.leaves_at - midnight) / np.maximum(1, block.leaves_at - begins_at), 0.0, 1.0)
        is_learning = abs(midnight - begins_at - 24 * DAY) < 26 * DAY
        rate = np.where(is_learning, _LEARNING, _LATER * fading) * (0.3 + 2.1 * eagerness**2) * _weekday(midnight)
        rate = np.where(midnight <= block.registered_at, _BEFORE, rate)
        # On the day of the registration nobody comes by chance, and those who register after the demo are not told of.
        is_away = (midnight < first_days) | (abs(block.registered_at - midnight - DAY / 2) <= DAY / 2)
        is_away |= (midnight > block.leaves_at - DAY) | (block.registered_at >= world.end_at)
        rate = np.where(is_away, 0.0, rate)
        comes_first = (first_days == midnight) & (block.registered_at >= midnight + DAY)
        return np.where(comes_first & (block.registered_at < world.end_at), 1.0, rate)

    def _chance(self, block: Block, place: int, at: int, *, is_first: bool, met: int) -> Visit:
        """A visit that nothing demands: mostly to the lessons, where there is a course to go on with."""
        learner, seed = int(block.learners[place]), self._world.seed
        is_told = place > 0 and block.registered_at[place - 1] < self._world.end_at
        chosen = Visit(
            kind="learner",
            number=learner,
            at=at,
            plan="look",
            interest=met,
            met=met,
            is_first=is_first,
            is_registered=bool(block.registered_at[place] < at),
            may_borrow=bool(is_told) and learner % people.SHARING_STEP == people.SHARING_STEP - 1,
        )
        bought = self._course[learner]
        if bought < 0 or streams.unit(streams.key(seed, "learns", at), learner) >= _LEARNS:
            return chosen
        pace = 0.6 + 0.8 * streams.unit(streams.key(seed, "pace"), learner)
        progress = (at - self._since[learner] - 2 * DAY) / (_COURSE_DAYS * DAY) * pace
        return chosen._replace(plan="learn", interest=bought, progress=max(0.0, progress))

    def _demanded(self, stops: list[Milestone], midnight: int, *, met: int, is_first: bool) -> Iterator[Visit]:
        """The visits that a learner's story demands of this day, none before the one before is over."""
        earliest = midnight
        for place, stop in enumerate(stops):
            if stop.kind == "checkout" and stop.is_paid:
                self._course[stop.learner], self._since[stop.learner] = stop.course, stop.at
            previous = stops[place - 1] if place else None
            if previous and previous.kind == "registration" and stop.at - previous.at <= _AT_ONCE_SECONDS:
                continue
            following = stops[place + 1] if place + 1 < len(stops) else None
            is_registration = stop.kind == "registration"
            if not (following and is_registration and following.at - stop.at <= _AT_ONCE_SECONDS):
                following = None
            yield Visit(
                "learner",
                stop.learner,
                max(min(earliest, stop.at), stop.at - LONGEST_LEAD_SECONDS),
                stop.kind,
                stop.course,
                met=met,
                is_first=is_first and is_registration,
                is_registered=not is_registration,
                milestone=stop,
                then=following if is_registration else None,
            )
            earliest = (following or stop).at + _APART_SECONDS

    def _of_strangers(self, midnight: int) -> Iterator[Visit]:
        world = self._world
        everyone = world.learners // people.ANONYMOUS_SHARE
        for first in range(0, everyone, BLOCK):
            visitors = np.arange(first, min(first + BLOCK, everyone), dtype=np.int64)
            is_bot, is_staff = (visitors % step == rest for step, rest in (people.CRAWLERS, people.STAFF))
            others = _VISITOR * _weekday(midnight)
            rate = np.where(is_bot, _CRAWLER, np.where(is_staff, _STAFF, others))
            for at, place in _arrivals(world, "visitor", midnight, visitors, rate):
                number = int(visitors[place])
                yield Visit("visitor", number, at, "crawl" if is_bot[place] else "look", number % len(COURSES))


def _first_days(world: World, block: Block) -> streams.Numbers:
    """The midnight of each learner's first visit: the day of their registration, or one in the fortnight before."""
    roll = streams.units(streams.key(world.seed, "first day"), block.learners)
    before = np.where(roll < _LOOKS_FIRST, 1 + np.floor((roll / _LOOKS_FIRST) ** 2 * _LOOKING_DAYS), 0).astype(np.int64)
    day = (block.registered_at + JAKARTA_OFFSET) // DAY - before
    return np.asarray(day * DAY - JAKARTA_OFFSET, dtype=np.int64)


def _weekday(midnight: int) -> float:
    return _WEEKDAYS[((midnight + JAKARTA_OFFSET) // DAY + 3) % 7]


def _arrivals(
    world: World, kind: str, midnight: int, who: streams.Numbers, rate: streams.Units
) -> list[tuple[int, int]]:
    """The instants and places in `who` of those who come; keyed by the date, so that a longer span keeps them."""
    coming = np.flatnonzero(streams.units(streams.key(world.seed, "comes", kind, midnight), who) < rate)
    seconds = seconds_of_day(streams.units(streams.key(world.seed, "hour", kind, midnight), who[coming]))
    return [(midnight + int(second), int(place)) for second, place in zip(seconds, coming, strict=True)]
