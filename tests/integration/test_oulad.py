"""The Open University's registrations through the whole product: 22 presentations, 32,593 registrations."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from pipelines import intake, settings, warehouse
from pipelines.contracts import load
from pipelines.identity import keys
from tests.outside import oulad

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not oulad.FOLDER.exists(), reason="the Open University data is not on this machine"),
    pytest.mark.xdist_group("oulad"),
]
AS_OF = "2026-06-30"


def crosslife(*arguments: str, home: Path) -> Any:
    done = subprocess.run(
        [Path(sys.executable).with_name("crosslife"), *arguments, "--home", str(home), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def archive_policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy file under which course data of 2013 is still held."""
    policy = yaml.safe_load((settings.CONTRACTS_DIR / "policy.yaml").read_text())
    for version in policy["versions"]:
        version["windows"]["course"]["period"] = "P30Y"
        version["windows"]["course"]["otherwise"]["period"] = "P30Y"
    place = tmp_path_factory.mktemp("policy") / "archive.yaml"
    place.write_text(yaml.safe_dump(policy, sort_keys=False, allow_unicode=True))
    return place


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, archive_policy: Path) -> settings.Home:
    home = settings.Home(tmp_path_factory.mktemp("oulad") / "home").prepare()
    crosslife("keys", "init", home=home.root)
    landed = oulad.land(home.landing)
    assert landed["course_progress"] > 200_000
    crosslife("run", "--policy", str(archive_policy), "--as-of", AS_OF, home=home.root)
    return home


def _mart(home: settings.Home, name: str) -> pl.DataFrame:
    connection = warehouse.open_read_only(home, keys.open_keyring(home))
    try:
        return connection.execute(f"select * from warehouse.marts.{name}").pl()
    finally:
        connection.close()


def test_completion_per_presentation_equals_the_figures_counted_by_hand(loaded: settings.Home):
    found = _mart(loaded, "agg_completion_rates")
    counted = {(row["course_id"], row["cohort"]): row for row in found.iter_rows(named=True)}
    expected = oulad.rates()
    assert len(expected) == 22
    assert sum(rate.enrolled for rate in expected.values()) == 32_593
    assert set(counted) == set(expected)
    for presentation, rate in expected.items():
        row = counted[presentation]
        assert (row["enrolled"], row["completed"]) == (rate.enrolled, rate.completed), presentation
        assert row["completion_rate"] == pytest.approx(rate.rate, abs=1e-12)
        assert row["median_days_to_complete"] == rate.median_days
        assert row["is_window_closed"]
    assert round(100 * counted["AAA", "2013J"]["completion_rate"], 1) == 72.6


def test_what_is_released_is_the_same_where_it_may_be_seen(loaded: settings.Home):
    released = pl.read_parquet(loaded.release / "parquet" / "agg_completion_rates.parquet")
    expected = oulad.rates()
    assert released.height == 22
    for row in released.iter_rows(named=True):
        rate = expected[row["course_id"], row["cohort"]]
        hidden = min(rate.completed, rate.enrolled - rate.completed) < 10
        assert row["is_withheld"] == hidden
        assert row["completed"] == (None if hidden else rate.completed)


def test_under_the_policy_in_force_the_archive_is_refused(tmp_path: Path):
    home = settings.Home(tmp_path / "home").prepare()
    ring, landed = keys.init(home), oulad.land(home.landing)
    contracts = load(settings.CONTRACTS_DIR)
    reports = intake.run(home, ring, contracts, as_of=datetime.fromisoformat(f"{AS_OF}T17:00:00+00:00"))
    (batch,) = [report for report in reports if report.source == "course_progress"]
    assert batch.refused == {"expired": landed["course_progress"]}
    assert batch.accepted == 0
