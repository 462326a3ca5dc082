"""What arrives late is judged with what stood there: it can end an enrolment years back; and nothing is left over by a kill."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pipelines.lake import Intervention, Manifest
from tests.desk import COURSES, Desk, noon
from tests.desk import desk as desk
from tests.desk import progress as progress

Make = Callable[..., dict[str, Any]]


def gone(desk: Desk, day: str) -> int:
    return desk.drop(day).plan.rows


def event(progress: Make, number: int, event_type: str, day: str) -> dict[str, Any]:
    return progress(number * 3, event_type=event_type, occurred_at=f"{day}T10:00:00+07:00")


@pytest.fixture
def left(desk: Desk, progress: Make) -> Desk:
    """Somebody left a course in March and went on in it all the same, so that the enrolment stands open a year later."""
    rows = [("enrolled", "2026-03-01"), ("unenrolled", "2026-03-10"), ("started", "2026-03-20")]
    desk.land("courses", "c.jsonl", COURSES)
    desk.land("course_progress", "p.jsonl", [event(progress, n, *each) for n, each in enumerate(rows)])
    desk.run(as_of=noon("2026-04-01"))
    assert gone(desk, "2027-05-01") == 0
    return desk


def test_a_late_enrolment_ends_the_one_before_it_with_the_next_drop(left: Desk, progress: Make) -> None:
    left.land("course_progress", "late.jsonl", [event(progress, 9, "enrolled", "2026-03-15")])
    left.run(as_of=noon("2027-05-02"))
    assert gone(left, "2027-05-02") == 2


def test_one_on_a_day_that_is_not_due_yet_ends_it_when_that_day_is(desk: Desk, progress: Make) -> None:
    rows = [("enrolled", "2026-03-01"), ("unenrolled", "2026-03-10"), ("started", "2026-03-20")]
    desk.land("courses", "c.jsonl", COURSES)
    desk.land("course_progress", "p.jsonl", [event(progress, n, *each) for n, each in enumerate(rows)])
    desk.run(as_of=noon("2026-04-01"))
    assert gone(desk, "2027-03-12") == 0
    desk.land("course_progress", "late.jsonl", [event(progress, 9, "enrolled", "2026-03-15")])
    desk.run(as_of=noon("2027-03-13"))
    assert (gone(desk, "2027-03-13"), gone(desk, "2027-03-17")) == (0, 2)


def test_what_a_young_row_tells_of_old_ones_goes_with_the_next_look_at_people(left: Desk, progress: Make) -> None:
    statement = {
        "id": "9e13cefd-53d3-4eac-b5ed-2cf6693903bb",
        "actor": {"objectType": "Agent", "account": {"homePage": "https://belajar.example", "name": "learner-0"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": "event-6"},
        "timestamp": "2027-05-02T10:00:00+07:00",
        "stored": "2027-05-02T03:00:09.250Z",
        "authority": {"objectType": "Agent", "mbox": "mailto:lrs@belajar.example"},
        "version": "1.0.3",
    }
    left.land("course_progress_xapi", "void.jsonl", [statement])
    report = left.run(as_of=noon("2027-05-03"))["course_progress_xapi"]
    assert (report.accepted, report.quarantined) == (1, {})
    assert (gone(left, "2027-05-04"), gone(left, "2027-06-01")) == (0, 4)


def test_a_row_of_nobodys_doing_is_not_left_over_by_a_kill(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = {"message_id": "m-1", "ticket_id": "t-1", "email": "a@belajar.example", "channel": "email", "body": "?"}
    desk.land("support_tickets", "t.jsonl", [{**ticket, "author": "agent", "created_at": "2026-03-01T10:00:00+07:00"}])
    desk.run(as_of=noon("2026-04-01"))
    assert gone(desk, "2026-04-02") == 0

    def die(manifest: Manifest, work: Intervention, **given: Any) -> None:
        if work.kind == "retention":
            raise KeyboardInterrupt
        prepare(manifest, work, **given)

    prepare = Manifest.prepare_intervention
    monkeypatch.setattr(Manifest, "prepare_intervention", die)
    with pytest.raises(KeyboardInterrupt):
        gone(desk, "2031-05-02")
    monkeypatch.undo()
    assert (desk.subjects(), desk.rows("support_tickets").height) == (0, 1)
    assert gone(desk, "2031-05-02") == 1
    assert desk.rows("support_tickets").is_empty()


def test_people_are_looked_at_although_a_clock_once_ran_ahead(desk: Desk, progress: Make) -> None:
    desk.land("courses", "c.jsonl", COURSES)
    desk.run(as_of=noon("2026-06-01"))
    gone(desk, "2046-06-01")
    desk.land("course_progress", "p.jsonl", [progress(1)])
    desk.run(as_of=noon("2026-06-02"))
    assert gone(desk, "2031-05-02") == 1


@pytest.mark.parametrize(
    ("rows", "accepted"),
    [
        ([("started", "2026-02-28")], 0),
        ([("module_completed", "2026-05-02")], 0),
        ([("module_completed", "2026-05-02"), ("enrolled", "2026-05-01"), ("started", "2026-05-03")], 3),
        ([("enrolled", "2026-02-01"), ("started", "2026-02-28"), ("module_completed", "2026-05-02")], 2),
        ([("module_completed", "2026-06-20")], 1),
    ],
    ids=["before it", "after it", "enrolled again", "enrolled before", "young"],
)
def test_old_rows_beside_a_dropped_enrolment_belong_to_it_unless_they_begin_another(
    desk: Desk, progress: Make, rows: list[tuple[str, str]], accepted: int
) -> None:
    studied = [("enrolled", "2026-03-01"), ("course_completed", "2026-04-30")]
    desk.land("courses", "c.jsonl", COURSES)
    desk.land("course_progress", "p.jsonl", [event(progress, n, *each) for n, each in enumerate(studied)])
    desk.run(as_of=noon("2026-05-04"))
    assert gone(desk, "2027-05-10") == 2
    desk.land("course_progress", "late.jsonl", [event(progress, n, *each) for n, each in enumerate(rows, start=10)])
    report = desk.run(as_of=noon("2027-05-11"), expiry_is_right=True)["course_progress"]
    assert (report.accepted, sum(report.refused.values())) == (accepted, len(rows) - accepted)
