from __future__ import annotations

import numpy as np
import pytest

from pipelines.demo.world import streams
from pipelines.demo.world.hours import in_waking_hours, second_of_day, seconds_of_day
from pipelines.demo.world.span import DAY, JAKARTA_OFFSET

DRAWS = streams.units(streams.key(1, "hours"), np.arange(20_000, dtype=np.int64))


def test_evenings_are_busy_and_nights_quiet() -> None:
    hours = np.bincount(seconds_of_day(DRAWS) // 3600, minlength=24)
    assert hours[19:22].sum() > 10 * hours[2:5].sum() > 0
    assert len(hours) == 24


def test_the_day_in_jakarta_stays() -> None:
    instants = np.arange(20_000, dtype=np.int64) * 3671 + 1_770_000_000
    moved = in_waking_hours(instants, DRAWS)
    assert ((moved + JAKARTA_OFFSET) // DAY == (instants + JAKARTA_OFFSET) // DAY).all()


@pytest.mark.parametrize("draw", [0.0, 0.25, 0.7, 0.999999999])
def test_one_draw_and_many_agree(draw: float) -> None:
    assert second_of_day(draw) == seconds_of_day(np.array([draw]))[0] < DAY
