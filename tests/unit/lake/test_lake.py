"""Committing, recovering, locking, listing."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from pipelines import lake, settings
from pipelines.lake.manifest import staging_dir
from pipelines.lake.records import LandedFile, Move

DAY = date(2026, 5, 4)


@pytest.fixture
def home(tmp_path: Path) -> settings.Home:
    return settings.Home(tmp_path / "home").prepare()


def prepare(home: settings.Home, *, batch_id: str = "b1") -> Path:
    staged = staging_dir(home) / batch_id / "x.parquet"
    staged.parent.mkdir(parents=True)
    staged.write_text("rows")
    target = lake.partition_file(home, "web_events", DAY)
    with lake.open_manifest(home) as manifest:
        manifest.prepare(
            lake.BatchRow(batch_id, "web_events", "2026-06-30", {"rows_in": 1}),
            files=[LandedFile("web_events", "a.jsonl", "hash", 3, 5)],
            moves=[Move(staged, target)],
            stale={"web_events": [DAY]},
        )
    return target


def test_a_batch_that_was_prepared_is_completed_by_the_next_writer(home: settings.Home):
    target = prepare(home)
    assert not target.exists()
    with lake.open_manifest(home) as manifest:
        assert manifest.has_unfinished()
        assert manifest.recover() == ("b1",)
        assert not manifest.has_unfinished()
        assert manifest.recover() == ()
        assert manifest.known_files("web_events") == {"a.jsonl": (3, 5)}
    assert target.read_text() == "rows"
    assert lake.days_of(home, "web_events") == (DAY,)


def test_a_move_that_was_already_carried_out_is_not_undone(home: settings.Home):
    target = prepare(home)
    staged = staging_dir(home) / "b1" / "x.parquet"
    target.parent.mkdir(parents=True)
    staged.replace(target)
    with lake.open_manifest(home) as manifest:
        manifest.recover()
    assert target.read_text() == "rows"


def test_what_was_staged_and_never_prepared_is_dropped(home: settings.Home):
    waste = staging_dir(home) / "b0" / "x.parquet"
    waste.parent.mkdir(parents=True)
    waste.write_text("waste")
    with lake.open_manifest(home) as manifest:
        assert manifest.recover() == ()
        assert manifest.batches() == ()
    assert not waste.exists()


def test_stale_days_stay_until_they_are_cleared(home: settings.Home):
    prepare(home)
    assert lake.stale_days(home) == {"web_events": (DAY,)}
    lake.clear_stale(home, {"web_events": (date(2026, 5, 5),)})
    assert lake.stale_days(home) == {"web_events": (DAY,)}
    lake.clear_stale(home, {"web_events": (DAY,)})
    assert lake.stale_days(home) == {}


def _hold(root: str, ready: multiprocessing.synchronize.Event, done: multiprocessing.synchronize.Event) -> None:
    with lake.writer_lock(settings.Home(Path(root))):
        ready.set()
        done.wait(30)


def test_two_writers_never_work_at_once_and_the_second_is_told_who_does(home: settings.Home):
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(str(home.root), ready, done))
    holder.start()
    try:
        assert ready.wait(30)
        with pytest.raises(lake.AnotherWriter, match=str(holder.pid)), lake.writer_lock(home):
            pass
    finally:
        done.set()
        holder.join()
    with lake.writer_lock(home, wait_seconds=1):
        pass


def test_the_lock_of_a_killed_writer_is_free(home: settings.Home):
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom pipelines import lake, settings\n"
        "with lake.writer_lock(settings.Home(Path(sys.argv[1]))):\n    os._exit(9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(home.root)], check=False)
    assert done.returncode == 9
    with lake.writer_lock(home):
        pass


def test_a_day_that_changes_again_has_to_be_judged_again(tmp_path: Path) -> None:
    home = settings.home(tmp_path).prepare()
    tomorrow = date(2026, 5, 5)

    def change(*days: date) -> None:
        with lake.open_manifest(home) as manifest, manifest._connection:
            manifest.staleness().add({"web_events": days})

    change(DAY, tomorrow)
    assert lake.unmet(home) == {"web_events"}
    lake.note_judged(home, "web_events", [DAY], is_met=True)
    assert lake.unmet(home) == {"web_events"}
    lake.note_judged(home, "web_events", [tomorrow], is_met=True)
    assert lake.unmet(home) == frozenset()
    change(DAY)
    assert lake.unmet(home) == {"web_events"}
    lake.note_judged(home, "web_events", [DAY], is_met=True)
    lake.note_judged(home, "web_events", [DAY], is_met=False)
    assert lake.unmet(home) == {"web_events"}
    lake.clear_stale(home, {"web_events": (DAY, tomorrow)})
    change(DAY)
    assert lake.unmet(home) == {"web_events"}
