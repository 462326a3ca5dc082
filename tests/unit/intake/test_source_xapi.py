"""Statements of the mobile app: learning events by the contract's mapping, one event with the platform's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines.identity.vault import open_vault
from tests.desk import COURSES, Desk

Make = Callable[..., dict[str, Any]]

HOME = "https://belajar.example"
TYPES = "http://adlnet.gov/expapi/activities"


def activity(path: str, kind: str) -> dict[str, Any]:
    return {"objectType": "Activity", "id": f"{HOME}/{path}", "definition": {"type": f"{TYPES}/{kind}"}}


COURSE = activity("kursus/web-1", "course")
MODULE = activity("modul/web-1-m1", "module")
QUIZ = activity("kuis/kuis-9", "assessment")
IN_COURSE = {"contextActivities": {"parent": [COURSE]}}
IN_MODULE = {"contextActivities": {"parent": [MODULE], "grouping": [COURSE]}}


def statement(number: int, verb: str, said_of: dict[str, Any] = COURSE, /, **changes: Any) -> dict[str, Any]:
    said = {
        "id": f"event-{number}",
        "actor": {"objectType": "Agent", "account": {"homePage": HOME, "name": f"learner-{number % 3}"}},
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}", "display": {"en": verb}},
        "object": said_of,
        "context": {} if said_of == COURSE else IN_COURSE,
        "timestamp": "2026-05-04T10:00:00+07:00",
        "stored": "2026-05-04T03:00:09.250Z",
        "authority": {"objectType": "Agent", "mbox": "mailto:lrs@belajar.example"},
        "version": "1.0.3",
        **changes,
    }
    return {name: value for name, value in said.items() if value is not None}


def voiding(number: int, voided: str, **changes: Any) -> dict[str, Any]:
    return statement(number, "voided", {"objectType": "StatementRef", "id": voided}, context=None, **changes)


@pytest.fixture
def school(desk: Desk) -> Desk:
    desk.land("courses", "c.jsonl", COURSES)
    return desk


def stored(desk: Desk, *columns: str) -> list[tuple[Any, ...]]:
    rows = desk.rows("course_progress_xapi")
    return rows.select(columns).rows() if rows.width else []


@pytest.mark.parametrize(
    ("verb", "said_of", "changes", "expected"),
    [
        ("registered", COURSE, {}, ("enrolled", "web-1", None)),
        ("unregistered", COURSE, {}, ("unenrolled", "web-1", None)),
        ("initialized", COURSE, {}, ("started", "web-1", None)),
        ("launched", MODULE, {}, ("started", "web-1", "web-1-m1")),
        ("completed", COURSE, {}, ("course_completed", "web-1", None)),
        ("passed", COURSE, {}, ("course_completed", "web-1", None)),
        ("earned", COURSE, {}, ("course_completed", "web-1", None)),
        ("completed", MODULE, {}, ("module_completed", "web-1", "web-1-m1")),
        # What was completed is itself, whatever it lies in; anything else happened in the module around it.
        ("completed", QUIZ, {"context": IN_MODULE}, ("module_completed", "web-1", "kuis-9")),
        ("scored", QUIZ, {"context": IN_MODULE}, ("assessment_submitted", "web-1", "web-1-m1")),
        ("answered", QUIZ, {}, ("assessment_submitted", "web-1", "kuis-9")),
        ("submitted", QUIZ, {}, ("assessment_submitted", "web-1", "kuis-9")),
        ("failed", COURSE, {}, ("assessment_submitted", "web-1", None)),
        ("experienced", COURSE, {"result": {"completion": True}}, ("course_completed", "web-1", None)),
        ("experienced", MODULE, {"result": {"completion": True}}, ("module_completed", "web-1", "web-1-m1")),
        ("initialized", COURSE, {"result": {"completion": True}}, ("started", "web-1", None)),
        # The course: the grouping activity before the parent, a single one for a list, an object without its type.
        (
            "completed",
            MODULE,
            {"context": {"contextActivities": {"grouping": COURSE}}},
            ("module_completed", "web-1", "web-1-m1"),
        ),
        ("completed", {"id": COURSE["id"]}, {"context": IN_COURSE}, ("course_completed", "web-1", None)),
        (
            "completed",
            MODULE,
            {"context": {"contextActivities": {"grouping": [activity("program/p", "program"), COURSE], "parent": [5]}}},
            ("module_completed", "web-1", "web-1-m1"),
        ),
    ],
)
def test_the_mapping_makes_learning_events_of_verbs(
    school: Desk, verb: str, said_of: dict[str, Any], changes: dict[str, Any], expected: tuple[str, ...]
):
    school.land("course_progress_xapi", "a.jsonl", [statement(1, verb, said_of, **changes)])
    report = school.run()["course_progress_xapi"]
    assert (report.accepted, report.unknown_fields) == (1, {})
    assert stored(school, "event_type", "course_id", "module_id") == [expected]


def test_a_verb_or_a_type_counts_by_its_last_segment_wherever_it_comes_from(school: Desk):
    course = {"id": f"{HOME}/kursus/web-1/?v=2", "definition": {"type": "https://other.example/types#course"}}
    said = statement(1, "x", course, verb={"id": "http://id.tincanapi.com/verb/earned"})
    school.land("course_progress_xapi", "a.jsonl", [said])
    school.run()
    assert stored(school, "event_type", "course_id") == [("course_completed", "web-1")]


def test_other_verbs_are_counted_and_dropped_and_make_nobody_a_subject(school: Desk):
    said = [statement(1, "completed"), statement(2, "played", MODULE), statement(3, "suspended", {"id": "x"})]
    school.land("course_progress_xapi", "a.jsonl", said)
    report = school.run()["course_progress_xapi"]
    assert (report.rows_in, report.accepted, report.quarantined) == (3, 1, {})
    assert report.refused == {"unknown_verb": 2}
    assert school.quarantined() == {}
    assert school.subjects() == 1


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ({"raw": 7.1, "max": 10, "min": 0, "scaled": 0.71}, (7.1, 10.0)),
        ({"scaled": 0.71}, (0.71, 1.0)),
        ({"raw": 7}, (7.0, None)),
        ({"max": 10}, (None, 10.0)),
        ({}, (None, None)),
    ],
)
def test_a_score_is_points_or_a_share_of_one(school: Desk, score: dict[str, float], expected: tuple[float | None, ...]):
    result = {"score": score, "success": False, "response": "jawaban rahasia"}
    school.land("course_progress_xapi", "a.jsonl", [statement(1, "scored", QUIZ, result=result)])
    assert school.run()["course_progress_xapi"].unknown_fields == {}
    assert stored(school, "score", "max_score", "is_successful") == [(*expected, False)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "missing_required:id"),
        ({"verb": None}, "missing_required:verb.id"),
        ({"verb": {"id": ""}}, "missing_required:verb.id"),
        ({"timestamp": None}, "missing_required:timestamp"),
        ({"timestamp": "besok"}, "wrong_type:timestamp"),
        ({"object": None}, "missing_required:object.id"),
        ({"actor": None}, "missing_required:actor.account.name|actor.mbox"),
        ({"actor": {"mbox_sha1sum": "0" * 40}}, "missing_required:actor.account.name|actor.mbox"),
        (
            {"actor": {"objectType": "Group", "account": {"homePage": HOME, "name": "kelas"}, "member": []}},
            "missing_required:actor.account.name|actor.mbox",
        ),
        ({"object": MODULE, "context": None}, "missing_required:course_id|voids"),
        ({"object": activity("kursus/web 1", "course")}, "wrong_format:course_id"),
        ({"object": activity("kursus/nowhere", "course")}, "unknown_course"),
        ({"result": {"score": {"raw": "many"}}}, "wrong_type:result.score.raw"),
    ],
)
def test_a_bad_statement_waits_with_its_reason(school: Desk, change: dict[str, Any], reason: str):
    school.land("course_progress_xapi", "a.jsonl", [statement(1, "completed"), statement(2, "completed", **change)])
    report = school.run()["course_progress_xapi"]
    assert (report.accepted, report.quarantined) == (1, {reason: 1})


@pytest.mark.parametrize(
    "strange",
    [
        {"contextActivities": "[not json"},
        {"contextActivities": {"grouping": "[not json", "parent": [COURSE]}},
        {"contextActivities": {"grouping": [None, 1, "x", [], {"id": 5}, {"definition": 7}], "parent": [COURSE]}},
        {"contextActivities": {"grouping": {}, "parent": COURSE}},
        "context",
        7,
    ],
)
def test_whatever_stands_around_a_statement_stops_nothing(school: Desk, strange: Any):
    said = [statement(1, "completed"), statement(2, "completed", MODULE, context=strange)]
    school.land("course_progress_xapi", "a.jsonl", said)
    report = school.run()["course_progress_xapi"]
    assert report.accepted + sum(report.quarantined.values()) == 2
    assert report.accepted >= 1


def test_a_statement_of_an_unknown_course_is_replayed_when_the_course_arrives(desk: Desk):
    desk.land(
        "course_progress_xapi", "a.jsonl", [statement(1, "completed", MODULE), statement(2, "completed"), "{broken"]
    )
    assert desk.run()["course_progress_xapi"].quarantined == {"unknown_course": 2, "malformed": 1}
    desk.land("courses", "c.jsonl", COURSES)
    report = desk.run()["course_progress_xapi"]
    assert (report.replayed, report.accepted) == (2, 2)
    assert desk.quarantined() == {("course_progress_xapi", "malformed"): 1}


def test_an_account_or_an_address_is_the_same_learner(school: Desk):
    account = {"user_id": "learner-1", "email": "Ayu@mail.example", "registered_at": "2026-01-01T00:00:00Z"}
    school.land("accounts", "a.jsonl", [{**account, "updated_at": "2026-01-01T00:00:00Z"}])
    by_address = {"objectType": "Agent", "name": "Ayu Contoh", "mbox": "MAILTO:ayu@mail.example"}
    school.land(
        "course_progress_xapi", "a.jsonl", [statement(1, "completed"), statement(2, "scored", QUIZ, actor=by_address)]
    )
    school.run()
    assert len({pseudonym for (pseudonym,) in stored(school, "learner_pseudonym")}) == 1
    assert school.subjects() == 1
    text = str(school.rows("course_progress_xapi").to_dicts())
    assert not [told for told in ("ayu", "Ayu", "learner-1", "event-1") if told in text]


@pytest.mark.parametrize("first", ["course_progress", "course_progress_xapi"])
def test_what_both_formats_tell_is_one_event_and_the_first_stays(school: Desk, progress: Make, first: str):
    landed = {
        "course_progress": [progress(1), progress(2)],
        "course_progress_xapi": [statement(2, "initialized"), statement(3, "initialized")],
    }
    second = next(name for name in landed if name != first)
    school.land(first, "a.jsonl", landed[first])
    assert school.run()[first].accepted == 2
    school.land(second, "a.jsonl", landed[second])
    report = school.run()[second]
    assert (report.accepted, report.duplicates) == (1, 1)
    assert len({*school.rows(first)["event_key"], *school.rows(second)["event_key"]}) == 3


def test_what_both_formats_tell_in_one_run_is_one_event(school: Desk, progress: Make):
    school.land("course_progress_xapi", "a.jsonl", [statement(1, "initialized"), statement(1, "initialized")])
    school.land("course_progress", "a.jsonl", [progress(1)])
    reports = school.run()
    assert (reports["course_progress"].accepted, reports["course_progress_xapi"].accepted) == (1, 0)
    assert reports["course_progress_xapi"].duplicates == 2


def test_of_two_copies_the_one_that_the_store_had_first_stays(school: Desk):
    late = statement(1, "completed", stored="2026-05-05T00:00:00Z")
    school.land("course_progress_xapi", "a.jsonl", [late, statement(1, "failed", stored="2026-05-04T00:00:00Z")])
    report = school.run()["course_progress_xapi"]
    assert (report.accepted, report.duplicates_with_other_content) == (1, 1)
    assert stored(school, "event_type") == [("assessment_submitted",)]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_voiding_statement_marks_what_it_takes_back(school: Desk, is_first: bool):
    files = [[statement(1, "completed"), statement(2, "completed", MODULE)], [voiding(3, "event-1")]]
    for name, rows in enumerate(reversed(files) if is_first else files):
        school.land("course_progress_xapi", f"{name}.jsonl", rows)
        school.run()
    rows = {row["event_type"]: row for row in school.rows("course_progress_xapi").to_dicts()}
    assert rows["voided"]["voids_key"] == rows["course_completed"]["event_key"]
    assert rows["voided"]["course_id"] is None
    assert rows["module_completed"]["voids_key"] is None


def test_a_mark_is_no_event_of_a_course_that_is_not_there_yet(desk: Desk):
    desk.land("course_progress_xapi", "a.jsonl", [voiding(1, "event-9")])
    assert desk.run()["course_progress_xapi"].accepted == 1


def test_a_completion_that_was_taken_back_ends_no_enrolment(school: Desk):
    said = [
        statement(1, "completed", timestamp="2025-01-01T00:00:00Z"),
        voiding(4, "event-1", timestamp="2025-01-02T00:00:00Z"),
    ]
    school.land("course_progress_xapi", "a.jsonl", [*said, statement(7, "launched", timestamp="2025-01-03T00:00:00Z")])
    assert school.run()["course_progress_xapi"].refused == {}
    school.land("course_progress_xapi", "b.jsonl", [statement(2, "completed", timestamp="2025-01-01T00:00:00Z")])
    assert school.run(as_of=datetime(2026, 6, 30, tzinfo=UTC))["course_progress_xapi"].refused == {"expired": 1}


def test_nobody_is_in_the_vault_by_the_name_of_a_store_or_a_teacher(school: Desk):
    context = {**IN_COURSE, "instructor": {"mbox": "mailto:guru@belajar.example"}}
    school.land("course_progress_xapi", "a.jsonl", [statement(1, "completed", MODULE, context=context)])
    school.run()
    with open_vault(school.home, school.ring, purpose="test") as opened:
        kinds = opened._connection.execute("select kind, count(*) from vault.identifiers group by kind").fetchall()
    assert kinds == [("user_id", 1)]
