"""From the rows of one table to landed files and a mark. Here: which rows are new, and when the mark moves.

Rows come as (mark, JSON text), in the order of their marks, those without one last. The mark moves only after the file
that holds the rows has its name: a read that dies is begun again from the last mark. Not here: the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pipelines.extract.marks import Marks
from pipelines.extract.outlet import Outlet

Row = tuple[int | None, bytes]
MINUTE = 60_000_000
_BATCH_ROWS = 1_000
_BATCH_BYTES = 4 << 20


def land(
    rows: Callable[[int | None], Iterable[Row]], *, marks: Marks, outlet: Outlet, cap: int, overlap_minutes: int
) -> tuple[int, int]:
    """Land what is new of a table; return how many rows were read, and how many of them landed.

    `rows` gives the rows from a mark on (None: all) and those that bear no mark. `cap` is the latest instant up to
    which nothing can appear any more but within the overlap: later instants never move the mark, whatever a row bears.
    """
    outlet.sweep()
    begun = marks.begin(after_run=outlet.last_run())
    outlet.run, high_water = begun.run, begun.high_water
    read = landed = 0
    try:
        for batch in _batches(rows(_floor(high_water, overlap_minutes))):
            high_water = _moved(high_water, batch, cap=cap)
            new = _unknown(batch, marks, floor=_floor(high_water, overlap_minutes))
            outlet.write(new)
            read, landed = read + len(batch), landed + len(new)
            if outlet.is_full:
                outlet.put()
                marks.keep(high_water, floor=_floor(high_water, overlap_minutes))
        outlet.put()
    finally:
        outlet.discard()
    marks.finish(high_water, floor=_floor(high_water, overlap_minutes))
    return read, landed


def _floor(high_water: int | None, overlap_minutes: int) -> int | None:
    return None if high_water is None else high_water - overlap_minutes * MINUTE


def _moved(high_water: int | None, batch: Iterable[Row], *, cap: int) -> int | None:
    """Return the mark after a batch; it never goes back, and instants beyond `cap` do not move it."""
    found = [mark for mark, _ in batch if mark is not None and mark <= cap]
    return max([*found, *([high_water] if high_water is not None else [])], default=None)


def _unknown(batch: list[Row], marks: Marks, *, floor: int | None) -> list[bytes]:
    """Return the rows that did not land before, and remember those that a later read meets again."""
    hashed = [(marks.digest(row), mark, row) for mark, row in batch]
    known = marks.known([row_hash for row_hash, _, _ in hashed])
    marks.remember((row_hash, mark) for row_hash, mark, _ in hashed if mark is None or floor is None or mark >= floor)
    return [row for row_hash, _, row in hashed if row_hash not in known]


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row[1])
        if len(batch) >= _BATCH_ROWS or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
