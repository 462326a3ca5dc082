"""`crosslife quarantine` and `crosslife contracts drift`, as a person calls them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pipelines.cli import main
from tests.desk import COURSES, Desk, make_desk, progress

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    make = progress.__wrapped__()
    found = make_desk(tmp_path / "home")
    found.land("courses", "c.jsonl", COURSES)
    found.land("course_progress", "a.jsonl", [make(n, score=n + 0.5) for n in range(20)])
    found.run()
    rows = [make(100 + n, score=f"R4h4sia-{n}") for n in range(6)]
    found.land("course_progress", "[red]b.jsonl", [*rows, make(300, event_type="nonsense"), "{half"])
    found.run()
    return found


def call(desk: Desk, *arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, [*arguments, "--home", str(desk.home.root)])
    assert result.exit_code == code, result.output
    return result


def test_the_list_names_rule_files_and_the_end_of_the_window(desk: Desk):
    (row,) = json.loads(call(desk, "quarantine", "list", "--reason", "wrong_type", "--json").stdout)["quarantined"]
    assert (row["source"], row["reason"], row["rows"], row["files"]) == ("course_progress", "wrong_type:score", 6, 1)
    assert row["oldest"] == row["newest"] == "2026-07-01"
    assert row["gone_after"] == "2026-07-15"
    assert row["rule"] == "`score` must be a number"
    (row,) = json.loads(call(desk, "quarantine", "list", "--reason", "wrong_type", "--files", "--json").stdout)[
        "quarantined"
    ]
    assert row["file"] == "[red]b.jsonl"
    assert "R4h4sia" not in call(desk, "quarantine", "list").output


def test_rows_are_revealed_for_a_purpose_only(desk: Desk):
    hidden = call(desk, "quarantine", "show", "--reason", "wrong_type", "--limit", "2").output
    assert "value like: a9a9aaa-9" in hidden
    assert "R4h4sia" not in hidden
    assert "--purpose" in call(desk, "quarantine", "show", "--reveal", code=2).output
    assert "R4h4sia-0" in call(desk, "quarantine", "show", "--reveal", "--purpose", "a trial").output
    assert "a trial" in (desk.home.vault / "access.jsonl").read_text()


def test_a_purpose_without_reveal_shows_no_row(desk: Desk):
    assert "R4h4sia" not in call(desk, "quarantine", "show", "--purpose", "a trial").output


def test_a_replay_says_what_came_of_it_and_what_cannot_be_replayed(desk: Desk):
    told = json.loads(call(desk, "quarantine", "replay", "--as-of", "2026-06-30", "--json").stdout)
    assert told["cannot_be_replayed"] == 1
    (balance,) = told["replayed"]
    assert (balance["replayed"], sum(balance["quarantined"].values())) == (7, 7)
    assert "sent again" in call(desk, "quarantine", "replay").output


def test_dropping_needs_a_selection_a_why_and_a_yes(desk: Desk):
    call(desk, "quarantine", "drop", "--why", "a trial", "--yes", code=2)
    call(desk, "quarantine", "drop", "--reason", "malformed", "--yes", code=2)
    call(desk, "quarantine", "drop", "--reason", "malformed", "--why", " ", "--yes", code=2)
    refused = CliRunner().invoke(
        main,
        ["quarantine", "drop", "--reason", "malformed", "--why", "a trial", "--home", str(desk.home.root)],
        input="n\n",
    )
    assert refused.exit_code == 1
    assert sum(desk.quarantined().values()) == 8
    call(desk, "quarantine", "drop", "--reason", "malformed", "--why", "a trial", "--yes")
    status = json.loads(call(desk, "status", "--json").stdout)["quarantine"]
    assert status == {"came": 8, "replayed": 0, "dropped": 1, "waiting": 7}
    assert "1 dropped, 7 wait" in call(desk, "status").output


def test_drift_is_shown_with_its_proposal_and_as_a_diff(desk: Desk):
    told = json.loads(call(desk, "contracts", "drift", "--json").stdout)
    (drift,) = told["drifts"]
    assert (drift["kind"], drift["name"], drift["becomes"], drift["rows"]) == ("changed_type", "score", "label", 6)
    assert drift["is_open"]
    diff = call(desk, "contracts", "drift", "--diff").stdout
    assert diff == told["diff"]
    assert diff.startswith("--- a/data_contracts/inbound/course_progress.odcs.yaml\n")
    assert "proposed" in call(desk, "contracts", "drift", "--source", "course_progress").output
    assert "No drift" in call(desk, "contracts", "drift", "--source", "accounts").output
