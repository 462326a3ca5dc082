from __future__ import annotations

import base64
import json
import os
import resource
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines import settings
from pipelines.cli import main
from pipelines.identity import keys


@pytest.fixture(autouse=True)
def _without_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    switches = (settings.MASTER_KEY_VARIABLE, settings.NEXT_MASTER_KEY_VARIABLE, settings.KEY_FILE_VARIABLE)
    for name in (
        settings.HOME_VARIABLE,
        settings.AS_OF_VARIABLE,
        settings.POLICY_VARIABLE,
        "DAGSTER_HOME",
        *switches,
    ):
        # Set first, so that what a command puts into the environment is taken out again.
        monkeypatch.setenv(name, "")
    monkeypatch.chdir(tmp_path)


def crosslife(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def _new_master() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def test_a_master_key_of_the_environment_is_exchanged_for_the_next_one_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, new = settings.home(tmp_path / "home"), _new_master()
    monkeypatch.setenv(settings.MASTER_KEY_VARIABLE, _new_master())
    root = keys.init(home).key("root")

    refused = crosslife("keys", "rotate", "master", "--home", home.root)
    assert refused.exit_code == 3
    assert settings.NEXT_MASTER_KEY_VARIABLE in refused.stderr

    monkeypatch.setenv(settings.NEXT_MASTER_KEY_VARIABLE, new)
    done = crosslife("keys", "rotate", "master", "--home", home.root)
    assert done.exit_code == 0, done.stderr
    assert new not in done.output
    monkeypatch.setenv(settings.MASTER_KEY_VARIABLE, new)
    assert keys.open_keyring(home).key("root") == root


def test_no_key_is_taken_from_the_command_line(tmp_path: Path) -> None:
    result = crosslife("keys", "rotate", "master", "--new-master", _new_master(), "--home", tmp_path / "home")
    assert result.exit_code == 2
    assert "No such option" in result.stderr


def test_a_rotation_by_command_stands_in_the_access_log(tmp_path: Path) -> None:
    home = settings.home(tmp_path / "home")
    keys.init(home)
    assert crosslife("keys", "rotate", "lookup", "--home", home.root).exit_code == 0
    log = (home.vault / "access.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["purpose"] for line in log] == ["rotation of the lookup key"]


def test_making_the_keys_closes_a_home_in_which_files_have_landed(tmp_path: Path) -> None:
    home = settings.home(tmp_path / "home")
    home.landing.mkdir(parents=True)
    home.root.chmod(0o755)
    home.landing.chmod(0o755)
    assert crosslife("keys", "init", "--home", home.root).exit_code == 0
    assert [stat.S_IMODE(folder.stat().st_mode) & 0o007 for folder in (home.root, home.landing)] == [0, 0]


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, tuple[int, int]]]:
    """What the operating system is asked for; the limit itself cannot be raised again, so it would prove nothing."""
    asked: list[tuple[int, tuple[int, int]]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda what, limit: asked.append((what, limit)))
    return asked


def test_every_command_forbids_memory_images_of_itself(tmp_path: Path, limits: list[object]) -> None:
    crosslife("status", "--home", tmp_path / "home")
    assert limits == [(resource.RLIMIT_CORE, (0, 0))]


def test_whoever_loads_keys_leaves_no_memory_image(tmp_path: Path, limits: list[object]) -> None:
    keys.init(settings.home(tmp_path / "home"))
    limits.clear()
    keys.open_keyring(settings.home(tmp_path / "home"))
    assert limits[0] == (resource.RLIMIT_CORE, (0, 0))


@pytest.fixture
def misspelt(tmp_path: Path) -> settings.Home:
    home = settings.home(tmp_path / "home")
    keys.init(home)
    (home.landing / "web-event").mkdir()
    (home.landing / "accounts").mkdir()
    return home


def test_status_tells_of_landed_folders_that_no_contract_knows(misspelt: settings.Home) -> None:
    found = crosslife("status", "--home", misspelt.root)
    assert found.exit_code == 0
    assert "landing/web-event," in found.stdout
    assert "landing/accounts" not in found.stdout
    assert "web_events" in found.stdout
    as_json = crosslife("status", "--home", misspelt.root, "--json")
    assert json.loads(as_json.stdout)["unknown_sources"] == ["web-event"]


def test_status_says_nothing_of_folders_where_all_are_known(misspelt: settings.Home) -> None:
    (misspelt.landing / "web-event").rmdir()
    found = crosslife("status", "--home", misspelt.root)
    assert "no contract" not in found.stdout
