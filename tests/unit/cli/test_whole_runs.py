from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines import engine, intake, lake, settings
from pipelines.contracts import load
from pipelines.demo import generate
from pipelines.identity import keys

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("whole_runs")]
DEMO = ("--learners", "60", "--days", "10", "--seed", "7")


def crosslife(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CROSSLIFE_", "DAGSTER_"))}
    command = [sys.executable, "-m", "pipelines.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def _content(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


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


def test_of_arrivals_against_their_contract_nothing_is_built_and_the_command_says_so(tmp_path: Path) -> None:
    home = settings.home(tmp_path).prepare()
    ring, contracts = keys.init(home), load(settings.CONTRACTS_DIR)
    keys.keep_secret(home, "midtrans_server_key", "kunci-uji")
    end = datetime(2026, 6, 30, 16, 59, 59, tzinfo=UTC)
    generate(home.landing, learners=20, days=3, seed=7, end=end.date(), dirt=0)
    with lake.writer_lock(home):
        intake.run(home, ring, contracts, as_of=end)
    file = lake.partition_file(home, "course_progress", lake.stale_days(home)["course_progress"][0])
    with engine.connect(parquet_keys=ring.parquet_keys()) as connection:
        spoilt = f"select * replace ('sighed' as event_type) from {lake.read_expression(file)}"
        lake.write_parquet(connection, spoilt, file=file.with_suffix(".new"))
    file.with_suffix(".new").replace(file)
    # As if a batch had written it: a file of another size than the manifest's is refused before any check of rows.
    with closing(sqlite3.connect(home.manifest_file)) as manifest, manifest:
        place = file.relative_to(home.root).as_posix()
        manifest.execute("update stored set bytes = ? where path = ?", [file.stat().st_size, place])

    done = crosslife("run", "--home", tmp_path, "--as-of", "2026-06-30")
    assert done.returncode == 3, done.stderr
    assert "lake/course_progress: event_type: be in set (1 of" in done.stderr
    assert "Traceback" not in done.stderr
    said = json.loads((home.release / "release.json").read_text())
    published = {table["name"] for table in said["tables"]}
    assert {"agg_completion_rates", "agg_module_funnel"} <= said["held_back"].keys()
    assert "agg_traffic_daily" in published
    assert not published & said["held_back"].keys()
