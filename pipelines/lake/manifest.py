"""What stands in the lake and who brought it: files seen, batches and their balances, moves under way, stale days.

A batch is committed in two steps. `prepare` records, in one SQLite transaction, the batch with its balance and the renames
that put its staged files in place; `finish` carries the renames out and closes it. A process that dies before `prepare`
has changed nothing; one that dies after it is completed by `recover`, which the next writer calls first. Not here: how
rows are judged.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipelines.lake.drifts import Drifts
from pipelines.lake.horizons import Horizons
from pipelines.lake.partitions import written_days
from pipelines.lake.placing import put_in_place, salt_of, salted_digest
from pipelines.lake.readers import Readers
from pipelines.lake.records import BatchRow, Intervention, LandedFile, Move
from pipelines.lake.staleness import Staleness
from pipelines.lake.stored import Stored
from pipelines.settings import Home

_SCHEMA = """
create table if not exists files (
    content_hash text not null, source text not null, name text not null, bytes integer not null,
    modified_ns integer not null, batch_id text not null, primary key (source, content_hash, name)
);
create index if not exists files_by_name on files (source, name);
create table if not exists batches (
    batch_id text primary key, position integer not null, source text not null, as_of text not null,
    state text not null check (state in ('prepared', 'committed')), balance text not null
);
create table if not exists moves (
    batch_id text not null, position integer not null, staged text, target text not null, primary key (batch_id, position)
);
create table if not exists interventions (
    intervention_id text primary key, position integer not null, kind text not null, as_of text not null,
    state text not null check (state in ('prepared', 'committed')), counts text not null
);
create table if not exists salt (value blob not null);
create table if not exists due (source text primary key);
"""
_UNFINISHED = (
    "select batch_id as work_id from batches where state = 'prepared' "
    "union all select intervention_id from interventions where state = 'prepared'"
)


class Manifest:
    """The manifest of one home; open it with `open_manifest`."""

    def __init__(self, home: Home, connection: sqlite3.Connection) -> None:
        self._home = home
        self._connection = connection
        self._salted: Callable[[str], str] | None = None

    def known_files(self, source: str) -> dict[str, tuple[int, int]]:
        """Return name → (bytes, modified time in ns) of the files of a source that are in the lake."""
        rows = self._connection.execute("select name, bytes, modified_ns from files where source = ?", [source])
        return {name: (size, modified) for name, size, modified in rows}

    def committed_files(self, source: str) -> dict[str, tuple[int, int, str]]:
        """Return name → (bytes, modified time in ns, instant at which that content was first committed) of a source's files."""
        rows = self._connection.execute(
            "with firsts as (select f.content_hash, min(b.as_of) as as_of from files as f join batches as b using (batch_id) "
            "where f.source = ?1 and b.state = 'committed' group by 1) "
            "select f.name, f.bytes, f.modified_ns, firsts.as_of from files as f join firsts using (content_hash) "
            "where f.source = ?1",
            [source],
        )
        return {name: (size, modified, as_of) for name, size, modified, as_of in rows}

    def last_written(self) -> datetime | None:
        """Return the latest time, by the clock of whoever wrote it, of any file that was read; None where none was."""
        row = self._connection.execute("select max(modified_ns) from files").fetchone()
        return datetime.fromtimestamp(row[0] / 1e9, UTC) if row and row[0] else None

    def sources(self) -> frozenset[str]:
        """Return every source that a batch has read a file of, whether a contract still knows it or not."""
        return frozenset(row[0] for row in self._connection.execute("select distinct source from files"))

    def known_hashes(self, source: str) -> frozenset[str]:
        """Return the content hashes of the files of a source that are in the lake."""
        rows = self._connection.execute("select content_hash from files where source = ?", [source])
        return frozenset(row[0] for row in rows)

    def prepare(
        self,
        batch: BatchRow,
        *,
        files: Sequence[LandedFile],
        moves: Sequence[Move],
        stale: Mapping[str, Iterable[date]],
        due: Iterable[str] = (),
        also: Callable[[sqlite3.Connection], None] = lambda _connection: None,
    ) -> None:
        """Record a batch whose files are all staged and synced; from here on it will happen.

        `due` are sources whose quarantine may hold rows that this batch cures; `also` notes what else it showed (`drifts`).
        """
        with self._connection:
            position = self._connection.execute("select coalesce(max(position), 0) + 1 from batches").fetchone()[0]
            self._connection.execute(
                "insert into batches values (?, ?, ?, ?, 'prepared', ?)",
                [batch.batch_id, position, batch.source, batch.as_of, json.dumps(batch.balance, sort_keys=True)],
            )
            self._insert_files(files, batch_id=batch.batch_id)
            self._insert_moves(moves, stale, work_id=batch.batch_id)
            self._connection.execute("delete from due where source = ?", [batch.source])
            self._connection.executemany("insert or ignore into due values (?)", [[source] for source in due])
            also(self._connection)

    def prepare_intervention(
        self,
        intervention: Intervention,
        *,
        moves: Sequence[Move],
        stale: Mapping[str, Iterable[date]],
        horizons: Mapping[tuple[str, str], date] = MappingProxyType({}),
    ) -> None:
        """Record an intervention whose files are all staged and synced; from here on it will happen.

        `horizons` are raised with it, by dataset and kind.
        """
        with self._connection:
            position = self._connection.execute("select coalesce(max(position), 0) + 1 from interventions").fetchone()[
                0
            ]
            counts = json.dumps(intervention.counts, sort_keys=True)
            self._connection.execute(
                "insert into interventions values (?, ?, ?, ?, 'prepared', ?)",
                [intervention.intervention_id, position, intervention.kind, intervention.as_of, counts],
            )
            self._insert_moves(moves, stale, work_id=intervention.intervention_id)
            self.horizons().note(horizons)

    def amend(self, work_id: str, counts: Mapping[str, Any]) -> None:
        """Let a prepared intervention say what really came of it; one that is committed stays as it is."""
        with self._connection:
            self._connection.execute(
                "update interventions set counts = ? where intervention_id = ? and state = 'prepared'",
                [json.dumps(counts, sort_keys=True), work_id],
            )

    def finish(self, work_id: str) -> None:
        """Carry out the renames of a prepared batch or intervention and close it; again, this changes nothing."""
        rows = self._connection.execute(
            "select staged, target from moves where batch_id = ? order by position", [work_id]
        )
        for staged, target in rows.fetchall():
            put_in_place(self._home.root, staged=staged, target=target)
        with self._connection:
            self._connection.execute("update batches set state = 'committed' where batch_id = ?", [work_id])
            self._connection.execute(
                "update interventions set state = 'committed' where intervention_id = ?", [work_id]
            )
            self._connection.execute("delete from moves where batch_id = ?", [work_id])

    def recover(self) -> tuple[str, ...]:
        """Complete what a dead process had prepared, drop what it had not; return what was completed, by its id."""
        rows = self._connection.execute(_UNFINISHED)
        unfinished = tuple(row[0] for row in rows)
        for work_id in unfinished:
            self.finish(work_id)
        shutil.rmtree(staging_dir(self._home), ignore_errors=True)
        return unfinished

    def has_unfinished(self) -> bool:
        """Say whether a dead process left work behind."""
        return self._connection.execute(_UNFINISHED).fetchone() is not None

    def is_due(self, source: str) -> bool:
        """Say whether quarantined rows of a source may have been cured since they were last looked at."""
        return self._connection.execute("select 1 from due where source = ?", [source]).fetchone() is not None

    def clear_due(self, source: str) -> None:
        """Note that the quarantined rows of a source were looked at, and none was cured."""
        with self._connection:
            self._connection.execute("delete from due where source = ?", [source])

    def batches(self) -> tuple[BatchRow, ...]:
        """Return every batch in order of arrival."""
        rows = self._connection.execute("select batch_id, source, as_of, balance from batches order by position")
        return tuple(BatchRow(batch_id, source, as_of, json.loads(text)) for batch_id, source, as_of, text in rows)

    def positions(self) -> dict[str, int]:
        """Return the place of every batch in order of arrival, by its id."""
        return dict(self._connection.execute("select batch_id, position from batches"))

    def drifts(self) -> Drifts:
        """Return the book of fields and of how they drift."""
        return Drifts(self._connection)

    def interventions(self) -> tuple[Intervention, ...]:
        """Return every intervention, the oldest first."""
        rows = self._connection.execute(
            "select intervention_id, kind, as_of, counts from interventions order by position"
        )
        return tuple(Intervention(work_id, kind, as_of, json.loads(text)) for work_id, kind, as_of, text in rows)

    def stored(self) -> Stored:
        """Return the book of files that the lake holds."""
        return Stored(self._home, self._connection)

    def horizons(self) -> Horizons:
        """Return the ledger of what was dropped."""
        return Horizons(self._connection)

    def readers(self) -> Readers:
        """Return the book of who has seen what came in."""
        return Readers(self._connection)

    def staleness(self) -> Staleness:
        """Return the list of days that await their models."""
        return Staleness(self._connection)

    def digest(self, text: str) -> str:
        """Return the salted hash under which a landed file's name or content is remembered.

        A name can be a person's, and so can a short content; neither their text nor a plain hash of it may lie here.
        """
        return self.digester()(text)

    def digester(self) -> Callable[[str], str]:
        """Return `digest` as a function that other threads may call."""
        if self._salted is None:
            self._salted = partial(salted_digest, salt=salt_of(self._connection))
        return self._salted

    def _insert_moves(self, moves: Sequence[Move], stale: Mapping[str, Iterable[date]], *, work_id: str) -> None:
        self._connection.executemany(
            "insert into moves values (?, ?, ?, ?)",
            [
                [work_id, index, self._relative(move.staged), self._relative(move.target)]
                for index, move in enumerate(moves)
            ],
        )
        self.horizons().refuse_below(written_days(moves))
        self.stored().remember(moves)
        self.staleness().add(stale)

    def _insert_files(self, files: Iterable[LandedFile], *, batch_id: str) -> None:
        self._connection.executemany(
            "insert into files values (?, ?, ?, ?, ?, ?) on conflict (source, content_hash, name) "
            "do update set bytes = excluded.bytes, modified_ns = excluded.modified_ns",
            [[f.content_hash, f.source, f.name, f.size_bytes, f.modified_ns, batch_id] for f in files],
        )

    def _relative(self, path: Path | None) -> str | None:
        # Relative to the home, so that a home that was moved can still be recovered.
        return None if path is None else path.relative_to(self._home.root).as_posix()


@contextmanager
def open_manifest(home: Home) -> Iterator[Manifest]:
    """Open the manifest of a home, making it where there is none."""
    home.lake.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = sqlite3.connect(home.manifest_file)
    try:
        connection.execute("pragma synchronous = full")
        connection.executescript(
            _SCHEMA + Drifts.SCHEMA + Horizons.SCHEMA + Readers.SCHEMA + Staleness.SCHEMA + Stored.SCHEMA
        )
        yield Manifest(home, connection)
    finally:
        connection.close()


def staging_dir(home: Home) -> Path:
    """Return the folder in which a batch is made ready; whatever stands in it after a run is waste."""
    return home.lake / ".staging"
