from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines import intake, settings
from pipelines.cli import main
from pipelines.cli.run import end
from pipelines.contracts import load
from pipelines.identity import keys
from tests.desk import AS_OF

NAME, SECRET = "midtrans_server_key", "kunci-server-uji"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> settings.Home:
    monkeypatch.delenv(settings.secret_variable(NAME), raising=False)
    made = settings.home(tmp_path / "home").prepare()
    keys.init(made)
    return made


def crosslife(*arguments: str | Path, given: str) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=given)


def test_a_secret_is_read_from_a_pipe_and_never_shown(home: settings.Home) -> None:
    told = crosslife("keys", "set", NAME, "--home", home.root, given=f"{SECRET}\n")
    as_json = crosslife("keys", "set", NAME, "--home", home.root, "--json", given=SECRET)
    assert (told.exit_code, as_json.exit_code) == (0, 0)
    assert told.output == f"{NAME}: kept, version 1\n"
    assert json.loads(as_json.stdout)["version"] == 2
    assert SECRET not in told.output + as_json.output
    assert keys.secret(keys.open_keyring(home), NAME) == SECRET.encode()


def test_a_secret_on_the_command_line_is_wrong_usage(home: settings.Home) -> None:
    assert crosslife("keys", "set", NAME, SECRET, "--home", home.root, given="").exit_code == 2
    assert crosslife("keys", "set", "root", "--home", home.root, given=SECRET).exit_code == 2


def test_nothing_given_is_refused(home: settings.Home) -> None:
    result = crosslife("keys", "set", NAME, "--home", home.root, given="\n")
    assert result.exit_code == 3
    assert "one line of text" in result.stderr


def test_a_home_without_keys_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    result = crosslife("keys", "set", NAME, "--home", tmp_path / "other", given=SECRET)
    assert result.exit_code == 3
    assert "crosslife keys init" in result.stderr


def test_a_run_that_left_sources_out_is_a_refusal() -> None:
    import click

    @click.command()
    def command() -> None:
        end({"counts": {"intake/batch": {"rows_in": 1}}, "held_back": ["intake/batch: payments: no key"]})

    result = CliRunner().invoke(command)
    assert (result.exit_code, "payments: no key" in result.stderr) == (3, True)


@pytest.mark.long
@pytest.mark.xdist_group("whole_runs")
def test_a_run_takes_in_all_but_what_it_has_no_key_for_and_goes_on_without_its_database(home: settings.Home) -> None:
    for source, name, text in (
        ("courses", "c.csv", "course_id,title\nweb-1,Situs\n"),
        ("payments", "p.jsonl", '{"order_id": "1"}\n'),
    ):
        (home.landing / source).mkdir()
        (home.landing / source / name).write_text(text)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CROSSLIFE_", "DAGSTER_"))}
    password = "sandi-lain-4471"
    environment["CROSSLIFE_DATABASE_URL"] = f"postgresql://pengguna-uji:{password}@127.0.0.1:1/rahasia-uji"
    command = [
        sys.executable,
        "-m",
        "pipelines.cli",
        "run",
        "--home",
        str(home.root),
        "--as-of",
        "2026-06-30",
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 3, done.stderr
    assert "crosslife keys set midtrans_server_key" in done.stderr
    assert "cannot be reached" in done.stderr
    assert json.loads(done.stdout)["counts"]["intake/batch"]["accepted"] == 1
    assert home.warehouse_file.exists()
    assert password not in done.stdout + done.stderr
    assert all(password.encode() not in path.read_bytes() for path in home.root.rglob("*") if path.is_file())

    keys.keep_secret(home, NAME, SECRET)
    reports = intake.run(home, keys.open_keyring(home), load(settings.CONTRACTS_DIR), as_of=AS_OF)
    assert [(report.source, sum(report.quarantined.values())) for report in reports] == [("payments", 1)]
