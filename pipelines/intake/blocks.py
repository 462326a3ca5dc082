"""Batches of lines put together into blocks that are worth judging, read ahead. Nothing is judged here."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

from pipelines.intake.formats import UnreadableFile

BLOCK_BATCHES = 32
_GATHERED_ROWS, _GATHERED_BYTES = 20_000, 8 << 20
BLOCK_ROWS = 500_000


class Gathering:
    """Blocks of several files as one: judging costs the same time for ten rows as for ten thousand."""

    def __init__(self) -> None:
        self._held: list[pa.Table] = []
        self._last_file = 0

    def add(self, block: pa.Table, *, file_no: int) -> None:
        """Hold a block, its rows marked with the number of their file."""
        numbers = pa.repeat(pa.scalar(file_no, pa.int32()), len(block))
        self._held.append(block.add_column(0, "file_no", numbers))

    @property
    def is_enough(self) -> bool:
        """Whether what is held is worth judging."""
        rows, size = sum(map(len, self._held)), sum(block.nbytes for block in self._held)
        return rows >= _GATHERED_ROWS or size >= _GATHERED_BYTES

    def take(self) -> tuple[pa.Table, bool] | None:
        """Return what is held as one block, and whether a file begins in it; None where nothing is held."""
        if not self._held:
            return None
        whole, self._held = pa.concat_tables(self._held), []
        last = whole["file_no"][-1].as_py()
        begins, self._last_file = last != self._last_file, last
        return whole, begins


def blocks(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Put batches together; where the file breaks off, what was read before comes first."""
    held: list[pa.RecordBatch] = []
    broken: UnreadableFile | None = None
    try:
        for batch in batches:
            if batch.num_rows:
                held.append(batch)
            if len(held) == BLOCK_BATCHES or sum(each.num_rows for each in held) >= BLOCK_ROWS:
                yield pa.Table.from_batches(held)
                held = []
    except UnreadableFile as problem:
        broken = problem
    if held:
        yield pa.Table.from_batches(held)
    if broken is not None:
        raise broken


def prefetched(blocks: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Read the next block while the engine works on this one."""
    with ThreadPoolExecutor(max_workers=1) as reader:
        following = reader.submit(next, blocks, None)
        while (block := following.result()) is not None:
            following = reader.submit(next, blocks, None)
            yield block
