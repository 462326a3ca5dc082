"""When and how something is said, and what fills a slot then."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

from pipelines.demo.sources.tickets.case import Case
from pipelines.demo.sources.tickets.pieces import Text


class Moment(NamedTuple):
    """When something is said, in which language, and whether by an agent, who copies from the platform."""

    at: int
    register: str
    is_agent: bool
    rng: random.Random

    @property
    def is_english(self) -> bool:
        """Whether dates and numbers are written in English."""
        return self.register == "english"


Slot = Callable[[Case, Moment], Text | None]
