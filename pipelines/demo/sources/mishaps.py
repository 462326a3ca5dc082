"""What befalls the calls of one visit: at most one of them comes twice, late, out of order or spoilt.

How a row is spoilt is in `landing.dirt`; what a clean visit sends is in `calls`.
"""

from __future__ import annotations

import random

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Plant, Row
from pipelines.demo.sources.segment import Timed
from pipelines.demo.world.span import DAY, utc_text

LATE_DAYS = 3  # a call that would come later than that comes in time
_MOST_BELATED_SECONDS = 6 * 3600
_RECEIVED, _INSTANT_LENGTH = '"receivedAt":"', len("2026-06-30T10:05:03.123Z")


def befall(calls: list[Timed], kind: str, *, dirt: Dirt, email: str, rng: random.Random) -> list[Timed]:
    """Return the calls after one of them was spoilt or moved; as they were, where that cannot be."""
    place = rng.randrange(len(calls))
    instant, row = calls[place]
    if row.plant:
        return calls
    key = message_id(row)
    about = key.rpartition("-")[0] if '"event":"page_ping"' in row.line else ""
    plant = Plant(kind, "accepted", key=key, about=about, occurred_at=instant)
    if kind == "out_of_order":
        found = _passed(calls, instant, row, plant, dirt=dirt, rng=rng)
    elif kind in ("late", "repeated_later"):
        found = _belated(instant, row, plant, dirt=dirt, rng=rng)
    else:
        spoilt = dirt.spoilt(row, kind, key=key, rng=rng, occurred_at=instant, email=email, about=about)
        found = [(instant if each.at == row.at else each.at * 1000, each) for each in spoilt]
    return [*calls[:place], *found, *calls[place + 1 :]]


def message_id(row: Row) -> str:
    """Return the id of a call."""
    return row.line.split('"', 4)[3]


def _passed(calls: list[Timed], instant: int, row: Row, plant: Plant, *, dirt: Dirt, rng: random.Random) -> list[Timed]:
    """The call arrives after all others of its visit, in the same file."""
    last = max(other for other, _ in calls)
    at = last // 1000 + 1
    layout = dirt.layout
    if last == instant or at >= dirt.world.end_at or layout.file(row.source, at) != layout.file(row.source, row.at):
        return [(instant, row)]
    return [(at * 1000, row._replace(at=at, line=_received(row.line, at, rng=rng), plant=plant))]


def _belated(instant: int, row: Row, plant: Plant, *, dirt: Dirt, rng: random.Random) -> list[Timed]:
    """The call, or a copy of it, arrives in the next file."""
    opens = dirt.layout.next_at(row.source, row.at)
    if opens is None or opens - row.at > LATE_DAYS * DAY or opens + _MOST_BELATED_SECONDS >= dirt.world.end_at:
        return [(instant, row)]
    at = opens + rng.randrange(_MOST_BELATED_SECONDS)
    if plant.kind == "repeated_later":
        return [(instant, row), (at * 1000, row._replace(at=at, plant=plant._replace(fate="duplicate")))]
    return [(at * 1000, row._replace(at=at, line=_received(row.line, at, rng=rng), plant=plant))]


def _received(line: str, at: int, *, rng: random.Random) -> str:
    spot = line.index(_RECEIVED) + len(_RECEIVED)
    return f"{line[:spot]}{utc_text(at)}.{rng.randrange(1000):03d}Z{line[spot + _INSTANT_LENGTH :]}"
