"""Writes a demo's landing files from the streams of the other modules, source by source, and sums up what was written.

What the rows say is decided elsewhere; here are only names of files and their order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

from pipelines.demo import accounts, learning, traffic
from pipelines.demo.catalogue import Catalogue
from pipelines.demo.dirt import Dirt
from pipelines.demo.files import (
    PROGRESS_SCHEMA,
    CsvFile,
    LandedFile,
    ParquetFile,
    TextFile,
    copy_file,
    leave_half_written,
)
from pipelines.demo.population import blocks
from pipelines.demo.world import DemoSummary, World

Progress = Callable[[str, int], None]

SOURCES = ("courses", "course_modules", "cohorts", "accounts", "course_progress", "web_events")
_REPORT_ROWS = 10_000


def generate(
    landing: Path,
    *,
    learners: int,
    days: int,
    seed: int,
    end: date,
    progress: Progress | None = None,
    dirt: float = 1.0,
) -> DemoSummary:
    """Write a demo of the `days` days before `end` under `landing`, and return what was written.

    The same arguments write the same bytes. Memory does not grow with learners or days. `progress` is called with a
    source and the rows written since its last call; `dirt` multiplies what is spoilt on purpose (0: nothing). Files of
    other names are left alone.

    Raises ValueError without learners or days.
    """
    if learners < 1 or days < 1:
        message = "a demo needs at least one learner and one day"
        raise ValueError(message)
    catalogue = Catalogue(World(learners=learners, days=days, seed=seed, end=end))
    outlet = _Outlet(landing, progress=progress)
    plan = Dirt(catalogue.world, level=dirt)
    _write_tables(catalogue, outlet)
    _write_people(catalogue, outlet, dirt=plan)
    _write_traffic(catalogue, outlet, dirt=plan)
    if plan.is_on:
        _leave_stray_files(catalogue.world, outlet, dirt=plan)
    return outlet.summary(plan)


class _Outlet:
    """The files of one run: opened on first use, counted when closed."""

    def __init__(self, landing: Path, *, progress: Progress | None) -> None:
        self._landing, self._progress = landing, progress
        self._open: dict[tuple[str, str], LandedFile] = {}
        self._unreported: Counter[str] = Counter()
        self.files: dict[str, list[Path]] = {source: [] for source in SOURCES}
        self.rows: Counter[str] = Counter()

    def path(self, source: str, name: str) -> Path:
        """Return the path of a source's file; its folder exists afterwards."""
        folder = self._landing / source
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{source}-{name}"

    def file(self, source: str, name: str) -> LandedFile:
        """Return the open file of that name."""
        found = self._open.get((source, name))
        if found is None:
            found = self._open[source, name] = self._create(source, name)
        return found

    def put(self, source: str, name: str, lines: list[str]) -> None:
        """Append lines to a file."""
        self.file(source, name).put(lines)
        self.report(source, len(lines))

    def report(self, source: str, rows: int) -> None:
        """Tell how far it is, now and then."""
        self._unreported[source] += rows
        if self._unreported[source] >= _REPORT_ROWS:
            self._tell(source)

    def finish(self, source: str) -> None:
        """Close and name the source's files that are open."""
        for key in [key for key in self._open if key[0] == source]:
            landed = self._open.pop(key)
            landed.close()
            self.add(source, landed.path, landed.rows)
        self._tell(source)

    def add(self, source: str, path: Path, rows: int) -> None:
        """Count a finished file."""
        self.files[source].append(path)
        self.rows[source] += rows

    def summary(self, dirt: Dirt) -> DemoSummary:
        """Sum up."""
        return DemoSummary(
            files={source: tuple(sorted(paths)) for source, paths in self.files.items()},
            rows=dict(self.rows),
            planted={source: dict(sorted(kinds.items())) for source, kinds in dirt.counts.items()},
            size_bytes=sum(path.stat().st_size for paths in self.files.values() for path in paths),
        )

    def _create(self, source: str, name: str) -> LandedFile:
        path = self.path(source, name)
        if path.suffix == ".parquet":
            return ParquetFile(path, schema=PROGRESS_SCHEMA)
        return CsvFile(path, header=accounts.HEADER) if path.suffix == ".csv" else TextFile(path)

    def _tell(self, source: str) -> None:
        rows = self._unreported.pop(source, 0)
        if self._progress and rows:
            self._progress(source, rows)


def _write_tables(catalogue: Catalogue, outlet: _Outlet) -> None:
    tables = {
        "courses": catalogue.course_rows(),
        "course_modules": catalogue.module_rows(),
        "cohorts": catalogue.cohort_rows(),
    }
    for source, (header, *rows) in tables.items():
        path = outlet.path(source, "katalog.csv")
        table = CsvFile(path, header=header)
        table.put_rows(rows)
        table.close()
        outlet.add(source, path, table.rows)
        outlet.report(source, table.rows)
        outlet.finish(source)


def _write_people(catalogue: Catalogue, outlet: _Outlet, *, dirt: Dirt) -> None:
    """Accounts and learning events, learner by learner, into their months' files."""
    world = catalogue.world
    typed = world.months[len(world.months) // 2].name if len(world.months) > 1 else ""
    names = {
        month.name: f"{month.name}.parquet" if month.name == typed else f"{month.name}.jsonl.gz"
        for month in world.months
    }
    for block in blocks(catalogue):
        each = zip(
            block.learners.tolist(),
            block.cohorts.tolist(),
            block.enrolled_at.tolist(),
            block.registered_at.tolist(),
            strict=True,
        )
        for learner, cohort, enrolled_at, registered_at in each:
            for bucket, line in accounts.lines(world, learner, registered_at=registered_at, dirt=dirt):
                outlet.put("accounts", bucket + (".csv" if bucket == accounts.SNAPSHOT else ".jsonl"), [line])
            events = learning.lines(
                catalogue, learner, cohort=cohort, enrolled_at=enrolled_at, typed_month=typed, dirt=dirt
            )
            for month, line in events:
                outlet.put("course_progress", names[month], [line])
    outlet.finish("accounts")
    outlet.finish("course_progress")


def _write_traffic(catalogue: Catalogue, outlet: _Outlet, *, dirt: Dirt) -> None:
    """Web events in order of time; every second month compressed."""
    current = ""
    for bucket, lines in traffic.batches(catalogue, dirt=dirt):
        is_packed = len(bucket.name) == len("YYYY-MM") and int(bucket.name[-2:]) % 2 == 0
        name = f"{bucket.name}.jsonl.gz" if is_packed else f"{bucket.name}.jsonl"
        if name != current:
            outlet.finish("web_events")
            current = name
        outlet.put("web_events", name, lines)
    outlet.finish("web_events")


def _leave_stray_files(world: World, outlet: _Outlet, *, dirt: Dirt) -> None:
    """A copy of the last day's file under another name, and a file whose writing stopped half way."""
    last = outlet.path("web_events", f"{world.arrivals[-1].name}.jsonl")
    copy = outlet.path("web_events", f"{world.arrivals[-1].name}-salinan.jsonl")
    copy_file(last, copy)
    with copy.open("rb") as lines:
        outlet.add("web_events", copy, sum(1 for _ in lines))
    dirt.count("web_events", "duplicate_file")
    leave_half_written(outlet.path("web_events", f"{world.end.isoformat()}.jsonl"), of=last)
    dirt.count("web_events", "half_written_file")
