"""The demo as a whole: what it promises of any world. What a source's rows say is tested beside that source."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tracemalloc
from collections import Counter
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from pipelines import demo
from pipelines.demo.landing.dirt import RATES
from pipelines.demo.landing.drift import DRIFTS
from pipelines.demo.landing.layout import SOURCES
from pipelines.demo.truth import TABLES

from . import reading_landed as reading
from .conftest import END, Landed

EVERY_SOURCE = {"courses", "course_modules", "cohorts", *SOURCES}


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


_WRITTEN = """
import sys
from datetime import date
from pathlib import Path
from pipelines import demo
landing, truth, end = sys.argv[1:]
demo.generate(Path(landing), truth=Path(truth), learners=60, days=90, seed=11, end=date.fromisoformat(end))
"""


def test_the_same_arguments_write_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    # The order of a set differs from one process to the next, by its hash seed.
    for name in ("1", "2"):
        folders = (tmp_path / name / "landing", tmp_path / name / "truth")
        command = [sys.executable, "-c", _WRITTEN, *map(str, folders), END.isoformat()]
        subprocess.run(command, check=True, env=os.environ | {"PYTHONHASHSEED": name})
    first, second = digests(tmp_path / "1"), digests(tmp_path / "2")
    assert {name for name in first if first[name] != second.get(name)} == set()
    assert len(first) == len(second) > len(TABLES)


def test_a_second_run_into_the_same_landing_changes_nothing(tmp_path: Path) -> None:
    demo.generate(tmp_path, learners=10, days=20, seed=11, end=END)
    before = digests(tmp_path)
    demo.generate(tmp_path, learners=10, days=20, seed=11, end=END)
    assert digests(tmp_path) == before


def test_without_a_truth_the_files_are_the_same(tmp_path: Path) -> None:
    demo.generate(tmp_path / "a", truth=tmp_path / "truth", learners=15, days=30, seed=11, end=END)
    demo.generate(tmp_path / "b", learners=15, days=30, seed=11, end=END)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_another_seed_writes_other_people_and_events(tmp_path: Path) -> None:
    for seed in (1, 2):
        demo.generate(tmp_path / str(seed), learners=25, days=50, seed=seed, end=END)
    first, second = digests(tmp_path / "1"), digests(tmp_path / "2")
    same = {name for name in first.keys() & second.keys() if first[name] == second[name]}
    of_everyone = {"courses/courses-katalog.csv", "course_modules/course_modules-katalog.csv"}
    assert {name for name in same if "-sampah" not in name and "-raksasa" not in name} - of_everyone <= {
        name for name in same if (tmp_path / "1" / name).stat().st_size < 200
    }


def test_more_learners_leave_the_rows_of_the_others_as_they_were(tmp_path: Path) -> None:
    rows: list[Counter[str]] = []
    for learners in (30, 90):
        demo.generate(tmp_path / str(learners), learners=learners, days=50, seed=5, end=END, dirt=0)
        few = {row["user_id"] for _, row in reading.all_rows(tmp_path / "30", "accounts") if row}
        found: Counter[str] = Counter()
        for source in ("accounts", "course_progress", "web_events", "consents", "orders"):
            lines = reading.all_rows(tmp_path / str(learners), source)
            found.update(line for line, row in lines if row and few & {row.get("user_id"), row.get("userId")})
        rows.append(found)
    assert rows[0]
    assert rows[0] == rows[1]


def test_every_source_lands_in_the_formats_of_the_landing_zone(landed: Landed) -> None:
    assert {path.name for path in landed.landing.iterdir()} == EVERY_SOURCE
    suffixes = {path.name.split(".", 1)[1] for path in landed.landing.rglob("*") if path.is_file()}
    assert suffixes == {"csv", "jsonl", "jsonl.gz", "parquet", "jsonl.part", "log", "log.gz"}
    typed = next((landed.landing / "course_progress").glob("*.parquet"))
    assert str(pq.read_schema(typed).field("occurred_at").type) == "timestamp[us, tz=UTC]"


def test_files_and_rows_are_those_on_disk(landed: Landed) -> None:
    stated = pl.read_parquet(landed.truth / "files.parquet")
    on_disk = {
        str(path.relative_to(landed.landing)): len(reading.lines(path))
        for path in landed.landing.rglob("*")
        if path.is_file() and path.suffix != ".part"
    }
    assert dict(zip(stated["file"], stated["rows"], strict=True)) == on_disk
    assert sum(landed.summary.rows.values()) == sum(on_disk.values())
    paths = [path for paths in landed.summary.files.values() for path in paths]
    assert landed.summary.size_bytes == sum(path.stat().st_size for path in paths)


def test_every_table_of_the_truth_has_rows(landed: Landed) -> None:
    assert {path.stem for path in landed.truth.iterdir()} == set(TABLES)
    for table in TABLES:
        assert pl.read_parquet(landed.truth / f"{table}.parquet").height, table


def test_every_kind_of_dirt_occurs(landed: Landed) -> None:
    missing = {
        source: kinds
        for source, rates in RATES.items()
        if (kinds := rates.keys() - landed.summary.planted.get(source, {}).keys())
    }
    rare = {
        "rights_requests",
        "newsletter_subscribers",
        "learner_attributes",
        "support_tickets",
        "course_progress_xapi",
    }
    assert not missing.keys() - rare, missing
    assert landed.summary.planted["web_events"]["duplicate_file"] == 1
    assert landed.summary.planted["web_events"]["half_written_file"] == 1


def test_every_drift_occurs(landed: Landed) -> None:
    for drift in DRIFTS:
        assert landed.summary.planted[drift.source][drift.kind], drift


@pytest.mark.parametrize("source", ["accounts", "course_progress", "web_events", "consents", "meta_pixel", "payments"])
def test_a_row_that_no_plant_names_is_sound(landed: Landed, source: str) -> None:
    planted = pl.read_parquet(landed.truth / "planted.parquet").filter(pl.col("source") == source)
    bad = set(planted.filter(pl.col("fate") == "quarantined").select("file", "line").iter_rows())
    broken = set()
    for path in (landed.landing / source).iterdir():
        if path.suffix in (".jsonl", ".gz"):
            name = str(path.relative_to(landed.landing))
            broken |= {(name, number) for number, (_, row) in enumerate(reading.rows(path), start=1) if row is None}
    assert broken
    copies = {name for name, _ in broken if "-salinan" in name}
    assert {place for place in broken if place[0] not in copies} <= bad


def test_without_dirt_nothing_is_planted_but_what_the_world_does_itself(tmp_path: Path) -> None:
    summary = demo.generate(
        tmp_path / "landing", truth=tmp_path / "truth", learners=40, days=60, seed=1, end=END, dirt=0
    )
    assert not list(tmp_path.rglob("*.part"))
    for source in summary.files:
        for path in reading.finished(tmp_path / "landing", source):
            if not path.name.endswith((".log", ".log.gz")):
                assert all(row is not None for _, row in reading.rows(path)), path
    kinds = set(pl.read_parquet(tmp_path / "truth" / "planted.parquet")["kind"])
    assert not kinds & {kind for rates in RATES.values() for kind in rates} - {"out_of_order", "duplicate"}


def test_progress_adds_up_to_the_rows_written(tmp_path: Path) -> None:
    told: Counter[str] = Counter()

    def tell(source: str, rows: int) -> None:
        told[source] += rows

    summary = demo.generate(tmp_path, learners=20, days=40, seed=1, end=END, dirt=0, progress=tell)
    assert told == summary.rows


@pytest.mark.slow
@pytest.mark.long
def test_memory_stays_while_files_grow(tmp_path: Path) -> None:
    peaks, sizes = [], []
    for learners in (20, 150, 700):  # the first only warms caches
        tracemalloc.start()
        folder = tmp_path / str(learners)
        summary = demo.generate(folder / "l", truth=folder / "t", learners=learners, days=70, seed=2, end=END)
        peaks.append(tracemalloc.get_traced_memory()[1])
        sizes.append(sum(len(line) for path in summary.files["web_events"] for line in reading.lines(path)))
        tracemalloc.stop()
    assert sizes[2] - sizes[1] > 12_000_000, "too small to show anything"
    # Rows that wait to be spooled (at most 50,000) and row groups that wait to be written are the bound.
    assert peaks[2] - peaks[1] < (sizes[2] - sizes[1])


@pytest.mark.parametrize(("learners", "days"), [(0, 10), (10, 0)])
def test_an_empty_demo_is_refused(tmp_path: Path, learners: int, days: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        demo.generate(tmp_path, learners=learners, days=days, seed=1, end=END)


@pytest.mark.parametrize("days", [1, 14, 15, 45])
def test_a_short_demo_works_too(tmp_path: Path, days: int) -> None:
    summary = demo.generate(tmp_path / "l", truth=tmp_path / "t", learners=40, days=days, seed=1, end=date(2026, 3, 1))
    assert summary.rows["accounts"] > 0


def test_nothing_happens_at_or_after_the_end(landed: Landed) -> None:
    midnight = pl.datetime(END.year, END.month, END.day, time_zone="UTC") - pl.duration(hours=7)
    columns = {
        "learning_events": "occurred_at",
        "web_calls": "occurred_at",
        "orders": "created_at",
        "consents": "arrived_at",
    }
    for table, column in columns.items():
        late = pl.read_parquet(landed.truth / f"{table}.parquet").filter(pl.col(column) >= midnight)
        assert late.height == 0, (table, json.dumps(late.head(1).to_dicts(), default=str))
