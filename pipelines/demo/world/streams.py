"""Keyed random substreams: every entity draws from a stream of its own, named by seed, purpose and number.

A counter-based mixer (splitmix64: Steele, Lea and Flood 2014) serves arrays and single numbers alike, so that more
learners never reshuffle those already there. What is drawn, and for what, does not belong here.
"""

from __future__ import annotations

import hashlib
import random

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Units = npt.NDArray[np.float64]

_MASK = (1 << 64) - 1
_STEP, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def key(seed: int, *names: str | int) -> int:
    """Name a stream: 64 bits from the seed and any number of names."""
    text = "/".join(str(name) for name in (seed, *names))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def number(stream: int, index: int) -> int:
    """Return the 64-bit number of one entity in a stream."""
    return _mix(stream ^ _mix(index))


def unit(stream: int, index: int) -> float:
    """Return the number in [0, 1) of one entity in a stream, the same as in `units`."""
    return (number(stream, index) >> 11) * 2.0**-53


def units(stream: int, indices: Numbers) -> Units:
    """Return a number in [0, 1) for each entity of a stream."""
    with np.errstate(over="ignore"):
        mixed = _mix_array(np.uint64(stream) ^ _mix_array(indices.astype(np.uint64)))
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def rng(stream: int, index: int) -> random.Random:
    """Return a generator for one entity, seeded by its number in the stream."""
    return seeded(number(stream, index))


def seeded(number: int) -> random.Random:
    """Return the generator of a number in some stream."""
    return random.Random(number)  # noqa: S311 - demo data must be reproducible; nothing here is a secret


def _mix(value: int) -> int:
    value = (value + _STEP) & _MASK
    value = ((value ^ (value >> 30)) * _FIRST) & _MASK
    value = ((value ^ (value >> 27)) * _SECOND) & _MASK
    return value ^ (value >> 31)


def _mix_array(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    values = values + np.uint64(_STEP)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(_FIRST)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(_SECOND)
    return values ^ (values >> np.uint64(31))
