from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines import settings
from pipelines.cli import main
from pipelines.evidence.ledger import entries_file, head_file
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
    assert "entry 3: is not signed by the key of this home" in verified.output
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
