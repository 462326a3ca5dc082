"""Files in which runs left their records, and that go by the day on which they were last written.

OpenLineage events, what dbt compiled, explanations of editions that are no longer shown, and the verdicts on datasets that no
contract has any more: the last verdict on any other is what the next build asks. They hold counts, labels and SQL, and
nothing of a person. Not here: what Dagster keeps of its runs, which goes through Dagster alone.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines import quality
from pipelines.contracts import Contracts
from pipelines.contracts.periods import day_of
from pipelines.settings import Home

LINEAGE_EVENTS, DBT, WITHHELD, VERDICTS = "lineage_events", "dbt", "explanations", "verdicts"
RECORDS = (LINEAGE_EVENTS, DBT, WITHHELD, VERDICTS)


@dataclass(frozen=True)
class Record:
    """A file of one kind of record, with its size."""

    kind: str
    path: Path
    bytes: int


def kept_since(contracts: Contracts, *, as_of: datetime) -> datetime:
    """Return the instant before which records of runs are too old on the day of `as_of`."""
    policy = contracts.policy
    oldest = day_of(as_of, timezone=policy.timezone) - timedelta(days=policy.run_records_days.value)
    return datetime.combine(oldest, time(), tzinfo=ZoneInfo(policy.timezone)).astimezone(UTC)


def old_records(home: Home, contracts: Contracts, *, as_of: datetime) -> tuple[Record, ...]:
    """Return the files that are too old on the day of `as_of`, by kind and name. What a link leads to is none of them."""
    before = kept_since(contracts, as_of=as_of).timestamp()
    return tuple(
        Record(kind, path, path.lstat().st_size)
        for kind, path in _candidates(home, contracts)
        if path.lstat().st_mtime < before
    )


def remove_records(home: Home, records: tuple[Record, ...]) -> None:
    """Remove these files, and folders that they leave empty."""
    forgotten = {each.path.stem for each in records if each.kind == VERDICTS}
    for each in records:
        each.path.unlink(missing_ok=True)
        if each.kind == DBT:
            _remove_empty(each.path.parent, below=home.dagster / "dbt")
    if forgotten:
        quality.list_verdicts(home.data_docs)


def _candidates(home: Home, contracts: Contracts) -> Iterator[tuple[str, Path]]:
    known = {*contracts.inbound, *contracts.internal, *contracts.outbound, "index"}
    for path in _files(home, home.lineage_events):
        yield LINEAGE_EVENTS, path
    for name in ("target", "logs"):
        for path in _files(home, home.dagster / "dbt" / name):
            yield DBT, path
    for path in _files(home, home.evidence / "withheld"):
        if not (home.release / "editions" / path.stem).is_dir():
            yield WITHHELD, path
    for path in _files(home, home.data_docs):
        if path.stem not in known:
            yield VERDICTS, path


def _files(home: Home, folder: Path) -> Iterator[Path]:
    """Yield the files below a folder that lies in the home itself, in order; no links, and nothing behind one."""
    if not folder.is_dir() or folder.resolve() != home.root.resolve() / folder.relative_to(home.root):
        return
    for path in sorted(folder.iterdir()):
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            yield from _files(home, path)
        elif stat.S_ISREG(mode):
            yield path


def _remove_empty(folder: Path, *, below: Path) -> None:
    while folder.parent != below and folder.is_relative_to(below):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
