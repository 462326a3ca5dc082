from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import settings
from pipelines.lake import open_manifest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("whole_runs")]
DEMO = ("--learners", "60", "--days", "10", "--seed", "7")


def crosslife(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CROSSLIFE_", "DAGSTER_"))}
    command = [sys.executable, "-m", "pipelines.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def _content(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def _batches(home: Path) -> int:
    with open_manifest(settings.Home(home)) as manifest:
        return len(manifest.batches())


def test_a_demo_ends_with_completion_rates_and_a_second_one_changes_nothing(tmp_path: Path) -> None:
    first = crosslife("demo", *DEMO, "--home", tmp_path)
    assert first.returncode == 0, first.stderr
    assert "Completion rates" in first.stdout
    assert "Where to look next" in first.stdout
    before = {zone: _content(tmp_path / zone) for zone in ("landing", "lake", "warehouse", "release")}

    second = crosslife("demo", *DEMO, "--home", tmp_path)
    assert second.returncode == 0, second.stderr
    assert "Nothing changed" in second.stdout
    assert {zone: _content(tmp_path / zone) for zone in before} == before

    later = crosslife("run", "--home", tmp_path, "--as-of", "2026-06-30", "--json")
    assert json.loads(later.stdout)["changed"] is False

    # With a ledger that somebody changed, what arrives is taken in all the same; nothing is published.
    head = tmp_path / "evidence" / "ledger" / "head.json"
    batches = _batches(tmp_path)
    kept, published = head.read_bytes(), _content(tmp_path / "release")
    head.write_bytes(kept.replace(b'"entries":', b'"entries": '))
    row = {"course_id": "C-NEW", "title": "Baru", "language": "id", "level": "beginner", "price_idr": 0}
    (tmp_path / "landing" / "courses" / "late.jsonl").write_text(json.dumps(row) + "\n")
    changed = crosslife("run", "--home", tmp_path, "--as-of", "2026-07-02")
    assert changed.returncode == 3
    assert "evidence verify" in changed.stderr
    assert _batches(tmp_path) == batches + 1
    assert _content(tmp_path / "release") == published
    head.write_bytes(kept)
    assert crosslife("evidence", "verify", "--home", tmp_path).returncode == 0
