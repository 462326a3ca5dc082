from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines import settings
from pipelines.cli import main
from pipelines.evidence.places import entries_file, head_file
from pipelines.identity import keys


@pytest.fixture
def home(tmp_path: Path) -> settings.Home:
    made = settings.Home(tmp_path / "home").prepare()
    keys.init(made)
    return made


def crosslife(home: settings.Home, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(main, [*words, "--home", str(home.root)], input=typed)


def give(home: settings.Home, address: object) -> None:
    assert crosslife(home, "keys", "set", "anchor_url", typed=f"{address}\n").exit_code == 0


def test_what_was_recorded_is_listed_and_sound(home: settings.Home) -> None:
    assert crosslife(home, "keys", "rotate", "lookup").exit_code == 0
    listed = crosslife(home, "evidence", "list", "--kind", "key", "--json")
    assert any(entry["of"].endswith("destroyed") for entry in json.loads(listed.output)["entries"])
    assert "genesis" in crosslife(home, "evidence", "list").output
    verified = crosslife(home, "evidence", "verify")
    assert verified.exit_code == 0
    assert "sound" in verified.output
    assert "no anchor" in verified.output


def test_a_change_ends_the_verification_with_a_refusal_that_names_the_entry(home: settings.Home) -> None:
    crosslife(home, "keys", "rotate", "lookup")
    entries_file(home).write_bytes(entries_file(home).read_bytes().replace(b'"version":1', b'"version":2', 1))
    verified = crosslife(home, "evidence", "verify")
    assert verified.exit_code == 3
    assert "is not signed by the key of this home" in verified.output
    assert not json.loads(crosslife(home, "evidence", "verify", "--json").stdout)["is_sound"]


def test_an_auditor_verifies_with_the_public_key_and_a_copy_of_the_anchor(home: settings.Home, tmp_path: Path) -> None:
    crosslife(home, "keys", "rotate", "lookup")
    public = crosslife(home, "evidence", "key").output.strip()
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(head_file(home).read_bytes())
    settings.key_file(home).unlink()
    words = ("evidence", "verify", "--public-key", public)
    assert crosslife(home, *words, "--anchor", str(copy)).exit_code == 0
    assert crosslife(home, "evidence", "verify", "--public-key", "ab" * 32).exit_code == 3
    assert crosslife(home, "evidence", "verify", "--public-key", "beetle").exit_code == 2
    assert crosslife(home, "evidence", "verify", "--anchor", str(copy)).exit_code == 2
    lines = entries_file(home).read_bytes().splitlines(keepends=True)
    entries_file(home).write_bytes(b"".join(lines[:-1]))
    assert crosslife(home, *words, "--anchor", str(copy)).exit_code == 3


def test_an_unknown_kind_is_told_which_there_are(home: settings.Home) -> None:
    assert "release" in crosslife(home, "evidence", "list", "--kind", "story").output


def test_of_a_home_without_keys_or_records_it_says_so(tmp_path: Path, home: settings.Home) -> None:
    assert crosslife(settings.Home(tmp_path / "no"), "evidence", "verify").exit_code == 3
    assert "0 entries, sound" in crosslife(home, "evidence", "verify").output


def test_the_clauses_of_the_policy_are_shown_with_what_is_not_built(home: settings.Home) -> None:
    shown = crosslife(home, "evidence", "clauses").output
    assert "O37" in shown
    assert "not built: " in shown
    told = {each["id"]: each for each in json.loads(crosslife(home, "evidence", "clauses", "--json").stdout)["clauses"]}
    assert (told["O1"]["status"], told["O16"]["status"]) == ("covered", "not covered")
    assert told["O1"]["proven"]


def test_what_was_written_by_somebody_else_is_listed_with_a_warning_and_steers_no_terminal(home: settings.Home) -> None:
    crosslife(home, "keys", "rotate", "lookup")
    lines = entries_file(home).read_bytes().splitlines(keepends=True)
    forged = json.loads(lines[2]) | {"content": {"id": "\x1b]0;pwn\x07"}}
    lines[2] = json.dumps(forged, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    entries_file(home).write_bytes(b"".join(lines))
    listed = crosslife(home, "evidence", "list")
    assert listed.exit_code == 3
    assert "do not believe" in listed.output
    assert "\x1b]" not in listed.output


def test_nothing_is_done_for_good_where_it_cannot_be_recorded(home: settings.Home) -> None:
    crosslife(home, "keys", "rotate", "lookup")
    before = keys.status(home).keys
    head_file(home).unlink()
    assert crosslife(home, "keys", "set", "midtrans_server_key", typed="abc\n").exit_code == 3
    assert crosslife(home, "keys", "rotate", "vault").exit_code == 3
    assert keys.status(home).keys == before


def test_a_command_that_is_refused_leaves_an_entry(
    home: settings.Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (settings.HOME_VARIABLE, settings.AS_OF_VARIABLE, settings.POLICY_VARIABLE, "DAGSTER_HOME"):
        # Set first, so that what a command puts into the environment is taken out again.
        monkeypatch.setenv(name, "")
    bad = tmp_path / "policy.yaml"
    bad.write_text("versions: []\n")
    assert crosslife(home, "keys", "set", "anchor_url", typed="relative/path\n").exit_code == 1
    assert crosslife(home, "run", "--policy", str(bad)).exit_code == 3
    listed = json.loads(crosslife(home, "evidence", "list", "--kind", "denial", "--json").stdout)["entries"]
    assert [each["content"]["step"] for each in listed] == ["crosslife run"]


def test_an_anchor_is_used_as_soon_as_it_is_given(home: settings.Home, tmp_path: Path) -> None:
    give(home, tmp_path / "anchor.jsonl")
    assert "anchored to its end" in crosslife(home, "evidence", "verify").output


def test_whatever_stands_in_an_entry_a_change_is_a_finding_and_no_failure(home: settings.Home) -> None:
    crosslife(home, "keys", "rotate", "vault")
    lines = entries_file(home).read_bytes().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if b'"kind":"access"' in line)
    forged = json.loads(lines[at]) | {"content": {}}
    lines[at] = json.dumps(forged, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    entries_file(home).write_bytes(b"".join(lines))
    verified = crosslife(home, "evidence", "verify")
    assert verified.exit_code == 3
    assert "is not signed" in verified.output
