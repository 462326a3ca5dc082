"""Schema drift: told once, counted per batch, and settled by the contract change that is proposed for it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines import contracts, intake, lake, settings
from pipelines.intake import mending
from pipelines.intake.kinds import kind_of
from pipelines.intake.quarantine import Selection
from tests.desk import AS_OF, COURSES, Desk

Make = Callable[..., dict[str, Any]]


def drifts(desk: Desk) -> list[lake.Drift]:
    with lake.open_manifest(desk.home) as manifest:
        return list(manifest.drifts().listed())


def told(desk: Desk) -> set[tuple[str, str, str]]:
    return {(drift.kind, drift.name, drift.becomes) for drift in drifts(desk)}


def applied(desk: Desk, folder: Path, *, tool: str) -> contracts.Contracts:
    """The contracts after the proposed diff was applied by a tool that knows nothing of ours."""
    shutil.copytree(settings.CONTRACTS_DIR, folder / "data_contracts")
    terms = contracts.load(folder / "data_contracts")
    diff = mending.propose(drifts(desk), terms.inbound, root=folder).diff
    command = ["patch", "-p1", "--fuzz=0"] if tool == "patch" else ["git", "apply", "--unsafe-paths", "-"]
    subprocess.run(command, cwd=folder, input=diff.encode(), check=True, capture_output=True)
    return contracts.load(folder / "data_contracts")


@pytest.fixture
def school(desk: Desk, progress: Make) -> Desk:
    """A home that has seen how the source usually is."""
    desk.land("courses", "c.jsonl", COURSES)
    desk.land("course_progress", "a.jsonl", [progress(n, score=n % 10 + 0.5, cohort="c1") for n in range(30)])
    desk.run()
    assert drifts(desk) == []
    return desk


def test_a_new_field_is_told_once_and_counted_in_every_batch(school: Desk, progress: Make):
    reports = []
    for number, name in enumerate(("b", "c")):
        rows = [progress(100 + 20 * number + n, score=1, cohort="c1", device_type="mobile") for n in range(20)]
        school.land("course_progress", f"{name}.jsonl", rows)
        reports.append(school.run()["course_progress"])
    (drift,) = drifts(school)
    assert (drift.kind, drift.name, drift.rows, drift.batches) == ("new_field", "device_type", 40, 2)
    assert (drift.first_batch, drift.last_batch) == (reports[0].batch_id, reports[1].batch_id)
    assert [len(report.drifts) for report in reports] == [1, 0]
    assert "device_type" in reports[0].drifts[0]


def test_single_spoilt_rows_are_no_drift(school: Desk, progress: Make):
    school.land("course_progress", "many.jsonl", [progress(1000 + n, score=1, cohort="c1") for n in range(600)])
    school.run()
    rows = [progress(100 + n, score=1, cohort="c1") for n in range(200)]
    for n in range(8):
        rows[n] |= {"debug": "x"}
        rows[20 + n]["score"] = "ten"
    school.land("course_progress", "b.jsonl", rows)
    school.run()
    assert drifts(school) == []


def test_what_was_always_unknown_is_no_drift(desk: Desk, progress: Make):
    desk.land("courses", "c.jsonl", COURSES)
    for name in ("a", "b"):
        desk.land("course_progress", f"{name}.jsonl", [progress(ord(name) * 1000 + n, extra="x") for n in range(30)])
    desk.run()
    assert drifts(desk) == []


def test_a_column_that_changes_its_name_is_a_renaming_and_not_a_new_field(school: Desk, progress: Make):
    school.land("course_progress", "b.jsonl", [progress(100 + n, score=1, run="c1") for n in range(20)])
    school.run()
    assert told(school) == {("renamed_field", "cohort", "run")}
    school.land("course_progress", "c.jsonl", [progress(200 + n, score=1, run="c1") for n in range(200)])
    school.run()
    assert [(each.kind, each.batches, each.rows) for each in drifts(school)] == [("renamed_field", 2, 220)]


def test_a_new_field_of_another_kind_is_not_taken_for_the_one_that_is_gone(school: Desk, progress: Make):
    school.land("course_progress", "b.jsonl", [progress(100 + n, cohort="c1", colour="red") for n in range(20)])
    school.run()
    assert told(school) == {("new_field", "colour", "label"), ("missing_field", "score", "")}


def test_an_optional_field_that_comes_no_more_is_told_once(school: Desk, progress: Make):
    for name in ("b", "c"):
        school.land("course_progress", f"{name}.jsonl", [progress(ord(name) * 1000 + n, score=3) for n in range(25)])
        school.run()
    assert [(each.kind, each.name, each.batches) for each in drifts(school)] == [("missing_field", "cohort", 2)]


def test_a_drift_within_the_first_batch_is_found_by_its_file(desk: Desk, progress: Make):
    desk.land("courses", "c.jsonl", COURSES)
    for number, name in enumerate("abc"):
        extra = {"device_type": "x"} if name == "b" else {}
        desk.land("course_progress", f"{name}.jsonl", [progress(100 * number + n, **extra) for n in range(20)])
    desk.run()
    assert told(desk) == {("new_field", "device_type", "label")}


@pytest.mark.parametrize("tool", ["patch", "git"])
def test_the_proposed_change_of_a_type_lets_a_replay_accept_the_rows(
    school: Desk, progress: Make, tmp_path: Path, tool: str
):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed here")
    school.land("course_progress", "b.jsonl", [progress(100 + n, score=f"B-{n}", cohort="c1") for n in range(20)])
    school.run()
    assert school.quarantined() == {("course_progress", "wrong_type:score"): 20}
    assert told(school) == {("changed_type", "score", "label")}
    school.terms = applied(school, tmp_path / "project", tool=tool)
    (report,) = intake.replay(school.home, school.ring, school.terms, Selection(), as_of=AS_OF)
    assert (report.accepted, report.quarantined, school.quarantined()) == (20, {}, {})
    assert mending.propose(drifts(school), school.terms.inbound, root=tmp_path).diff == ""


@pytest.mark.parametrize(("old", "new"), [("course_id", "courseId"), ("event_id", "eventId"), ("user_id", "learner")])
def test_the_proposed_alias_of_a_renamed_column_lets_a_replay_accept_the_rows(
    school: Desk, progress: Make, tmp_path: Path, old: str, new: str
):
    rows = [progress(100 + n, score=1, cohort="c1") for n in range(20)]
    renamed = [{new if name == old else name: value for name, value in row.items()} for row in rows]
    school.land("course_progress", "b.jsonl", renamed)
    school.run()
    assert school.quarantined() == {("course_progress", f"missing_required:{old}"): 20}
    assert told(school) == {("renamed_field", old, new)}
    school.terms = applied(school, tmp_path / "project", tool="patch")
    (report,) = intake.replay(school.home, school.ring, school.terms, Selection(), as_of=AS_OF)
    assert (report.accepted, report.quarantined, report.unknown_fields) == (20, {}, {})
    later = [
        progress(300, score=1, cohort="c1"),
        {**renamed[0], **({"event_id": "e"} if old != "event_id" else {new: "e"})},
    ]
    school.land("course_progress", "c.jsonl", later)
    assert school.run(as_of=AS_OF + timedelta(hours=1))["course_progress"].accepted == 2


def test_the_proposed_new_field_is_dropped_and_unknown_no_more(school: Desk, progress: Make, tmp_path: Path):
    rows = [progress(100 + n, score=1, cohort="c1", device={"kind": "phone"}, zip="40111") for n in range(20)]
    school.land("course_progress", "b.jsonl", rows)
    school.run()
    assert {each.name for each in drifts(school)} == {"device", "zip"}
    school.terms = applied(school, tmp_path / "project", tool="patch")
    field = school.terms.inbound["course_progress"].field("zip")
    assert (field.treatment, field.classification, field.identifier) == ("drop", "restricted", "direct")
    school.land("course_progress", "c.jsonl", [progress(300 + n, score=1, cohort="c1", zip="40111") for n in range(5)])
    report = school.run()["course_progress"]
    assert (report.accepted, report.unknown_fields) == (5, {})


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True, False], "boolean"),
        ([1, "2"], "integer"),
        ([1780000000], "unix_seconds"),
        ([1, 2.5], "number"),
        (["2026-05-01"], "date"),
        (["2026-05-01T10:00:00Z"], "timestamp"),
        (["web-1"], "label"),
        (["dua kata"], "string"),
        ([{"a": 1}], "object"),
        ([], "string"),
    ],
)
def test_the_kind_of_values_is_the_narrowest_that_holds_for_all(values: list[Any], kind: str):
    assert kind_of(values) == kind


AT = "2026-05-04T10:00:00Z"


def test_a_row_that_stands_where_the_header_should_is_told_of_without_its_words(desk: Desk) -> None:
    account = {"user_id": "u1", "email": "a@example.com", "registered_at": AT, "updated_at": AT}
    desk.land("accounts", "first.jsonl", [account])
    desk.run()
    rows = "".join(f"u{number},Dewimarkzz,Sukamarkzz,x{number}@example.com,{AT}\n" for number in range(900, 1000))
    desk.land_bytes("accounts", "second.csv", rows.encode())
    desk.land("accounts", "third.jsonl", [{**account, "user_id": "u2", "Dewi-Markzz": 1, "DewiMarkzz": 2}])
    report = desk.run()["accounts"]
    assert report.quarantined == {"missing_required:user_id": 99}
    assert set(report.unknown_fields) == {"(unprintable)"}
    assert [told for told in report.drifts if "markzz" in told.lower()] == []
    assert b"markzz" not in desk.home.manifest_file.read_bytes().lower()
