"""Promise: where the law asks for longer than the policy allows, nothing is dropped in silence; a decision settles it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from pipelines import settings
from pipelines.cli import main
from pipelines.contracts import (
    PolicyInForce,
    PolicyVersions,
    blocked_categories,
    conflicts,
    effective_window,
    load,
    unsettled,
)
from pipelines.contracts.periods import is_shorter, last_day

DAY = date(2026, 6, 30)
Change = Callable[[dict[str, Any]], object]


def document(change: Change) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((settings.CONTRACTS_DIR / "policy.yaml").read_text())
    change(found["versions"][0])
    return found


def in_force(change: Change) -> PolicyInForce:
    return PolicyVersions.model_validate(document(change)).on(DAY)


def floor(**parts: object) -> Change:
    return lambda version: version["floors"][0].update(parts)


def shipped(version: dict[str, Any]) -> None:
    assert version["floors"]


def holds(which: str) -> list[dict[str, str]]:
    return [{"category": "course", "holds": which, "reason": "Somebody decided."}]


def crosslife(tmp_path: Path, change: Change, *arguments: str) -> Result:
    file = tmp_path / "policy.yaml"
    file.write_text(yaml.safe_dump(document(change)))
    return CliRunner().invoke(main, ["retention", "conflicts", "--policy", str(file), *arguments])


def test_only_course_data_meet_a_longer_floor_and_it_is_settled():
    [found] = conflicts(in_force(shipped))

    assert (found.category, found.state, found.holds) == ("course", "settled", "window")
    assert found.why.startswith("The policy promises completion plus one year")
    assert effective_window(in_force(shipped), "course").period == "P1Y"
    assert blocked_categories(in_force(shipped)) == {}


def test_a_verified_floor_without_a_decision_stops_its_category_and_no_other():
    policy = in_force(floor(verified=True, decisions=[]))
    blocked = blocked_categories(policy)

    assert list(blocked) == ["course"]
    assert (blocked["course"].state, blocked["course"].holds) == ("open", "neither")


def test_the_refusal_says_which_line_settles_it():
    said = str(unsettled(blocked_categories(in_force(floor(verified=True, decisions=[]))).values()))

    assert "nothing of `course` is dropped: its window is completion + P1Y" in said
    assert "`- {category: course, holds: window, reason: …}` (or `holds: floor`) to `decisions`" in said
    assert "floor electronic_systems in version 1 of policy.yaml" in said


@pytest.mark.parametrize("verified", [True, False])
def test_a_decision_for_the_window_lets_the_drop_happen(verified: bool):
    policy = in_force(floor(verified=verified, decisions=holds("window")))

    assert blocked_categories(policy) == {}
    assert effective_window(policy, "course").period == "P1Y"


@pytest.mark.parametrize("verified", [True, False])
def test_a_decision_for_the_floor_makes_the_window_as_long(verified: bool):
    policy = in_force(floor(verified=verified, decisions=holds("floor"), period="P6Y"))
    window = effective_window(policy, "course")

    assert "course" not in blocked_categories(policy)
    assert (window.anchor, window.period, window.source) == ("completion", "P6Y", "Permenkominfo 20/2016 Art. 15(3)b")
    assert window.otherwise
    assert window.otherwise.period == "P6Y"


def test_an_unverified_floor_without_a_decision_warns_and_blocks_nothing():
    policy = in_force(floor(verified=False, decisions=[]))

    assert [(each.category, each.state, each.holds) for each in conflicts(policy)] == [("course", "warning", "window")]
    assert blocked_categories(policy) == {}


def test_a_floor_meets_what_holds_where_its_anchor_never_comes():
    policy = in_force(floor(verified=True, period="P6Y", decisions=holds("window")))

    assert set(blocked_categories(policy)) == {"identity", "automatic", "communication"}


def test_of_two_floors_each_needs_its_own_decision():
    def second(version: dict[str, Any]) -> None:
        version["floors"].append({**version["floors"][0], "id": "books", "verified": True, "decisions": []})

    assert set(blocked_categories(in_force(second))) == {"course"}


def test_intake_refuses_by_the_window_that_was_decided(tmp_path: Path):
    file = tmp_path / "policy.yaml"
    file.write_text(yaml.safe_dump(document(floor(decisions=holds("floor")))))
    held = load(settings.CONTRACTS_DIR, policy_file=file, as_of=DAY).inbound["course_progress"].retention

    assert (held.anchor, held.period) == ("completion", "P5Y")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("P5Y", "P60M", False),
        ("P60M", "P5Y", False),
        ("P1Y", "P5Y", True),
        ("P5Y", "P1Y", False),
        ("P365D", "P1Y", True),
        ("P366D", "P1Y", False),
        ("P1Y", "P366D", True),
        ("P1M", "P31D", True),
        ("P31D", "P1M", False),
        ("P1Y1M", "P1Y30D", True),
    ],
)
def test_periods_are_compared_by_calendar(one: str, other: str, expected: bool):
    assert is_shorter(one, other) is expected


def test_a_year_from_29_february_ends_with_the_month():
    assert last_day(date(2024, 2, 29), "P1Y") == date(2025, 2, 28)
    assert last_day(date(2024, 2, 29), "P4Y") == date(2028, 2, 29)
    assert last_day(date(2024, 12, 31), "P2M1D") == date(2025, 3, 1)


def test_conflicts_are_shown_with_what_holds_and_why(tmp_path: Path):
    shown = crosslife(tmp_path, shipped)

    assert shown.exit_code == 0, shown.output
    assert all(word in shown.stdout for word in ("course", "P5Y", "settled", "window", "Art."))
    assert "nothing is dropped" not in shown.output


def test_an_open_conflict_ends_the_command_with_3(tmp_path: Path):
    refused = crosslife(tmp_path, floor(verified=True, decisions=[]), "--json")

    assert refused.exit_code == 3
    told = json.loads(refused.stdout)
    assert told["blocked"] == ["course"]
    assert told["conflicts"][0]["state"] == "open"


def test_a_decision_about_what_a_floor_does_not_cover_is_refused(tmp_path: Path):
    shown = crosslife(tmp_path, floor(categories=["identity"]))

    assert shown.exit_code == 3
    assert "decides about `course` and floor `electronic_systems` twice, or where they do not meet" in shown.stderr
