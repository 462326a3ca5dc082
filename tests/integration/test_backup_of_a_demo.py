"""A whole demo's home, backed up, lost and put back: the same lake, the same people, nothing that could be read in between."""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from pipelines import backup, contracts, evidence, lake, retention, settings
from pipelines.identity import keys
from pipelines.identity.keyring import Keyring
from pipelines.identity.vault import open_vault
from pipelines.settings import Home
from tests.demo_home import demo_home as demo_home

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("whole_runs")]
AS_OF = datetime(2026, 6, 30, 16, tzinfo=UTC)


def _files(folder: Path) -> dict[str, str]:
    found = sorted(path for path in folder.rglob("*.parquet") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def _people(home: Home, known: pl.DataFrame) -> list[tuple[str, ...]]:
    with open_vault(home, keys.open_keyring(home), purpose="test") as opened:
        return sorted(opened.resolve(known, domain="analytics", at=AS_OF.replace(tzinfo=None)).rows())


def test_a_demo_that_was_lost_is_put_back(demo_home: Path, tmp_path: Path) -> None:
    shutil.copytree(demo_home, tmp_path / "home", symlinks=True)
    home, terms = settings.Home(tmp_path / "home"), contracts.load(settings.CONTRACTS_DIR)
    told = pl.read_parquet(home.root / "truth" / "identifiers.parquet").select("kind", "value").unique()
    known = told.filter(pl.col("kind") == "user_id").sort("value")
    (tmp_path / "backups").mkdir()
    with lake.writer_lock(home):
        file = backup.make(home, keys.open_keyring(home), terms, to=tmp_path / "backups", as_of=AS_OF).file
    before, people, released = _files(home.lake), _people(home, known), _files(home.release)
    text = file.read_bytes()
    for name in told.filter(pl.col("value").str.len_bytes() >= 8)["value"].sample(200, seed=1).to_list():
        assert name.encode() not in text
    assert not any(pseudonym and pseudonym.encode() in text for *_, pseudonym in people)
    key = home.root / "master.key"
    kept = key.read_bytes()
    shutil.rmtree(home.root)
    key.parent.mkdir()
    key.write_bytes(kept)
    key.chmod(0o600)

    def overdue(ready: Home, ring: Keyring) -> None:
        retention.apply(ready, ring, terms, as_of=AS_OF)

    backup.restore(home, file, terms, as_of=AS_OF, then=overdue)
    assert _files(home.lake) == before
    assert _people(home, known) == people
    assert _files(home.release) == released
    ring = keys.open_keyring(home)
    evidence.record(home, ring, policy=None, at=AS_OF)
    assert evidence.look_with_keys(home, ring).is_sound
