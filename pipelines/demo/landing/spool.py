"""A spool between those who tell stories and those who write files: rows go in learner by learner, come out by day.

One temporary file, whatever the span; memory holds some ten thousand rows. Nothing is judged here.
"""

from __future__ import annotations

import pickle
import tempfile
from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from types import TracebackType

import numpy as np

from pipelines.demo.rows import Milestone, Row
from pipelines.demo.world.span import DAY, World

_ROWS_AT_ONCE = 20_000
BEFORE = -1

# A day, what is asked for of it (rows or visits), and which share of it, where it is too large to be had at once.
Key = tuple[int, str, int]


class Spool:
    """Rows and milestones by day of arrival, counted from the demo's start; `BEFORE` is all that lies before it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._waiting: defaultdict[Key, list[Row | Milestone]] = defaultdict(list)
        self._rows = 0
        # Offset, size and number of rows in turn, as plain integers: there are hundreds of thousands of them.
        self._chunks: defaultdict[Key, array[int]] = defaultdict(lambda: array("q"))

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def put(self, item: Row | Milestone) -> None:
        """Keep an item until its day is taken; what lies beyond the demo's end is forgotten."""
        if item.at >= self._world.end_at:
            return
        day = max(BEFORE, (item.at - self._world.start_at) // DAY)
        self._keep((day, "visits" if isinstance(item, Milestone) else "rows", 0), item)

    def visits(self, day: int) -> list[Milestone]:
        """Return the milestones of a day in order of time."""
        return [item for some in self._in_order(day, "visits") for item in some if isinstance(item, Milestone)]

    def rows(self, day: int) -> Iterator[list[Row]]:
        """Yield the rows of a day, some thousand at a time, in order of arrival; of one second, as they were put."""
        for some in self._in_order(day, "rows"):
            yield [item for item in some if isinstance(item, Row)]

    def _in_order(self, day: int, kind: str) -> Iterator[list[Row | Milestone]]:
        self._flush()
        key = (day, kind, 0)
        borders = self._borders(self._chunks[key])
        if borders:
            for items in self._taken(key):
                for item in items:
                    self._keep((day, kind, 1 + bisect_right(borders, item.at)), item)
            self._flush()
        for share in range(1, len(borders) + 2) if borders else (0,):
            if found := [item for items in self._taken((day, kind, share)) for item in items]:
                found.sort(key=lambda item: item.at)
                yield found

    def _borders(self, chunks: array[int]) -> list[int]:
        """Return the seconds that cut the items of these chunks into shares of bounded size; none where one will do."""
        if sum(chunks[2::3]) <= _ROWS_AT_ONCE:
            return []
        times = array("q", (item.at for items in self._read(chunks) for item in items))
        return sorted({int(at) for at in np.sort(np.frombuffer(times, dtype=np.int64))[_ROWS_AT_ONCE::_ROWS_AT_ONCE]})

    def _taken(self, key: Key) -> Iterator[list[Row | Milestone]]:
        return self._read(self._chunks.pop(key, array("q")))

    def _read(self, chunks: array[int]) -> Iterator[list[Row | Milestone]]:
        for offset, size in zip(chunks[::3], chunks[1::3], strict=True):
            self._file.seek(offset)
            yield pickle.loads(self._file.read(size))  # noqa: S301 - nobody else can reach this unnamed file

    def _keep(self, key: Key, item: Row | Milestone) -> None:
        self._waiting[key].append(item)
        self._rows += 1
        if self._rows >= _ROWS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._file.seek(0, 2)
            for key, items in self._waiting.items():
                data = pickle.dumps(items, protocol=pickle.HIGHEST_PROTOCOL)
                self._chunks[key].extend((self._file.tell(), len(data), len(items)))
                self._file.write(data)
            self._waiting.clear()
            self._rows = 0
