from __future__ import annotations

import csv
import hashlib
import json
import tracemalloc
from collections import Counter
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines import demo

from . import reading_landed as reading
from .conftest import END, Landed


def digests(landing: Path) -> dict[str, str]:
    files = (path for path in landing.rglob("*") if path.is_file())
    return {str(path.relative_to(landing)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_arguments_write_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        demo.generate(tmp_path / name, learners=25, days=50, seed=11, end=END)
    assert digests(tmp_path / "first") == digests(tmp_path / "second")


def test_a_second_run_into_the_same_landing_changes_nothing(tmp_path: Path) -> None:
    demo.generate(tmp_path, learners=10, days=20, seed=11, end=END)
    before = digests(tmp_path)
    demo.generate(tmp_path, learners=10, days=20, seed=11, end=END)
    assert digests(tmp_path) == before


def test_another_seed_writes_other_people_and_events(tmp_path: Path) -> None:
    for seed in (1, 2):
        demo.generate(tmp_path / str(seed), learners=25, days=50, seed=seed, end=END)
    first, second = digests(tmp_path / "1"), digests(tmp_path / "2")
    empty = hashlib.sha256(b"").hexdigest()
    same = {name for name in first.keys() & second.keys() if first[name] == second[name] != empty}
    assert same == {"courses/courses-katalog.csv", "course_modules/course_modules-katalog.csv"}


def test_more_learners_leave_the_rows_of_the_others_as_they_were(tmp_path: Path) -> None:
    rows: list[Counter[str]] = []
    few = {value for kind, value in demo.canaries(30, seed=5) if kind in {"user_id", "anonymous_id"}}
    for learners in (30, 90):
        demo.generate(tmp_path / str(learners), learners=learners, days=50, seed=5, end=END)
        found: Counter[str] = Counter()
        for source in ("accounts", "course_progress", "web_events"):
            for path in reading.finished(tmp_path / str(learners), source):
                found.update(
                    line
                    for line, row in reading.rows(path)
                    if row and few & {row.get("user_id"), row.get("userId"), row.get("anonymousId")}
                )
        rows.append(found)
    assert rows[0]
    assert rows[0] == rows[1]


def test_rows_and_files_of_the_summary_are_those_on_disk(landed: Landed) -> None:
    for source, paths in landed.summary.files.items():
        found = reading.finished(landed.landing, source, with_copies=True)
        assert set(paths) == set(found)
        assert landed.summary.rows[source] == sum(len(reading.lines(path)) for path in found)
    assert landed.summary.size_bytes == sum(f.stat().st_size for fs in landed.summary.files.values() for f in fs)


def test_progress_adds_up_to_the_rows_written(tmp_path: Path) -> None:
    told: Counter[str] = Counter()
    summary = demo.generate(
        tmp_path,
        learners=20,
        days=40,
        seed=1,
        end=END,
        dirt=0,
        progress=lambda source, rows: told.update({source: rows}),
    )
    assert told == summary.rows


def test_without_dirt_every_line_parses_and_nothing_stray_is_left(tmp_path: Path) -> None:
    summary = demo.generate(tmp_path, learners=30, days=40, seed=1, end=END, dirt=0)
    assert not any(any(kinds.values()) for kinds in summary.planted.values())
    assert not list(tmp_path.rglob("*.part"))
    for source in summary.files:
        for path in reading.finished(tmp_path, source, with_copies=True):
            assert all(row is not None for _, row in reading.rows(path))


def test_every_format_of_the_landing_zone_is_written(landed: Landed) -> None:
    suffixes = {"".join(path.suffixes) for path in landed.landing.rglob("*") if path.is_file()}
    assert {".csv", ".jsonl", ".jsonl.gz", ".parquet", ".jsonl.part"} <= suffixes
    typed = next((landed.landing / "course_progress").glob("*.parquet"))
    assert str(pq.read_schema(typed).field("occurred_at").type) == "timestamp[us, tz=UTC]"


def test_the_half_written_file_ends_in_the_middle_of_a_line(landed: Landed) -> None:
    (part,) = landed.landing.rglob("*.part")
    text = part.read_text(encoding="utf-8")
    assert not text.endswith("\n")
    with pytest.raises(json.JSONDecodeError):
        json.loads(text.splitlines()[-1])


def test_one_file_is_there_twice_under_two_names(landed: Landed) -> None:
    (copy,) = landed.landing.rglob(f"*{reading.COPY}*")
    original = copy.with_name(copy.name.replace(reading.COPY, ""))
    assert copy.read_bytes() == original.read_bytes()


def test_memory_stays_while_files_grow(tmp_path: Path) -> None:
    peaks, sizes = [], []
    for learners in (20, 200, 1000):  # the first only warms caches
        tracemalloc.start()
        summary = demo.generate(tmp_path / str(learners), learners=learners, days=70, seed=2, end=END)
        peaks.append(tracemalloc.get_traced_memory()[1])
        sizes.append(sum(len(line) for path in summary.files["web_events"] for line in reading.lines(path)))
        tracemalloc.stop()
    assert sizes[2] - sizes[1] > 15_000_000, "too small to show anything"
    assert peaks[2] - peaks[1] < (sizes[2] - sizes[1]) / 4


def test_a_course_without_cohorts_is_among_the_courses(landed: Landed) -> None:
    def column(source: str, name: str) -> set[str]:
        with (landed.landing / source / f"{source}-katalog.csv").open(newline="", encoding="utf-8") as file:
            return {row[name] for row in csv.DictReader(file)}

    assert column("courses", "course_id") - column("cohorts", "course_id") == {"bisnis-freelance"}
    assert column("courses", "course_id") == column("course_modules", "course_id")


@pytest.mark.parametrize(("learners", "days"), [(0, 10), (10, 0)])
def test_an_empty_demo_is_refused(tmp_path: Path, learners: int, days: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        demo.generate(tmp_path, learners=learners, days=days, seed=1, end=END)


@pytest.mark.parametrize("days", [1, 14, 15, 45])
def test_a_short_demo_works_too(tmp_path: Path, days: int) -> None:
    summary = demo.generate(tmp_path, learners=40, days=days, seed=1, end=date(2026, 3, 1))
    assert summary.rows["accounts"] > 0
