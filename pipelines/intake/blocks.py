"""Batches of lines put together into blocks that are worth judging, read ahead. Nothing is judged here."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

from pipelines.intake.formats import UnreadableFile

BLOCK_BATCHES = 32
BLOCK_ROWS = 500_000


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
