from __future__ import annotations

import numpy as np
import pytest

from pipelines.demo.world import streams


def test_arrays_and_single_numbers_draw_the_same() -> None:
    stream = streams.key(7, "test")
    drawn = streams.units(stream, np.arange(50, dtype=np.int64))
    assert drawn.tolist() == [(streams.number(stream, n) >> 11) * 2.0**-53 for n in range(50)]


def test_draws_are_spread_evenly_and_streams_differ() -> None:
    many = np.arange(100_000, dtype=np.int64)
    first, second = (streams.units(streams.key(7, name), many) for name in ("a", "b"))
    shares = np.histogram(first, bins=10, range=(0, 1))[0] / len(many)
    assert shares.tolist() == pytest.approx([0.1] * 10, abs=0.005)
    assert abs(float(np.corrcoef(first, second)[0, 1])) < 0.02
