"""Landed files and quarantined rows go when their windows end, not a day before, and nothing brings them back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines import evidence, intake, retention, settings
from pipelines.contracts import periods
from pipelines.identity import keys
from pipelines.identity.errors import MissingKey
from pipelines.intake import dropping
from pipelines.lake import Manifest, open_manifest
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


def test_a_landed_file_goes_when_its_window_ends_and_not_a_day_before(full: Desk) -> None:
    window = full.terms.policy.landing_days.value
    assert apply(full, window).plan.files == 0
    assert landed(full) == ["c.jsonl", NAME]
    applied = apply(full, window + 1)
    assert (applied.plan.files, applied.changed) == (2, 0)
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
    (entry,) = [each for each in evidence.read(full.home) if each.content.get("kind") == "retention_raw"]
    assert entry.kind == "drop"
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
    assert apply(full, 8, agreed=plan(full, 8).checksum).changed == 0


def test_a_clock_that_jumped_lets_nothing_go_by_itself(full: Desk) -> None:
    found = plan(full, 3_650)
    assert "see that the clock is right" in found.unusual
    with pytest.raises(retention.BrakeHeld, match=found.checksum):
        apply(full, 3_650)
    assert len(landed(full)) == 2
    assert apply(full, 3_650, agreed=found.checksum).plan.files == 3


def test_a_window_that_shrank_lets_nothing_go_by_itself(full: Desk) -> None:
    for number in range(120):
        full.land("courses", f"{number:03d}.jsonl", [{**COURSES[0], "title": f"Kursus {number}"}])
    full.run()
    assert plan(full, 7).unusual == ""
    assert "see that the policy's windows are right" in plan(full, 8).unusual
    with pytest.raises(retention.BrakeHeld, match="windows"):
        apply(full, 8)
    assert len(landed(full)) == 122


@pytest.mark.parametrize("at", ["prepare_intervention", "amend", "finish", "change", "unlink"])
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
    apply(full, 20)
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
    assert (drop.since - periods.day_of(AS_OF, timezone="Asia/Jakarta")).days == 8
    assert drop.clause == full.terms.policy.landing_days.clause


def test_a_file_that_was_written_again_after_the_plan_stays(full: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    place, count = full.home.landing / "course_progress" / NAME, intake.quarantined_rows

    def meanwhile(*given: Any) -> Any:
        place.write_text("unread\n")
        return count(*given)

    monkeypatch.setattr("pipelines.retention.raw_drops.quarantined_rows", meanwhile)
    assert apply(full, 20).changed == 1
    assert place.read_text() == "unread\n"


def test_a_file_that_cannot_be_removed_stops_no_other_and_is_counted_nowhere(
    full: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = Path.unlink

    def refusing(path: Path, **given: bool) -> None:
        if path.name == NAME:
            raise PermissionError(path)
        unlink(path, **given)

    monkeypatch.setattr(Path, "unlink", refusing)
    with pytest.raises(retention.NotRemoved, match="1 files") as raised:
        apply(full, 20)
    assert "dewi" not in str(raised.value)
    assert landed(full) == [NAME]
    assert not [each.id for each in keys.open_keyring(full.home).entries() if each.id.startswith("quarantine/")]
    with open_manifest(full.home) as manifest:
        (raw,) = [each for each in manifest.interventions() if each.kind == "retention_raw"]
        assert raw.counts["files"] == {"landing": 1, "quarantine": 1}


@pytest.mark.parametrize("damage", ["put back", "emptied", "of no day"])
def test_what_stands_in_quarantine_stops_nothing(full: Desk, damage: str) -> None:
    (held,) = intake.quarantine_files(full.home)
    copy = held.path.read_bytes()
    if damage == "put back":
        apply(full, 20)
        full.land("courses", "later.jsonl", COURSES[:1])
        full.run(as_of=later(20))
        held.path.parent.mkdir(exist_ok=True)
        held.path.write_bytes(copy)
    elif damage == "emptied":
        held.path.write_bytes(b"")
    else:
        (full.home.quarantine / "2026-13-45").mkdir()
        (full.home.quarantine / "2026-13-45" / "courses.x.parquet").write_bytes(b"")
    apply(full, 40)
    assert intake.quarantine_files(full.home) == ()
    assert landed(full) == []


def test_a_copy_under_another_time_or_name_is_no_younger(full: Desk) -> None:
    place = full.home.landing / "course_progress" / NAME
    place.rename(place.with_name("renamed.jsonl"))
    os.utime(full.home.landing / "courses" / "c.jsonl")
    full.run(as_of=later(5))
    apply(full, 8)
    assert landed(full) == []


def test_what_a_contract_knows_no_more_goes_and_what_nobody_has_read_is_counted(full: Desk) -> None:
    full.land("nobody", "x.jsonl", ["{}"])
    inbound = {name: each for name, each in full.terms.inbound.items() if name != "course_progress"}
    full.terms = full.terms.model_copy(update={"inbound": inbound})
    assert plan(full, 8).unjudged == 1
    apply(full, 8)
    assert landed(full) == ["x.jsonl"]


def test_an_emptied_folder_goes_with_its_name_and_what_a_link_leads_to_stays(full: Desk, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "own.jsonl").write_text(json.dumps(COURSES[0]) + "\n")
    (full.home.landing / "courses" / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (full.home.landing / "courses" / "one.jsonl").symlink_to(tmp_path / "elsewhere" / "own.jsonl")
    full.land("courses", "dewi.lestari@example.com/2026/c.jsonl", [{**COURSES[0], "title": "Lain"}])
    full.run()
    apply(full, 8)
    assert (tmp_path / "elsewhere" / "own.jsonl").exists()
    assert sorted(path.name for path in (full.home.landing / "courses").iterdir()) == ["link", "one.jsonl"]
    assert plan(full, 8).unjudged >= 1


def test_a_run_that_was_given_a_time_to_come_does_not_release_the_brake(full: Desk) -> None:
    full.land("courses", "d.jsonl", COURSES[:1])
    full.run(as_of=later(3_650))
    assert "clock" in plan(full, 3_660).unusual


def test_a_name_cannot_be_confirmed_by_the_checksum(full: Desk) -> None:
    one = plan(full, 8).checksum
    with open_manifest(full.home) as manifest:
        manifest._connection.execute("update salt set value = randomblob(32)")
        manifest._connection.commit()
    # With another salt no file is known by its name at all, so that nothing of the plan is left to compare.
    assert plan(full, 8).checksum != one
