from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines import lake, settings
from pipelines.cli import main
from pipelines.cli.options import parse_instant
from pipelines.cli.status import _counts
from pipelines.identity import keys


@pytest.fixture(autouse=True)
def _without_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (settings.HOME_VARIABLE, settings.AS_OF_VARIABLE, settings.POLICY_VARIABLE, "DAGSTER_HOME"):
        # Set first, so that what a command puts into the environment is taken out again.
        monkeypatch.setenv(name, "")
    monkeypatch.chdir(tmp_path)


def crosslife(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_teaches_with_an_example(command: str) -> None:
    group = main.commands[command]
    leaves = [[command, name] for name in getattr(group, "commands", {})] or [[command]]
    for leaf in leaves:
        assert f"  crosslife {' '.join(leaf)}" in crosslife(*leaf, "--help").output


def test_help_imports_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys, pipelines.cli\n"
        "heavy = {'dagster', 'dbt', 'duckdb', 'polars', 'pandas', 'great_expectations', 'pydantic', 'rich'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_date_is_the_end_of_that_day_in_jakarta() -> None:
    assert parse_instant("2026-06-30").isoformat() == "2026-06-30T16:59:59+00:00"


def test_an_instant_without_offset_is_jakartas() -> None:
    assert parse_instant("2026-06-30T07:00:00") == parse_instant("2026-06-30T00:00:00Z")


def test_a_wrong_instant_is_wrong_usage() -> None:
    result = crosslife("run", "--as-of", "yesterday")
    assert result.exit_code == 2
    assert "2026-06-30" in result.output


def test_a_home_without_keys_is_refused_saying_what_to_do(tmp_path: Path) -> None:
    result = crosslife("run", "--home", tmp_path / "home")
    assert result.exit_code == 3
    assert "crosslife keys init" in result.stderr
    assert result.stdout == ""


def test_debug_keeps_the_traceback_of_a_named_error(tmp_path: Path) -> None:
    result = crosslife("run", "--debug", "--home", tmp_path / "home")
    assert type(result.exception).__name__ == "MissingKey"


def test_another_writer_is_told_by_its_own_exit_code(tmp_path: Path) -> None:
    home = settings.home(tmp_path / "home").prepare()
    keys.init(home)
    with lake.writer_lock(home):
        result = crosslife("run", "--home", home.root)
    assert result.exit_code == 4
    assert "process" in result.stderr


def test_keys_are_made_once_and_never_shown(tmp_path: Path) -> None:
    first = json.loads(crosslife("keys", "init", "--home", tmp_path / "home", "--json").stdout)
    again = json.loads(crosslife("keys", "init", "--home", tmp_path / "home", "--json").stdout)
    assert first == again
    assert {key["id"] for key in first["keys"]} >= {"root", "lake_v1", "warehouse_v1"}
    assert all(set(key) == {"id", "version", "state", "created"} for key in first["keys"])


def test_a_key_that_cannot_be_rotated_is_wrong_usage(tmp_path: Path) -> None:
    assert crosslife("keys", "rotate", "root", "--home", tmp_path / "home").exit_code == 2


def test_status_of_a_new_home_says_that_nothing_is_there(tmp_path: Path) -> None:
    found = json.loads(crosslife("status", "--home", tmp_path / "home", "--json").stdout)
    assert (found["batches"], found["release"], found["keys"]) == ([], None, None)


def test_a_balance_is_shown_in_totals() -> None:
    balance = {
        "rows_in": 9,
        "accepted": 4,
        "superseded": 1,
        "duplicates": 1,
        "quarantined": {"malformed": 2},
        "refused": {"expired": 1},
    }
    counts = _counts(balance)
    assert counts[0] == sum(counts[1:])


def test_quarantine_of_a_new_home_is_empty(tmp_path: Path) -> None:
    home = settings.home(tmp_path / "home").prepare()
    keys.init(home)
    assert "Nothing is in quarantine" in crosslife("quarantine", "list", "--home", home.root).stdout


def test_a_demo_does_not_mix_with_other_files(tmp_path: Path) -> None:
    landed = tmp_path / "home" / "landing" / "courses" / "courses.csv"
    landed.parent.mkdir(parents=True)
    landed.write_text("course_id,title\n", encoding="utf-8")
    result = crosslife("demo", "--home", tmp_path / "home")
    assert result.exit_code == 2
    assert "another --home" in result.stderr


def test_a_demo_with_other_arguments_is_not_mixed_into_a_demo(tmp_path: Path) -> None:
    mark = {"learners": 5, "days": 3, "seed": 1, "end": "2026-06-30", "dirt": 1.0, "is_complete": True}
    (tmp_path / "demo.json").write_text(json.dumps(mark), encoding="utf-8")
    result = crosslife("demo", "--home", tmp_path, "--learners", "6")
    assert result.exit_code == 2
    assert "--learners 5" in result.stderr


def test_contracts_hold_together_and_what_is_rendered_is_up_to_date() -> None:
    result = crosslife("contracts", "check", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["inbound"] >= 6


def test_a_contract_error_is_refused_and_names_the_file(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("versions: []\n", encoding="utf-8")
    result = crosslife("contracts", "check", "--policy", policy)
    assert result.exit_code == 3
    assert "policy.yaml" in result.stderr
