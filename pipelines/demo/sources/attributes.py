"""What learners choose to tell of themselves for statistics: `learner_attributes`.

Whether that may be used is said in `consents`. Children tell no age here: how they are found is in their story.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Row
from pipelines.demo.world import places
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.span import DAY, local_date, local_text
from pipelines.demo.world.story import Story

_TELLS = 0.35
_UPDATES = 0.18
_EDUCATIONS = (
    "SMA",
    "SMA",
    "SMK",
    "SMK",
    "SMK",
    "D3",
    "D3",
    "S1",
    "S1",
    "S1",
    "S1",
    "S1",
    "S2",
    "SMP",
    "D4",
    "S3",
    "SD",
)
_STEPS = {
    "SD": "SMP",
    "SMP": "SMA",
    "SMA": "S1",
    "SMK": "D3",
    "D3": "S1",
    "D4": "S2",
    "S1": "S2",
    "S2": "S3",
    "S3": "S3",
}
_BANDS = ((25, "18-24"), (35, "25-34"), (45, "35-44"), (55, "45-54"), (200, "55+"))
_DISABILITIES = ("visual", "hearing", "mobility", "psychosocial", "learning", "other")


class _Told(NamedTuple):
    gender: str | None
    region: str | None
    highest_education: str | None
    age_band: str | None
    disability: str | None


def of_learner(story: Story, catalogue: Catalogue, dirt: Dirt) -> Iterator[Row | Fact]:
    """Yield what a learner tells, and what they tell anew; most tell nothing."""
    rng = story.rng("attributes")
    if rng.random() >= _TELLS:
        return
    at = story.registered_at + (rng.randint(60, 1800) if rng.random() < 0.5 else int(rng.expovariate(1 / (20 * DAY))))
    told = _told(story, at, rng=rng)
    yield from _landed(story, told, at, dirt=dirt, rng=rng)
    if rng.random() < _UPDATES:
        at += rng.randint(2 * DAY, 120 * DAY)
        yield from _landed(story, _retold(told, rng=rng), at, dirt=dirt, rng=rng)


def _landed(story: Story, told: _Told, at: int, *, dirt: Dirt, rng: random.Random) -> Iterator[Row | Fact]:
    world, user_id = story.world, story.person.user_id
    arrives = at + rng.randint(1, 90)
    if at < world.start_at:
        arrives = min(arrives, world.start_at - 1)
    if arrives >= world.end_at or at >= story.leaves_at:
        return
    yield Fact("attributes", (user_id, *told, at))
    members = {"user_id": user_id, **told._asdict(), "updated_at": f"{local_text(at)}+07:00"}
    row = Row("learner_attributes", arrives, json.dumps(members, separators=(",", ":"), ensure_ascii=False))
    yield from dirt.landed(row, key=user_id, rng=rng, occurred_at=at * 1000, email=story.person.email)


def _told(story: Story, at: int, *, rng: random.Random) -> _Told:
    """Each question is left open by some."""
    someone, roll = story.person, rng.random()
    gender = None if roll < 0.08 else "prefer_not_to_say" if roll < 0.11 else "other" if roll < 0.12 else someone.gender
    age = _age(someone.born_on, local_date(min(at, story.world.end_at)))
    band = next(band for limit, band in _BANDS if age < limit)
    roll = rng.random()
    return _Told(
        gender=gender,
        region=someone.region if rng.random() < 0.9 else None,
        highest_education=_education(age, rng=rng) if rng.random() < 0.85 else None,
        age_band=band if story.minority is None and rng.random() < 0.85 else None,
        disability=rng.choice(_DISABILITIES) if roll < 0.045 else "none" if roll < 0.60 else None,
    )


def _education(age: int, *, rng: random.Random) -> str:
    drawn = rng.choice(_EDUCATIONS)
    if age < 18:
        return "SMP"
    return "SMA" if age < 22 and drawn in ("S1", "S2", "S3", "D4") else drawn


def _retold(told: _Told, *, rng: random.Random) -> _Told:
    """Somebody moved, graduated, or took back an answer."""
    roll = rng.random()
    if roll < 0.45:
        return told._replace(region=places.city(rng).region)
    if roll < 0.70 and told.highest_education:
        return told._replace(highest_education=_STEPS[told.highest_education])
    return told._replace(disability=None, gender=None if roll > 0.92 else told.gender)


def _age(born_on: date, day: date) -> int:
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))
