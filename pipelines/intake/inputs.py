"""What one batch reads: landed files, and quarantined rows that come again; where each of its rows first arrived.

Not here: what becomes of a row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from pipelines.intake import files, replays
from pipelines.intake.chunks import Chunks
from pipelines.intake.formats import READERS, UnreadableFile
from pipelines.lake.records import LandedFile

FRESH = ""


@dataclass(frozen=True)
class Inputs:
    """The files of a batch, those known already by their content, and the rows that are replayed."""

    pending: list[files.Pending]
    repeated: list[LandedFile]
    replays: list[replays.Replay]

    def __bool__(self) -> bool:
        return bool(self.pending or self.repeated or self.replays)

    def batch_id(self, source: str, *, position: int) -> str:
        """Return an id that the same inputs at the same place in history always get."""
        hashes = sorted(file.landed.content_hash for file in self.pending)
        text = "\n".join([source, str(position), *hashes])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Origin:
    """Where the rows of one file first arrived: in the batch at `position`, as its file `number` called `name`.

    `replay` is the table of the replay that brings them again, `FRESH` where they arrive now.
    """

    position: int
    number: int
    name: str
    replay: str = FRESH


def read(connection: duckdb.DuckDBPyConnection, chunks: Chunks, inputs: Inputs, *, position: int) -> tuple[Origin, ...]:
    """Stream every input through `chunks`, and leave the table `origins`."""
    origins: list[Origin] = []
    for file in inputs.pending:
        origins.append(Origin(position, len(origins) + 1, file.name))
        try:
            if file.suffix is None:
                raise UnreadableFile("unknown_format")
            chunks.add(READERS[file.suffix](file.path), file_no=len(origins))
        except UnreadableFile as problem:
            chunks.add_broken(str(problem), file_no=len(origins))
    for replay in inputs.replays:
        for number, name, batches in replays.lines(connection, replay):
            origins.append(Origin(replay.position, number, name, replay.table))
            chunks.add(batches, file_no=len(origins))
    chunks.flush()
    know(connection, origins)
    return tuple(origins)


def know(connection: duckdb.DuckDBPyConnection, origins: Sequence[Origin]) -> None:
    """Make the table `origins`: file_no, and of each file origin_batch, origin_file, origin_name, origin_replay."""
    columns = {
        "file_no": pa.array(range(1, len(origins) + 1), pa.int32()),
        "origin_batch": pa.array([origin.position for origin in origins], pa.int64()),
        "origin_file": pa.array([origin.number for origin in origins], pa.int64()),
        "origin_name": pa.array([origin.name for origin in origins], pa.string()),
        "origin_replay": pa.array([origin.replay for origin in origins], pa.string()),
    }
    connection.register("origins_given", pa.table(columns))
    connection.execute("create or replace table origins as select * from origins_given")
    connection.unregister("origins_given")
