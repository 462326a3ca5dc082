"""Who comes when: every learner's first cohort, first enrolment and registration, as arrays.

What learners then do is in `learning`, `accounts` and `browsing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipelines.demo.world import streams
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.hours import in_waking_hours
from pipelines.demo.world.span import DAY, World

BLOCK = 1 << 14


@dataclass(frozen=True)
class Block:
    """Learners in a row: their numbers, the cohort they join first, and the instants of coming and going.

    After `leaves_at` nobody comes back to the website.
    """

    learners: streams.Numbers
    cohorts: streams.Numbers
    enrolled_at: streams.Numbers
    registered_at: streams.Numbers
    leaves_at: streams.Numbers


def blocks(catalogue: Catalogue) -> Iterator[Block]:
    """Yield all learners in blocks of bounded size."""
    for first in range(0, catalogue.world.learners, BLOCK):
        yield block(catalogue, first=first, last=min(first + BLOCK, catalogue.world.learners))


def block(catalogue: Catalogue, *, first: int, last: int) -> Block:
    """Return the learners from `first` to `last` (excluded)."""
    world, learners = catalogue.world, np.arange(first, last, dtype=np.int64)
    cohorts = np.searchsorted(catalogue.chances, _units(world, "cohort", learners), side="right")
    starts = np.array([cohort.starts_at for cohort in catalogue.cohorts], dtype=np.int64)[cohorts]
    enrolled_at = starts + ((_units(world, "enrolled", learners) * 17 - 12) * DAY).astype(np.int64)
    floor = world.start_at + (_units(world, "floor", learners) * min(3, world.days) * DAY).astype(np.int64)
    enrolled_at = np.maximum(in_waking_hours(enrolled_at, _units(world, "hour", learners)), floor)
    # Most register in the weeks before their first course; a quarter had long been there.
    spans = np.where(_units(world, "loyal", learners) < 0.25, 400.0, 30.0)
    lead = (_units(world, "lead", learners) ** 2 * spans * DAY + 120).astype(np.int64)
    long_before = in_waking_hours(enrolled_at - lead, _units(world, "registration hour", learners))
    registered_at = np.where(lead > 2 * DAY, long_before, enrolled_at - lead)
    # Interest fades within months for most; one in twelve stays for years.
    stays = np.where(_units(world, "stays", learners) < 0.08, 1500.0, 230.0)
    leaves_at = enrolled_at + ((45 + _units(world, "leaves", learners) * stays) * DAY).astype(np.int64)
    return Block(learners, cohorts, enrolled_at, registered_at, leaves_at)


def _units(world: World, name: str, learners: streams.Numbers) -> streams.Units:
    return streams.units(streams.key(world.seed, "population", name), learners)
