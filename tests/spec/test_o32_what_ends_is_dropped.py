"""What goes of the lake and the vault when its time is over, not a day before, and that nothing brings it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines import engine, lake, retention
from pipelines.identity import keys
from pipelines.lake import open_manifest
from tests.desk import COURSES, Desk
from tests.desk import call as call
from tests.desk import desk as desk
from tests.desk import progress as progress

Make = Callable[..., dict[str, Any]]


def at(day: str) -> datetime:
    """Noon in Jakarta."""
    return datetime.fromisoformat(f"{day}T05:00:00+00:00")


def plan(desk: Desk, day: str) -> retention.Plan:
    return retention.plan(desk.home, keys.open_keyring(desk.home), desk.terms, as_of=at(day))


def apply(desk: Desk, day: str) -> retention.Applied:
    agreed = plan(desk, day).checksum
    return retention.apply(desk.home, keys.open_keyring(desk.home), desk.terms, as_of=at(day), agreed=agreed)


def days(desk: Desk, dataset: str) -> list[str]:
    return [
        day.isoformat()
        for day in lake.days_of(desk.home, dataset)
        if any((desk.home.lake / dataset).glob(f"dt={day}/*"))
    ]


@pytest.fixture
def visited(desk: Desk, call: Make) -> Desk:
    """Two browsers that call on two days of May, and again in July."""
    instants = ["2026-05-04T10:00:00Z", "2026-05-05T10:00:00Z", "2026-07-01T10:00:00Z", "2026-07-02T10:00:00Z"]
    desk.land("web_events", "w.jsonl", [call(number, timestamp=each) for number, each in enumerate(instants)])
    desk.run(as_of=at("2026-07-06"))
    return desk


def test_a_day_of_events_goes_when_its_five_years_are_over_and_not_a_day_before(visited: Desk) -> None:
    apply(visited, "2031-05-04")
    assert days(visited, "web_events") == ["2026-05-04", "2026-05-05", "2026-07-01", "2026-07-02"]
    applied = apply(visited, "2031-05-05")
    assert (applied.plan.rows, days(visited, "web_events")) == (1, ["2026-05-05", "2026-07-01", "2026-07-02"])
    assert [str(each.since) for each in applied.plan.drops if each.dataset == "web_events"] == ["2031-05-05"]
    assert plan(visited, "2031-05-05").is_empty
    assert "web_events" in lake.stale_days(visited.home)


def test_a_dropped_day_is_refused_although_the_clock_was_set_back(visited: Desk, call: Make) -> None:
    apply(visited, "2031-05-05")
    late = [call(8, timestamp="2026-05-04T11:00:00Z"), call(9, timestamp="2026-05-05T11:00:00Z")]
    visited.land("web_events", "late.jsonl", late)
    report = visited.run(as_of=at("2026-07-07"))["web_events"]
    assert (report.accepted, report.refused) == (1, {"expired": 1})


def test_no_writer_can_put_a_dropped_day_back(visited: Desk) -> None:
    apply(visited, "2031-05-05")
    place = lake.partition_file(visited.home, "web_events", datetime(2026, 5, 4, tzinfo=UTC).date())
    staged = visited.home.lake / "staged.parquet"
    staged.write_bytes(b"rows")
    work = lake.Intervention("restoring", "backfill", "2031-05-05", {})
    with open_manifest(visited.home) as manifest:
        with pytest.raises(lake.BelowHorizon, match="was dropped"):
            manifest.prepare_intervention(work, moves=[lake.Move(staged, place)], stale={})
        assert not manifest.has_unfinished()
    place.parent.mkdir(exist_ok=True)
    staged.rename(place)
    visited.land("web_events", "x.jsonl", ["{}"])
    with pytest.raises(lake.LakeDamaged, match="put there by no batch"):
        visited.run(as_of=at("2031-05-05"))


@pytest.fixture
def studied(desk: Desk, progress: Make) -> Desk:
    """Learner 1 completes on 4 May 2026 and looks in again later; learner 2 never completes; learner 0 leaves."""
    desk.land("courses", "c.jsonl", COURSES)
    rows = [
        progress(1, event_type="enrolled", occurred_at="2026-03-01T10:00:00+07:00"),
        progress(4, event_type="course_completed", occurred_at="2026-05-04T23:30:00+07:00"),
        progress(7, event_type="module_completed", occurred_at="2026-05-20T10:00:00+07:00"),
        progress(2, event_type="enrolled", occurred_at="2026-03-01T10:00:00+07:00"),
        progress(5, event_type="started", occurred_at="2026-05-04T10:00:00+07:00"),
        progress(3, event_type="enrolled", occurred_at="2026-03-01T10:00:00+07:00"),
        progress(6, event_type="refunded", occurred_at="2026-03-20T10:00:00+07:00"),
    ]
    desk.land("course_progress", "p.jsonl", rows)
    desk.run(as_of=at("2026-06-01"))
    return desk


def left(desk: Desk) -> dict[int, int]:
    """How many rows each of the three learners has left."""
    found = desk.rows("course_progress")
    counts = found.group_by("learner_pseudonym").len().sort("len") if found.height else found
    return dict(enumerate(counts["len"].to_list())) if found.height else {}


def test_an_enrolment_goes_whole_a_year_after_it_ended_and_the_others_stay(studied: Desk) -> None:
    assert apply(studied, "2027-03-20").plan.enrolments == 0
    assert sorted(left(studied).values()) == [2, 2, 3]
    assert apply(studied, "2027-03-21").plan.enrolments == 1
    assert sorted(left(studied).values()) == [2, 3]
    assert apply(studied, "2027-05-04").plan.enrolments == 0
    applied = apply(studied, "2027-05-05")
    assert (applied.plan.enrolments, applied.plan.rows) == (1, 3)
    assert sorted(left(studied).values()) == [2]
    assert plan(studied, "2027-05-05").is_empty


def test_rows_of_a_dropped_enrolment_are_refused_and_a_new_enrolment_is_not(studied: Desk, progress: Make) -> None:
    apply(studied, "2027-05-05")
    late = [
        progress(10, event_type="module_completed", occurred_at="2026-04-01T10:00:00+07:00"),
        progress(13, event_type="enrolled", occurred_at="2027-05-04T10:00:00+07:00"),
    ]
    studied.land("course_progress", "late.jsonl", late)
    report = studied.run(as_of=at("2027-05-06"))["course_progress"]
    assert (report.accepted, report.refused) == (1, {"expired": 1})


def test_a_completion_that_arrives_late_ends_what_is_stored_at_the_next_drop(studied: Desk, progress: Make) -> None:
    apply(studied, "2027-05-05")
    told = progress(8, event_type="course_completed", occurred_at="2026-05-03T09:00:00+07:00")
    studied.land("course_progress", "late.jsonl", [told])
    assert studied.run(as_of=at("2027-06-10"))["course_progress"].accepted == 1
    assert apply(studied, "2027-06-10").plan.enrolments == 1
    assert left(studied) == {}


def test_who_enrols_again_opens_the_enrolment_until_it_is_completed_again(studied: Desk, progress: Make) -> None:
    again = progress(10, event_type="enrolled", occurred_at="2027-04-01T10:00:00+07:00")
    studied.land("course_progress", "again.jsonl", [again])
    studied.run(as_of=at("2027-04-02"))
    assert apply(studied, "2027-05-05").plan.enrolments == 1  # of whoever left, and of nobody else
    assert sorted(left(studied).values()) == [2, 4]


def test_ids_of_what_was_dropped_go_with_the_next_look_at_people(visited: Desk) -> None:
    def ids() -> int:
        files = sorted((visited.home.lake / ".keys" / "web_events").glob("*.parquet"))
        with engine.connect(parquet_keys=visited.ring.parquet_keys()) as connection:
            row = connection.execute(f"select count(*) from {lake.read_expression(files)}").fetchone()
        return int(row[0]) if row else 0

    apply(visited, "2031-05-01")
    apply(visited, "2031-05-05")
    assert ids() == 4
    apply(visited, "2031-06-01")
    assert ids() == 2
