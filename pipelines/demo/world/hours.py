"""When people are awake: the share of what they do that begins in each hour of the day in Jakarta."""

from __future__ import annotations

import numpy as np

from pipelines.demo.world import streams
from pipelines.demo.world.span import DAY, JAKARTA_OFFSET

# Quiet nights, a busy evening that runs past midnight.
_NIGHT_AND_MORNING = (2.2, 1.2, 0.7, 0.5, 0.7, 1.2, 2.0, 3.0, 4.0, 4.5, 4.6, 4.8)
_AFTERNOON_AND_EVENING = (5.0, 4.8, 4.6, 4.6, 4.8, 5.0, 6.0, 7.5, 8.5, 8.0, 6.5, 4.3)
_UNTIL = np.cumsum([0.0, *_NIGHT_AND_MORNING, *_AFTERNOON_AND_EVENING])
_UNTIL = _UNTIL / _UNTIL[-1]
_ON_THE_HOUR = np.arange(25) * 3600.0


def in_waking_hours(instants: streams.Numbers, draws: streams.Units) -> streams.Numbers:
    """Move instants to an hour, of the same day in Jakarta, at which people do such things; draws lie in [0, 1)."""
    midnights = (instants + JAKARTA_OFFSET) // DAY * DAY - JAKARTA_OFFSET
    moved: streams.Numbers = midnights + seconds_of_day(draws)
    return moved


def seconds_of_day(draws: streams.Units) -> streams.Numbers:
    """Return for draws in [0, 1) the second of the day at which something begins."""
    seconds: streams.Numbers = np.minimum(np.interp(draws, _UNTIL, _ON_THE_HOUR), DAY - 1).astype(np.int64)
    return seconds


def second_of_day(draw: float) -> int:
    """Return for one draw what `seconds_of_day` returns for many."""
    return min(int(np.interp(draw, _UNTIL, _ON_THE_HOUR)), DAY - 1)
