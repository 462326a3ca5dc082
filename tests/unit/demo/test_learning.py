from __future__ import annotations

import json
from collections import defaultdict
from datetime import date

import pytest

from pipelines.demo import learning
from pipelines.demo.catalogue import COURSES, Catalogue
from pipelines.demo.dirt import Dirt
from pipelines.demo.population import block
from pipelines.demo.world import World, local_text

END = date(2026, 11, 22)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(World(learners=2000, days=365, seed=7, end=END))


@pytest.fixture(scope="module")
def events(catalogue: Catalogue) -> list[dict[str, object]]:
    clean = Dirt(catalogue.world, level=0)
    everyone = block(catalogue, first=0, last=2000)
    return [
        json.loads(line)
        for learner, cohort, at in zip(everyone.learners, everyone.cohorts, everyone.enrolled_at, strict=True)
        for _, line in learning.lines(
            catalogue, int(learner), cohort=int(cohort), enrolled_at=int(at), typed_month="", dirt=clean
        )
    ]


def learners_of(events: list[dict[str, object]], kind: str) -> dict[tuple[object, object], set[object]]:
    found: dict[tuple[object, object], set[object]] = defaultdict(set)
    for event in events:
        if event["event_type"] == kind:
            found[event["course_id"], event.get("cohort")].add(event["user_id"])
    return found


def test_most_cohorts_are_large_and_some_are_too_small(events: list[dict[str, object]]) -> None:
    sizes = [len(people) for (_, cohort), people in learners_of(events, "enrolled").items() if cohort]
    assert sum(size >= 30 for size in sizes) > 0.75 * len(sizes)
    assert sum(size < 20 for size in sizes) >= 3


def test_a_good_half_of_the_windows_have_closed(catalogue: Catalogue) -> None:
    cohorts = [cohort for cohort in catalogue.cohorts if cohort.name]
    closed = sum(cohort.closes_at < catalogue.world.end_at for cohort in cohorts) / len(cohorts)
    assert 0.5 < closed < 0.85


def test_completion_differs_between_courses(events: list[dict[str, object]], catalogue: Catalogue) -> None:
    closed = {
        (COURSES[c.course].course_id, c.name)
        for c in catalogue.cohorts
        if c.closes_at < catalogue.world.end_at and c.name
    }
    enrolled, completed = learners_of(events, "enrolled"), learners_of(events, "course_completed")
    rates = {}
    for course in COURSES[:-1]:
        cohorts = [key for key in closed if key[0] == course.course_id]
        rates[course.course_id] = sum(len(completed[c]) for c in cohorts) / sum(len(enrolled[c]) for c in cohorts)
    assert min(rates.values()) < 0.30
    assert max(rates.values()) > 0.65


def test_some_complete_after_the_window(events: list[dict[str, object]], catalogue: Catalogue) -> None:
    closes = {(COURSES[c.course].course_id, c.name): local_text(c.closes_at) for c in catalogue.cohorts}
    late = [
        event
        for event in events
        if event["event_type"] == "course_completed"
        and event.get("cohort")
        and str(event["occurred_at"]) > closes[str(event["course_id"]), str(event["cohort"])]
    ]
    assert len(late) > 10


def test_fewer_reach_each_later_required_module(events: list[dict[str, object]]) -> None:
    course = COURSES[2]
    counts = [
        sum(
            e["event_type"] == "module_completed" and e["module_id"] == f"{course.course_id}-m{n + 1:02d}"
            for e in events
        )
        for n in range(len(course.modules))
        if n not in course.optional
    ]
    assert counts == sorted(counts, reverse=True)


def test_people_withdraw_get_refunds_and_come_back(events: list[dict[str, object]]) -> None:
    assert learners_of(events, "unenrolled")
    assert learners_of(events, "refunded")
    enrolments = [(e["user_id"], e["course_id"]) for e in events if e["event_type"] == "enrolled"]
    assert len(enrolments) > len(set(enrolments))


def test_nothing_happens_outside_the_span(events: list[dict[str, object]], catalogue: Catalogue) -> None:
    times = [str(event["occurred_at"]) for event in events]
    assert min(times) >= local_text(catalogue.world.start_at)
    assert max(times) < local_text(catalogue.world.end_at)
