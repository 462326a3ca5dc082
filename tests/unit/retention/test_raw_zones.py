"""Landed files and quarantined rows go when their windows end, not a day before, and nothing brings them back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines import evidence, intake, retention, settings
from pipelines.identity import keys
from pipelines.identity.errors import MissingKey
from pipelines.intake import dropping
from pipelines.lake import Manifest, open_manifest
from pipelines.retention import clocks
from tests.desk import AS_OF, COURSES, Desk
from tests.desk import desk as desk
from tests.desk import progress as progress

NAME = "nilai dewi.lestari@example.com.jsonl"


@pytest.fixture
def full(desk: Desk, progress: Callable[..., dict[str, Any]]) -> Desk:
    desk.land("courses", "c.jsonl", COURSES)
    desk.land("course_progress", NAME, [progress(1), progress(2, event_type="unknown")])
    desk.run()
    return desk


def later(days: int) -> datetime:
    return AS_OF + timedelta(days=days)


def plan(desk: Desk, days: int) -> retention.Plan:
    return retention.plan(desk.home, keys.open_keyring(desk.home), desk.terms, as_of=later(days))


def apply(desk: Desk, days: int, *, agreed: str | None = None) -> retention.Applied:
    return retention.apply(desk.home, keys.open_keyring(desk.home), desk.terms, as_of=later(days), agreed=agreed)


def landed(desk: Desk) -> list[str]:
    return sorted(path.name for path in desk.home.landing.rglob("*.jsonl"))


def test_a_clock_counts_its_last_day_in_full() -> None:
    began = clocks.day_of(datetime.fromisoformat("2028-02-27T17:30:00+00:00"), timezone="Asia/Jakarta")
    assert began.isoformat() == "2028-02-28"
    assert clocks.last_day(began, 1).isoformat() == "2028-02-29"
    assert not clocks.is_over(began, 1, today=clocks.last_day(began, 1))
    assert clocks.is_over(began, 1, today=clocks.last_day(began, 2))


def test_a_landed_file_goes_when_its_window_ends_and_not_a_day_before(full: Desk) -> None:
    window = full.terms.policy.landing_days.value
    assert apply(full, window).plan.files == 0
    assert landed(full) == ["c.jsonl", NAME]
    applied = apply(full, window + 1)
    assert (applied.plan.files, applied.overdue) == (2, 0)
    assert landed(full) == []
    assert full.run(as_of=later(window + 1)) == {}


def test_a_file_that_no_batch_has_read_stays_however_old(full: Desk) -> None:
    full.land("course_progress", "unread.jsonl", ["{}"])
    (full.home.landing / "course_progress" / NAME).write_text("another file by now\n")
    apply(full, 30)
    assert landed(full) == [NAME, "unread.jsonl"]


def test_a_file_that_comes_back_is_known_by_its_content(full: Desk) -> None:
    place = full.home.landing / "course_progress" / NAME
    content = place.read_bytes()
    apply(full, 8)
    place.write_bytes(content)
    assert all(report.accepted == 0 for report in full.run(as_of=later(8)).values())
    assert full.rows("course_progress").height == 1


def test_a_day_of_quarantine_goes_with_its_key_and_the_balance_says_so(full: Desk) -> None:
    window = full.terms.policy.quarantine_days.value
    (held,) = intake.quarantine_files(full.home)
    copy = held.path.read_bytes()
    apply(full, window)
    assert intake.quarantine_files(full.home)
    apply(full, window + 1)
    assert intake.quarantine_files(full.home) == ()
    with pytest.raises(MissingKey):
        keys.open_keyring(full.home).quarantine_key(held.day, create=False)
    with open_manifest(full.home) as manifest:
        assert dropping.totals(manifest) == {"came": 1, "replayed": 0, "dropped": 1, "waiting": 0}
    # A copy that is put back opens no more.
    held.path.parent.mkdir(exist_ok=True)
    held.path.write_bytes(copy)
    with pytest.raises(MissingKey):
        intake.quarantine_counts(full.home, keys.open_keyring(full.home))


def test_what_went_is_an_entry_of_the_ledger_without_any_name(full: Desk) -> None:
    applied = apply(full, 20)
    evidence.record(full.home, keys.open_keyring(full.home), policy=None, at=AS_OF)
    (entry,) = [each for each in evidence.read(full.home) if each.kind == "drop"]
    counts = entry.content["counts"]
    assert counts["plan"] == applied.plan.checksum
    assert counts["files"] == {"landing": 2, "quarantine": 1}
    assert counts["dropped"] == {"course_progress": {"not_allowed:event_type": 1}}
    assert "dewi" not in entry.line.decode()


def test_no_name_of_a_landed_file_is_left_in_the_manifest_or_shown(full: Desk) -> None:
    told = json.dumps([each.__dict__ for each in plan(full, 20).drops], default=str)
    apply(full, 20)
    assert "dewi" not in told
    assert b"dewi" not in full.home.manifest_file.read_bytes()


def test_a_plan_is_agreed_to_as_it_was_looked_at_and_no_other(full: Desk) -> None:
    before = plan(full, 8)
    assert plan(full, 8).checksum == before.checksum
    full.land("courses", "d.jsonl", COURSES[:1])
    full.run(as_of=later(0))
    assert plan(full, 8).checksum != before.checksum
    with pytest.raises(retention.StalePlan, match="look at"):
        apply(full, 8, agreed=before.checksum)
    assert len(landed(full)) == 3
    assert apply(full, 8, agreed=plan(full, 8).checksum).overdue == 0


def test_a_clock_that_jumped_lets_nothing_go_by_itself(full: Desk) -> None:
    found = plan(full, 3_650)
    assert "see that the clock is right" in found.unusual
    with pytest.raises(retention.BrakeHeld, match=found.checksum):
        apply(full, 3_650)
    assert len(landed(full)) == 2
    assert apply(full, 3_650, agreed=found.checksum).overdue == 0


def test_a_window_that_shrank_lets_nothing_go_by_itself(full: Desk) -> None:
    for number in range(120):
        full.land("courses", f"{number:03d}.jsonl", [{**COURSES[0], "title": f"Kursus {number}"}])
    full.run()
    assert plan(full, 7).unusual == ""
    assert "see that the policy's windows are right" in plan(full, 8).unusual
    with pytest.raises(retention.BrakeHeld, match="windows"):
        apply(full, 8)
    assert len(landed(full)) == 122


@pytest.mark.parametrize("at", ["prepare_intervention", "finish", "change", "unlink"])
def test_killed_anywhere_the_next_call_lets_go_what_is_left(
    full: Desk, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    class Killed(BaseException):
        pass

    def dying(*_: object, **__: object) -> None:
        raise Killed

    owner = {"change": keys.Keyring, "unlink": Path}.get(at, Manifest)
    monkeypatch.setattr(owner, at, dying)
    with pytest.raises(Killed):
        apply(full, 20)
    monkeypatch.undo()
    assert apply(full, 20).overdue == 0
    assert landed(full) == []
    assert intake.quarantine_files(full.home) == ()
    assert not [each.id for each in keys.open_keyring(full.home).entries() if each.id.startswith("quarantine/")]
    assert apply(full, 20).plan.files == 0
    with open_manifest(full.home) as manifest:
        assert dropping.totals(manifest)["waiting"] == 0


def test_a_second_call_changes_nothing(full: Desk) -> None:
    apply(full, 20)
    with open_manifest(full.home) as manifest:
        before = len(manifest.interventions())
    assert apply(full, 20).plan.files == 0
    with open_manifest(full.home) as manifest:
        assert len(manifest.interventions()) == before


def test_the_windows_are_those_of_the_policy(full: Desk) -> None:
    (drop,) = {each.zone: each for each in plan(full, 8).drops if each.dataset == "courses"}.values()
    policy = settings.policy_file().read_text()
    assert "landing_days: {value: 7" in policy
    assert (drop.since - clocks.day_of(AS_OF, timezone="Asia/Jakarta")).days == 8
    assert drop.clause == full.terms.policy.landing_days.clause
