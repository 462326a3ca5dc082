"""`crosslife backup` from a shell: what it says, and how it ends."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines import evidence, settings
from pipelines.cli import main
from pipelines.identity import keys
from pipelines.lake import writer_lock


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> settings.Home:
    monkeypatch.setenv(settings.KEY_FILE_VARIABLE, str(tmp_path / "safe" / "master.key"))
    monkeypatch.setenv(settings.BACKUPS_VARIABLE, str(tmp_path / "backups"))
    (tmp_path / "backups").mkdir()
    made = settings.Home(tmp_path / "home").prepare()
    keys.init(made)
    return made


def crosslife(home: settings.Home, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--home", str(home.root)])


def made(home: settings.Home) -> Path:
    done = crosslife(home, "backup", "make", "--as-of", "2026-07-01", "--json")
    assert done.exit_code == 0, done.output
    return Path(json.loads(done.stdout)["file"])


def test_a_backup_is_made_listed_checked_and_put_back(home: settings.Home, tmp_path: Path) -> None:
    file = made(home)
    assert (tmp_path / "safe" / "master.key.backup-keys").exists()
    assert "opens" in crosslife(home, "backup", "list").output
    (row,) = json.loads(crosslife(home, "backup", "list", "--json").stdout)["backups"]
    assert (row["state"], row["until"]) == ("opens", "2026-07-31")
    assert "whole" in crosslife(home, "backup", "check", str(file), "--as-of", "2026-07-02").output
    shutil.rmtree(home.root)
    done = crosslife(home, "backup", "restore", str(file), "--as-of", "2026-07-02")
    assert done.exit_code == 0, done.output
    assert "land again what arrived since 2026-07-01" in done.output
    (entry,) = [each for each in evidence.read(home) if each.kind == "backup"]
    assert entry.content["kind"] == "restore"
    assert crosslife(home, "evidence", "verify").exit_code == 0


def test_refusals_end_with_three_and_name_what_to_do(home: settings.Home, tmp_path: Path) -> None:
    file = made(home)
    stands = crosslife(home, "backup", "restore", str(file), "--as-of", "2026-07-02")
    assert (stands.exit_code, "is not empty" in stands.output) == (3, True)
    ended = crosslife(home, "backup", "check", str(file), "--as-of", "2026-08-01")
    assert (ended.exit_code, "2026-07-31" in ended.output) == (3, True)
    file.write_bytes(file.read_bytes()[:-1])
    cut = crosslife(home, "backup", "check", str(file), "--as-of", "2026-07-02")
    assert (cut.exit_code, "cut or changed" in cut.output) == (3, True)
    inside = crosslife(home, "backup", "make", "--to", str(home.lake))
    assert (inside.exit_code, "elsewhere" in inside.output) == (3, True)


def test_a_folder_has_to_be_named(home: settings.Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(settings.BACKUPS_VARIABLE)
    assert crosslife(home, "backup", "make").exit_code == 2


def test_a_backup_waits_for_no_other_writer(home: settings.Home) -> None:
    with writer_lock(home):
        assert crosslife(home, "backup", "make").exit_code == 4


def test_an_anchor_that_knows_more_is_told_and_what_it_means(home: settings.Home, tmp_path: Path) -> None:
    heads = tmp_path / "heads.jsonl"
    given = CliRunner().invoke(main, ["keys", "set", "anchor_url", "--home", str(home.root)], input=f"{heads}\n")
    assert given.exit_code == 0
    file = made(home)
    assert crosslife(home, "keys", "rotate", "vault").exit_code == 0
    shutil.rmtree(home.root)
    done = crosslife(home, "backup", "restore", str(file), "--as-of", "2026-07-02")
    assert done.exit_code == 3
    assert "The home is back" in done.output
    assert "give the ledger another anchor" in done.output
    other = CliRunner().invoke(main, ["keys", "set", "anchor_url", "--home", str(home.root)], input=f"{heads}.2\n")
    assert other.exit_code == 0, other.output
    assert crosslife(home, "evidence", "verify").exit_code == 0


def test_no_lookup_key_that_was_exchanged_comes_back(home: settings.Home) -> None:
    file = made(home)
    assert crosslife(home, "keys", "rotate", "lookup").exit_code == 0
    shutil.rmtree(home.root)
    done = crosslife(home, "backup", "restore", str(file), "--as-of", "2026-07-02", "--json")
    assert json.loads(done.stdout)["vault_keys"] == ["vault/1", "lookup/1"]
