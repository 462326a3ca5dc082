"""The open files of a demo: every row to its file, every planted row with its line into the truth.

Which file and which format is in `layout`; what is spoilt in `dirt` and `drift`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pipelines.demo.landing.drift import Drift, Drifts, drifted
from pipelines.demo.landing.files import (
    SCHEMAS,
    CsvFile,
    LandedFile,
    ParquetFile,
    TextFile,
    copy_file,
    leave_half_written,
)
from pipelines.demo.landing.layout import HEADERS, Layout
from pipelines.demo.rows import Fact, Plant, Row
from pipelines.demo.truth import Truth

Progress = Callable[[str, int], None]

_REPORT_ROWS = 10_000


class Outlet:
    """Takes rows in order of arrival. `is_drifting` says whether tools change what they send."""

    def __init__(
        self, landing: Path, layout: Layout, truth: Truth, *, progress: Progress | None, is_drifting: bool
    ) -> None:
        self._landing, self._layout, self._truth, self._progress = landing, layout, truth, progress
        self._drifts = Drifts(layout) if is_drifting else None
        self._open: dict[tuple[str, str], LandedFile] = {}
        self._drifting: dict[tuple[str, str], Drift] = {}
        self._unreported: Counter[str] = Counter()
        self.files: dict[str, list[Path]] = {}
        self.rows: Counter[str] = Counter()
        self.planted: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def put(self, rows: Iterable[Row]) -> None:
        """Append rows to their files."""
        lines: dict[tuple[str, str], list[str]] = {}
        for row in rows:
            source, at, line, plant = row
            key = source, self._layout.file(source, at)
            waiting = lines.get(key)
            if waiting is None:
                waiting = lines[key] = []
                if key not in self._open:
                    self._create(key, at)
            if drift := self._drifting.get(key):
                _, _, line, plant = drifted(row, drift)
            waiting.append(line)
            if plant:
                landed = self._open[key]
                self._note(source, landed.path, landed.lines_before + landed.rows + len(waiting), plant)
        for key, found in lines.items():
            self._open[key].put(found)
            self._report(key[0], len(found))

    def table(self, source: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Write a whole table as one CSV file."""
        path = self._path(source, f"{source}-katalog.csv")
        table = CsvFile(path, header=header)
        table.put_rows(rows)
        table.close()
        self._add(source, path, table.rows)
        self._report(source, table.rows)

    def close(self, at: int | None = None) -> None:
        """Close and name the files that end before second `at`; all of them without it."""
        for key in list(self._open):
            if at is None or self._layout.file(key[0], at) != key[1]:
                landed = self._open.pop(key)
                landed.close()
                self._add(key[0], landed.path, landed.rows)
        if at is None:
            for source in list(self._unreported):
                self._tell(source)

    def leave_copy(self, source: str, file: str, *, mark: str) -> None:
        """Leave a finished file a second time under another name."""
        original = self._landing / source / file
        stem, _, suffix = file.partition(".")
        copy = original.with_name(f"{stem}{mark}.{suffix}")
        copy_file(original, copy)
        with copy.open("rb") as lines:
            rows = sum(1 for _ in lines)
        self._add(source, copy, rows, copy_of=original)
        self.planted[source]["duplicate_file"] += 1

    def leave_half_written(self, source: str, file: str, *, of: str) -> None:
        """Leave the beginning of a finished file as one that is still being written."""
        leave_half_written(self._path(source, file), of=self._path(source, of))
        self.planted[source]["half_written_file"] += 1

    def leave_file(self, source: str, file: str, data: bytes, plants: Sequence[Plant]) -> None:
        """Leave a small file of its own; one plant a line."""
        path = self._path(source, file)
        path.write_bytes(data)
        for number, plant in enumerate(plants, start=1):
            self._note(source, path, number, plant)
        self._add(source, path, len(plants))

    def _create(self, key: tuple[str, str], at: int) -> None:
        source, name = key
        path = self._path(source, name)
        landed: LandedFile
        if path.suffix == ".parquet":
            landed = ParquetFile(path, schema=SCHEMAS[source])
        elif path.suffix == ".csv":
            header = HEADERS[source]
            landed = CsvFile(path, header=self._drifts.header(source, at, header) if self._drifts else header)
        else:
            landed = TextFile(path)
        self._open[key] = landed
        if self._drifts and (drift := self._drifts.of(source, at)):
            self._drifting[key] = drift

    def _path(self, source: str, name: str) -> Path:
        folder = self._landing / source
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name

    def _add(self, source: str, path: Path, rows: int, *, copy_of: Path | None = None) -> None:
        self.files.setdefault(source, []).append(path)
        self.rows[source] += rows
        original = self._relative(copy_of) if copy_of else None
        self._truth.state(Fact("files", (source, self._relative(path), rows, original)))

    def _note(self, source: str, path: Path, line: int, plant: Plant) -> None:
        self.planted[source][plant.kind] += 1
        self._truth.state(Fact("planted", (source, self._relative(path), line, *plant)))

    def _relative(self, path: Path) -> str:
        return path.relative_to(self._landing).as_posix()

    def _report(self, source: str, rows: int) -> None:
        self._unreported[source] += rows
        if self._unreported[source] >= _REPORT_ROWS:
            self._tell(source)

    def _tell(self, source: str) -> None:
        rows = self._unreported.pop(source, 0)
        if self._progress and rows:
            self._progress(source, rows)
