"""Sizes of demos by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Profile(NamedTuple):
    """How many learners over how many days, and what it is for."""

    learners: int
    days: int
    purpose: str


PROFILES: Mapping[str, Profile] = {
    "small": Profile(200, 60, "seconds: to look at every file"),
    "demo": Profile(2_000, 180, "half a minute: what a newcomer sees"),
    "large": Profile(20_000, 180, "more than a million web events: to measure"),
    "years": Profile(400, 2_557, "seven sparse years: to watch retention at work"),
}
