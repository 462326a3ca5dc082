"""Account rows: one at registration, and one for each later change, as JSON lines with the file they go to.

Who the people are is in `people`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

from pipelines.demo import people, streams
from pipelines.demo.dirt import TEXT_ONLY, Dirt
from pipelines.demo.world import World, local_text

SNAPSHOT = "sebelumnya"
HEADER = (
    "user_id",
    "email",
    "name",
    "phone",
    "birth_date",
    "city",
    "country",
    "registered_at",
    "last_login_at",
    "updated_at",
    "deleted",
)
_MOVES = ("Bogor", "Depok", "Tangerang", "Solo", "Batam")


def lines(world: World, learner: int, *, registered_at: int, dirt: Dirt) -> Iterator[tuple[str, str]]:
    """Yield (bucket, line) of a learner's account; the rows from before the demo go to the bucket `SNAPSHOT`."""
    if registered_at >= world.end_at:
        return
    rng = streams.rng(streams.key(world.seed, "accounts"), learner)
    someone = people.person(world.seed, learner)
    state: dict[str, object] = {
        "user_id": someone.user_id,
        "email": someone.email,
        "name": someone.name,
        "phone": someone.phone,
        "birth_date": someone.birth_date or None,
        "city": someone.city or None,
        "country": "ID",
        "registered_at": _instant(registered_at),
        "last_login_at": _instant(registered_at),
        "updated_at": _instant(registered_at),
        "deleted": False,
    }
    for at in _changes(world, registered_at, rng=rng):
        if at > registered_at:
            _change(state, someone, at=at, rng=rng)
        line = json.dumps(state, separators=(",", ":"), ensure_ascii=False)
        yield from _spoilt(world, line, at=at, rng=rng, dirt=dirt)


def _changes(world: World, registered_at: int, *, rng: random.Random) -> list[int]:
    span = world.end_at - max(registered_at, world.start_at)
    moments = sorted(world.end_at - 1 - int(rng.random() * span) for _ in range(rng.choice((0, 0, 1, 1, 2))))
    return [registered_at, *(at for at in moments if at > registered_at)]


def _change(state: dict[str, object], someone: people.Person, *, at: int, rng: random.Random) -> None:
    state["updated_at"] = state["last_login_at"] = _instant(at)
    if rng.random() < 0.1:
        state["city"] = rng.choice(_MOVES)
    if someone.second_email and rng.random() < 0.7:
        state["email"] = someone.second_email
    if rng.random() < 0.02:
        state["deleted"] = True


def _spoilt(world: World, line: str, *, at: int, rng: random.Random, dirt: Dirt) -> Iterator[tuple[str, str]]:
    kind, bucket = dirt.pick("accounts", rng), _bucket(world, at)
    if bucket == SNAPSHOT and kind in TEXT_ONLY | {"late"}:
        kind = ""
    if kind == "late":
        names = [later.name for later in world.arrivals]
        place = names.index(bucket) + 1
        if place < len(names):
            bucket = names[place]
            dirt.count("accounts", "late")
    elif kind == "duplicate":
        dirt.count("accounts", "duplicate")
        yield bucket, line
    elif kind:
        line = dirt.spoil("accounts", kind, line, rng=rng)
    yield bucket, line


def _bucket(world: World, at: int) -> str:
    if at < world.start_at:
        return SNAPSHOT
    day = world.day_of(at)
    return next(bucket.name for bucket in world.arrivals if day < bucket.last)


def _instant(at: int) -> str:
    return local_text(at) + "+07:00"
