"""Who a ticket is about and who writes: learners, those they bring along, people without an account, and the staff.

Everybody is regenerated from a number. What they say does not belong here.
"""

from __future__ import annotations

from typing import NamedTuple

from pipelines.demo.world import people
from pipelines.demo.world.people import Person
from pipelines.demo.world.span import World

STRANGER_SHARE = 25  # one person without an account writes for every 25 learners
COMPANIONS = 3  # whom one writer may bring along

STAFF = ("Rani", "Bagus", "Tika", "Yusuf", "Melly", "Arga", "Wulan", "Fikri", "Santi")


class Party(NamedTuple):
    """A person, and how the truth names them."""

    owner: str
    person: Person


def learner(world: World, number: int) -> Party:
    """Return a learner."""
    return Party(f"learner/{number}", people.person(world.seed, number))


def stranger(world: World, number: int) -> Party:
    """Return somebody without an account. Those numbered below `writers` write; the others are only written about."""
    # Whoever comes after the last learner never registers, so that neither address nor number is a learner's.
    return Party(f"stranger/{number}", people.person(world.seed, world.learners + number))


def writers(world: World) -> int:
    """Return how many people without an account write."""
    return world.learners // STRANGER_SHARE


def companion(world: World, writer: str, number: int) -> Party:
    """Return somebody whom a writer (`learner/<n>` or `stranger/<n>`) brings along: `number` is below `COMPANIONS`."""
    kind, _, digits = writer.partition("/")
    first = world.learners + (0 if kind == "learner" else COMPANIONS * world.learners)
    return stranger(world, first + COMPANIONS * int(digits) + number)
