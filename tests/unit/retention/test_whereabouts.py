"""What ended is found by opening the days of its learner, and whatever was written since the last sweep."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from pipelines import engine, lake
from pipelines.lake import open_manifest
from pipelines.retention import whereabouts
from tests.desk import COURSES, Desk, noon
from tests.desk import desk as desk
from tests.desk import progress as progress

Make = Callable[..., dict[str, Any]]


def study(desk: Desk, progress: Make) -> None:
    """Learner 1 completes on 4 May, learners 2 and 0 go on; June's sweep has seen it all."""
    desk.land("courses", "c.jsonl", COURSES)
    rows = [
        progress(1, event_type="enrolled", occurred_at="2026-03-01T10:00:00+07:00"),
        progress(4, event_type="course_completed", occurred_at="2026-05-04T10:00:00+07:00"),
        progress(2, event_type="enrolled", occurred_at="2026-03-01T10:00:00+07:00"),
        progress(5, occurred_at="2026-04-11T10:00:00+07:00"),
        progress(3, event_type="enrolled", occurred_at="2026-03-02T10:00:00+07:00"),
    ]
    desk.land("course_progress", "p.jsonl", rows)
    desk.run(as_of=noon("2026-06-01"))
    desk.drop("2027-05-01")


@pytest.fixture
def studied(desk: Desk, progress: Make) -> Desk:
    study(desk, progress)
    return desk


def opened(desk: Desk, learner: int, *, turned_on: str | None = None) -> list[str]:
    """The days that are opened when the rows of one learner are looked for, who began or ended something on one day."""
    contract = desk.terms.inbound["course_progress"]
    found = desk.rows("course_progress").filter(event_type="enrolled").sort("occurred_at", "event_key")
    alone = [each for each in found["learner_pseudonym"] if _days(desk, each) == LIVES[learner]]
    assert len(alone) == 1
    with engine.connect(parquet_keys=desk.ring.parquet_keys()) as connection, open_manifest(desk.home) as manifest:
        engine.set_secret(connection, "event_key", desk.ring.event_key().hex())
        learners = f"select '{alone[0]}'"
        days = {date.fromisoformat(turned_on)} if turned_on else None
        listed = whereabouts.files_with(connection, desk.home, manifest, contract, learners=learners, turned_on=days)
        return sorted(file.parent.name.removeprefix("dt=") for files in listed for file in files)


LIVES = {
    1: ["2026-03-01", "2026-05-04"],
    2: ["2026-03-01", "2026-04-11"],
    0: ["2026-03-02"],
}


def _days(desk: Desk, pseudonym: str) -> list[str]:
    rows = desk.rows("course_progress").filter(learner_pseudonym=pseudonym)
    return sorted({folder.removeprefix("dt=") for folder in rows["folder"]})


def test_only_days_of_the_learner_are_opened(studied: Desk) -> None:
    assert opened(studied, 0) == ["2026-03-02"]
    assert opened(studied, 2) == ["2026-03-01", "2026-04-11"]
    assert opened(studied, 1, turned_on="2026-05-04") == LIVES[1]
    assert opened(studied, 2, turned_on="2026-05-04") == []


def test_what_was_written_since_is_opened_too(studied: Desk, progress: Make) -> None:
    late = progress(9, occurred_at="2026-05-20T10:00:00+07:00", user_id="learner-5")
    studied.land("course_progress", "late.jsonl", [late])
    studied.run(as_of=noon("2027-05-02"))
    assert opened(studied, 0) == ["2026-03-02", "2026-05-20"]


def test_rows_that_came_since_the_sweep_go_with_their_enrolment(studied: Desk, progress: Make) -> None:
    late = progress(7, event_type="module_completed", occurred_at="2026-04-20T10:00:00+07:00")
    studied.land("course_progress", "late.jsonl", [late])
    assert studied.run(as_of=noon("2027-05-02"))["course_progress"].accepted == 1
    assert studied.drop("2027-05-05").plan.rows == 3
    assert studied.rows("course_progress").height == 3


def test_an_end_that_came_since_the_sweep_takes_what_lay_before_it(studied: Desk, progress: Make) -> None:
    late = progress(8, event_type="course_completed", occurred_at="2026-05-04T11:00:00+07:00")
    studied.land("course_progress", "late.jsonl", [late])
    assert studied.run(as_of=noon("2027-05-02"))["course_progress"].accepted == 1
    assert studied.drop("2027-05-05").plan.rows == 5
    assert studied.rows("course_progress").height == 1


@pytest.mark.parametrize("is_late", [False, True], ids=["before the sweep", "since"])
def test_an_end_that_another_source_tells_of_takes_what_lay_before_it(
    desk: Desk, progress: Make, is_late: bool
) -> None:
    statement = {
        "id": "9e13cefd-53d3-4eac-b5ed-2cf6693903bb",
        "actor": {"objectType": "Agent", "account": {"homePage": "https://belajar.example", "name": "learner-2"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {
            "id": "https://belajar.example/xapi/kursus/web-1",
            "definition": {"type": "http://adlnet.gov/expapi/activities/course"},
        },
        "timestamp": "2026-05-04T11:00:00+07:00",
        "stored": "2026-05-04T04:00:09.250Z",
        "version": "1.0.3",
    }
    if is_late:
        study(desk, progress)
    desk.land("course_progress_xapi", "end.jsonl", [statement])
    if is_late:
        desk.run(as_of=noon("2027-05-02"))
    else:
        study(desk, progress)
    assert desk.rows("course_progress_xapi").height == 1
    assert desk.drop("2027-05-05").plan.rows == 5


def test_without_it_all_days_are_opened_and_the_same_goes(studied: Desk) -> None:
    place = whereabouts.place(studied.home, "course_progress")
    moves = whereabouts.removal(studied.home, "course_progress")
    assert [each.target for each in moves] == [place]
    with open_manifest(studied.home) as manifest:
        manifest.prepare_intervention(lake.Intervention("x", "minors", "2027-05-02", {}), moves=moves, stale={})
        manifest.finish("x")
    assert not place.exists()
    assert opened(studied, 0) == ["2026-03-01", "2026-03-02", "2026-04-11", "2026-05-04"]
    assert studied.drop("2027-05-05").plan.rows == 2


def test_it_bears_no_pseudonym_and_nobody_who_left(studied: Desk) -> None:
    place = whereabouts.place(studied.home, "course_progress")
    with engine.connect(parquet_keys=studied.ring.parquet_keys()) as connection:
        query = f"select typeof(learner), count(distinct learner) from {lake.read_expression(place)} group by all"
        assert connection.execute(query).fetchall() == [("BIGINT", 3)]
    studied.drop("2031-05-04")
    assert not place.exists()
