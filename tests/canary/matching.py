"""Finds any of many needles in bytes, at a cost that does not grow with their number.

Each needle is represented by the one window of it that fewest other needles share. All windows of the haystack are looked
up at once in a hashed bitmap, survivors in the sorted windows, and only then compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tests.canary.forms import Needle

_BITS = 24
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_LONG, _SHORT = 8, 6
_TRIED = 12


class Matcher:
    """Searches folded bytes for needles."""

    def __init__(self, needles: Sequence[Needle]) -> None:
        longs = [needle for needle in needles if len(needle.data) >= _LONG]
        shorts = [needle for needle in needles if len(needle.data) < _LONG]
        self.longest = max((len(needle.data) for needle in needles), default=0)
        self._tables = [_Windows(group, width) for group, width in ((longs, _LONG), (shorts, _SHORT)) if group]

    def find(self, folded: bytes, *, is_packed: bool = False) -> Iterator[Needle]:
        """Yield every needle that occurs, once for each place.

        Digits around a number make it another number, except in `is_packed` bytes, where values lie wall to wall.
        """
        for table in self._tables:
            yield from table.find(folded, is_packed=is_packed)


class _Windows:
    def __init__(self, needles: Sequence[Needle], width: int) -> None:
        self._width = width
        self._mask = np.uint64((1 << (8 * width)) - 1)
        windows = [_windows(needle, width) for needle in needles]
        # Windows of text that everybody has (a country code, a mail domain, a blank) are shared by many needles.
        common = Counter(key for some in windows for key, _ in some)
        chosen = [min(some, key=lambda window: (common[window[0]], window[1])) for some in windows]
        keys = np.array([key for key, _ in chosen], dtype=np.uint64)
        order = np.argsort(keys, kind="stable")
        self._keys = keys[order]
        self._needles = [needles[index] for index in order]
        self._offsets = [chosen[index][1] for index in order]
        self._bitmap = np.zeros(1 << _BITS, dtype=np.bool_)
        self._bitmap[_hashed(self._keys)] = True

    def find(self, folded: bytes, *, is_packed: bool) -> Iterator[Needle]:
        padded = folded + b"\0" * _LONG
        for shift in range(_LONG):
            windows = np.frombuffer(padded, dtype="<u8", offset=shift, count=(len(folded) - shift + 7) // 8)
            if self._width < _LONG:
                windows = windows & self._mask
            places = np.flatnonzero(self._bitmap[_hashed(windows)])
            found = windows[places]
            first = np.searchsorted(self._keys, found)
            inside = first < len(self._keys)
            inside[inside] = self._keys[first[inside]] == found[inside]
            for place, index in zip(places[inside].tolist(), first[inside].tolist(), strict=True):
                for needle, start in self._compare(folded, at=place * 8 + shift, index=index):
                    if is_packed or _stands_alone(folded, start, needle):
                        yield needle

    def _compare(self, folded: bytes, *, at: int, index: int) -> Iterator[tuple[Needle, int]]:
        key = self._keys[index]
        while index < len(self._keys) and self._keys[index] == key:
            needle = self._needles[index]
            start = at - self._offsets[index]
            if start >= 0 and folded.startswith(needle.data, start):
                yield needle, start
            index += 1


def _stands_alone(folded: bytes, start: int, needle: Needle) -> bool:
    """Tell whether digits at the needle's edges are not part of a longer number (a counter, an instant)."""
    if not needle.width:
        return True
    before = folded[max(0, start - needle.width) : start].strip(b"\0")
    after = folded[start + len(needle.data) : start + len(needle.data) + needle.width].strip(b"\0")
    text = needle.data.strip(b"\0")
    return not (text[:1].isdigit() and before.isdigit()) and not (text[-1:].isdigit() and after.isdigit())


def _windows(needle: Needle, width: int) -> list[tuple[int, int]]:
    """Return some windows of the needle as (key, offset): a dozen across it; of a digest, the first is as good as any."""
    last = len(needle.data) - width
    step = last + 1 if needle.is_random else max(1, last // _TRIED)
    return [
        (int.from_bytes(needle.data[offset : offset + width], "little"), offset) for offset in range(0, last + 1, step)
    ]


def _hashed(windows: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return (windows * _FACTOR) >> np.uint64(64 - _BITS)
