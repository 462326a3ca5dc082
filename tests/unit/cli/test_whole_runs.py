from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from pipelines import settings
from pipelines.lake import open_manifest
from tests.demo_home import DEMO
from tests.demo_home import demo_home as demo_home

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("whole_runs")]


def crosslife(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CROSSLIFE_", "DAGSTER_"))}
    command = [sys.executable, "-m", "pipelines.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def _content(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def _batches(home: Path) -> int:
    with open_manifest(settings.Home(home)) as manifest:
        return len(manifest.batches())


def test_a_demo_ends_with_completion_rates_and_a_second_one_changes_nothing(demo_home: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(demo_home, tmp_path / "home"))
    first = (home / "output.txt").read_text()
    assert "Completion rates" in first
    assert "Where to look next" in first
    before = {zone: _content(home / zone) for zone in ("landing", "lake", "warehouse", "release")}

    second = crosslife("demo", *DEMO, "--home", home)
    assert second.returncode == 0, second.stderr
    assert "Nothing changed" in second.stdout
    assert {zone: _content(home / zone) for zone in before} == before

    later = crosslife("run", "--home", home, "--as-of", "2026-06-30", "--json")
    assert json.loads(later.stdout)["changed"] is False

    # With a ledger that somebody changed, what arrives is taken in all the same; nothing is published.
    head = home / "evidence" / "ledger" / "head.json"
    batches = _batches(home)
    kept, published = head.read_bytes(), _content(home / "release")
    head.write_bytes(kept.replace(b'"entries":', b'"entries": '))
    row = {"course_id": "C-NEW", "title": "Baru", "language": "id", "level": "beginner", "price_idr": 0}
    (home / "landing" / "courses" / "late.jsonl").write_text(json.dumps(row) + "\n")
    changed = crosslife("run", "--home", home, "--as-of", "2026-07-02")
    assert changed.returncode == 3
    assert "evidence verify" in changed.stderr
    assert _batches(home) == batches + 1
    assert _content(home / "release") == published
    head.write_bytes(kept)
    assert crosslife("evidence", "verify", "--home", home).returncode == 0


@pytest.mark.long
def test_five_years_later_everybody_has_gone_books_are_held_and_what_was_published_stands(
    demo_home: Path, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(demo_home, tmp_path / "home", symlinks=True))
    files = [
        home / "release" / "parquet" / f"{name}.parquet" for name in ("agg_active_learners", "agg_consents_monthly")
    ]
    published = [pl.read_parquet(file) for file in files]
    done = crosslife("demo", *DEMO, "--home", home, "--later", "2031-08-01", "--json")
    assert done.returncode == 0, done.stderr
    later = json.loads(done.stdout)["later"]
    assert later["subjects"] > 100
    assert later["held"]["tax_books"] > 10
    assert {each["zone"] for each in later["drops"]} == {"landing", "quarantine", "lake", "vault"}
    for file, rows in zip(files, published, strict=True):
        assert rows.height > 0
        assert rows.join(pl.read_parquet(file), on=rows.columns, how="anti", nulls_equal=True).is_empty(), file.stem
    status = json.loads(crosslife("retention", "plan", "--home", home, "--as-of", "2031-08-01", "--json").stdout)
    assert status["drops"] == []
