"""Promise 1, the product itself: after a whole demo no identifier that landed is found outside the vault's zones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import demo, settings
from pipelines.identity import keys
from tests.canary import Finding, search

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("whole_runs")]
LEARNERS, DAYS, SEED = 250, 60, 11


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> settings.Home:
    root = tmp_path_factory.mktemp("demo") / "home"
    arguments = ["demo", "--learners", LEARNERS, "--days", DAYS, "--seed", SEED, "--home", root]
    command = [sys.executable, "-m", "pipelines.cli", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (root / "output.txt").write_text(done.stdout + done.stderr)
    return settings.Home(root)


def _found(home: settings.Home) -> list[Finding]:
    ring = keys.open_keyring(home)
    planted = [(kind, value) for kind, value in demo.canaries(LEARNERS, SEED) if len(value.encode()) >= 6]
    assert {"email", "name", "phone", "user_id", "anonymous_id", "ip", "birth_date"} <= {kind for kind, _ in planted}
    return search(
        home.root, planted, parquet_keys=ring.parquet_keys(), duckdb_keys={"warehouse": ring.warehouse_key()}
    )


def test_nothing_that_landed_is_found_anywhere_it_must_not_be(home: settings.Home):
    assert _found(home) == []


@pytest.mark.parametrize("place", ["release/parquet/leak.txt", "dagster/leak.log", "lake/courses/leak.json"])
def test_the_same_search_finds_one_identifier_that_was_put_there(home: settings.Home, place: str):
    email = next(value for kind, value in demo.canaries(LEARNERS, SEED) if kind == "email")
    leak = home.root / place
    leak.write_text(f'{{"note": "{email}"}}')
    try:
        assert [(finding.kind, finding.file.name) for finding in _found(home)] == [("email", leak.name)]
    finally:
        leak.unlink()
