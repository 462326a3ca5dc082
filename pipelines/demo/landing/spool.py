"""A spool between those who tell stories and those who write files: rows go in learner by learner, come out by day.

One temporary file, whatever the span; memory holds what waits to be written and a few hours of rows. Nothing is judged here.
"""

from __future__ import annotations

import pickle
import tempfile
from array import array
from collections import defaultdict
from collections.abc import Iterator
from types import TracebackType

from pipelines.demo.rows import Milestone, Row
from pipelines.demo.world.span import DAY, World

_WAITING_ROWS = 20_000
_PARTS = 8  # of a day
BEFORE = -1


class Spool:
    """Rows and milestones by day of arrival, counted from the demo's start; `BEFORE` is all that lies before it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._waiting: defaultdict[tuple[int, int], list[Row | Milestone]] = defaultdict(list)
        self._rows = 0
        # Offsets and sizes in turn, as plain integers: there are hundreds of thousands of them.
        self._chunks: defaultdict[tuple[int, int], array[int]] = defaultdict(lambda: array("q"))

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
        day, second = divmod(item.at - self._world.start_at, DAY)
        part = _PARTS if isinstance(item, Milestone) else second * _PARTS // DAY
        self._waiting[max(BEFORE, day), part if day > BEFORE or part == _PARTS else 0].append(item)
        self._rows += 1
        if self._rows >= _WAITING_ROWS:
            self._flush()

    def visits(self, day: int) -> list[Milestone]:
        """Return the milestones of a day in order of time."""
        return [item for item in self._take(day, _PARTS) if isinstance(item, Milestone)]

    def rows(self, day: int) -> Iterator[list[Row]]:
        """Yield the rows of a day, some hours at a time, in order of arrival; of one second, as they were put."""
        for part in range(_PARTS):
            if found := [item for item in self._take(day, part) if isinstance(item, Row)]:
                yield found

    def _take(self, day: int, part: int) -> list[Row | Milestone]:
        self._flush()
        found: list[Row | Milestone] = []
        index = self._chunks.pop((day, part), array("q"))
        for offset, size in zip(index[::2], index[1::2], strict=True):
            self._file.seek(offset)
            found += pickle.loads(self._file.read(size))  # noqa: S301 - nobody else can reach this unnamed file
        found.sort(key=lambda item: item.at)
        return found

    def _flush(self) -> None:
        if self._rows:
            self._file.seek(0, 2)
            for key, items in self._waiting.items():
                data = pickle.dumps(items, protocol=pickle.HIGHEST_PROTOCOL)
                self._chunks[key].extend((self._file.tell(), len(data)))
                self._file.write(data)
            self._waiting.clear()
            self._rows = 0
