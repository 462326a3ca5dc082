"""Promise 3: kill the process anywhere, run again: the result equals that of the undisturbed run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines import settings
from pipelines.identity import keys
from tests.desk import COURSES, Desk, make_desk

# A process that dies, as by a power cut, at the n-th call of the named function.
_DIE = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from pipelines import contracts, intake, settings
from pipelines.identity import keys, vault
from pipelines.intake import storing, quarantine
from pipelines.lake import manifest, partitions

def dying(owner, name, at):
    original, calls = getattr(owner, name), [0]
    def wrapped(*args, **kwargs):
        calls[0] += 1
        if calls[0] == at:
            os._exit(9)
        return original(*args, **kwargs)
    setattr(owner, name, wrapped)

root, owner, name, at = sys.argv[1:]
dying(eval(owner), name, int(at))
home = settings.Home(Path(root))
terms = contracts.load(settings.CONTRACTS_DIR)
intake.run(home, keys.open_keyring(home), terms, as_of=datetime(2026, 6, 30, 17, tzinfo=UTC))
"""

_MOMENTS = [
    ("vault.Vault", "resolve", 1),
    ("vault.Vault", "commit", 2),
    ("storing", "write_parquet", 3),
    ("quarantine", "write_parquet", 1),
    ("manifest.Manifest", "prepare", 3),
    ("manifest.Manifest", "finish", 2),
    ("manifest", "put_in_place", 1),
    ("manifest", "put_in_place", 4),
    ("Path", "replace", 3),
    ("manifest.Manifest", "finish", 3),
]


def _land(desk: Desk, call: Callable[..., dict[str, Any]], progress: Callable[..., dict[str, Any]]) -> None:
    desk.land("courses", "c.jsonl", COURSES)
    calls = [call(n, timestamp=f"2026-05-0{n % 5 + 1}T10:00:00Z", userId=f"learner-{n % 3}") for n in range(40)]
    desk.land("web_events", "a.jsonl", [*calls, calls[0], "{broken"])
    desk.land("course_progress", "a.jsonl", [*(progress(n) for n in range(10)), progress(11, course_id="nowhere")])


def _state(desk: Desk) -> dict[str, Any]:
    tables = {}
    for dataset in ("courses", "web_events", "course_progress", "identity_links"):
        frame = desk.rows(dataset)
        named = [c for c in frame.columns if c.endswith("_pseudonym")]
        ordered = frame.sort([c for c in frame.columns if c not in named])
        # The vault draws its secrets anew in each home: a pseudonym is told by the rows that bear it.
        bearers = {
            c: {value: tuple(group) for value, group in ordered.with_row_index().group_by(c).agg("index").iter_rows()}
            for c in named
        }
        told = ordered.with_columns(
            pl.col(c).map_elements(lambda value, told_by=bearers[c]: repr(told_by[value]), return_dtype=pl.String)
            for c in named
        )
        tables[dataset] = sorted(told.rows(), key=repr)
    return tables | {"quarantine": desk.quarantined()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    from tests.desk import call, progress

    root = tmp_path_factory.mktemp("promise3")
    desk = make_desk(root / "landed")
    _land(desk, call.__wrapped__(), progress.__wrapped__())
    shutil.copytree(desk.home.root, root / "whole")
    whole = Desk(settings.Home(root / "whole"), keys.open_keyring(settings.Home(root / "whole")), desk.terms)
    whole.run()
    return desk.home.root, _state(whole)


@pytest.mark.slow
@pytest.mark.parametrize(("owner", "name", "at"), _MOMENTS)
def test_a_run_killed_anywhere_is_completed_by_the_next(
    undisturbed: tuple[Path, dict[str, Any]], tmp_path: Path, owner: str, name: str, at: int
):
    landed, expected = undisturbed
    shutil.copytree(landed, tmp_path / "home")
    done = subprocess.run(
        [sys.executable, "-c", _DIE, str(tmp_path / "home"), owner, name, str(at)], check=False, capture_output=True
    )
    assert done.returncode == 9, done.stderr.decode()
    home = settings.Home(tmp_path / "home")
    desk = Desk(home, keys.open_keyring(home), make_desk(tmp_path / "other").terms)
    desk.run()
    assert _state(desk) == expected
    assert desk.run() == {}
    assert not (home.lake / ".staging").exists() or not any((home.lake / ".staging").rglob("*.parquet"))
