from __future__ import annotations

import random
from collections import defaultdict
from datetime import date
from typing import Any

import pytest

from pipelines.demo.world.catalogue import COURSES, Catalogue, module_id
from pipelines.demo.world.span import World, local_text
from pipelines.demo.world.story import stories
from pipelines.demo.world.study import steps


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(World(learners=2500, days=365, seed=7, end=date(2026, 11, 22)))


@pytest.fixture(scope="module")
def events(catalogue: Catalogue) -> list[dict[str, Any]]:
    found = []
    for story in stories(catalogue):
        for order in story.enrolments:
            if not order.enrolled_at:
                continue
            told = steps(order, diligence=1.0, leaves_at=story.leaves_at, rng=random.Random(story.learner))
            assert [step.at for step in told] == sorted(step.at for step in told)
            assert len({step.mark for step in told}) == len(told)
            found += [
                {
                    "user_id": story.person.user_id,
                    "course_id": order.course.course_id,
                    "cohort": order.cohort.name,
                    "event_type": step.kind,
                    "occurred_at": step.at,
                    "module_id": module_id(order.course, step.module) if step.module >= 0 else None,
                    "enrolment_id": step.enrolment_id,
                    "attempt": step.attempt,
                    "score": step.score,
                    "max_score": order.course.max_score,
                }
                for step in told
            ]
    return found


def test_most_who_stop_do_so_at_the_hard_module(events: list[dict[str, Any]]) -> None:
    reached: dict[str, set[str]] = defaultdict(set)
    for event in events:
        if event["event_type"] == "module_completed":
            reached[event["module_id"]].add(event["user_id"])
    for course in COURSES:
        required = [number for number in range(len(course.modules)) if number not in course.optional]
        counts = [len(reached[f"{course.course_id}-m{number + 1:02d}"]) for number in required]
        assert counts == sorted(counts, reverse=True)
        lost = {number: before - after for number, before, after in zip(required[1:], counts, counts[1:], strict=False)}
        assert max(lost, key=lost.__getitem__) == course.hard


def test_attempts_count_up_until_one_is_enough(events: list[dict[str, Any]]) -> None:
    course_of = {course.course_id: course for course in COURSES}
    attempts: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        if event["event_type"] == "assessment_submitted":
            attempts[event["user_id"], event["module_id"], str(event["enrolment_id"])].append(event)
    assert max(len(found) for found in attempts.values()) >= 3
    for found in attempts.values():
        assert [event["attempt"] for event in found] == list(range(1, len(found) + 1))
        course = course_of[found[0]["course_id"]]
        passes = [event["score"] >= course.pass_mark * course.max_score for event in found]
        assert not any(passes[:-1])
        assert all(0 <= event["score"] <= event["max_score"] == course.max_score for event in found)


def test_scores_differ_between_courses(events: list[dict[str, Any]]) -> None:
    scores: dict[str, list[float]] = defaultdict(list)
    for event in events:
        if event["score"] is not None:
            scores[event["course_id"]].append(event["score"] / event["max_score"])
    means = {course: sum(found) / len(found) for course, found in scores.items()}
    assert means["copywriting"] - means["ui-ux"] > 0.12


def test_some_complete_after_the_window(events: list[dict[str, Any]], catalogue: Catalogue) -> None:
    closes = {(COURSES[c.course].course_id, c.name): c.closes_at for c in catalogue.cohorts if c.name}
    completions = [event for event in events if event["event_type"] == "course_completed" and event["cohort"]]
    late = [event for event in completions if event["occurred_at"] > closes[event["course_id"], event["cohort"]]]
    assert 5 < len(late) < 0.1 * len(completions)


def test_a_few_complete_without_an_enrolment_that_landed(events: list[dict[str, Any]]) -> None:
    enrolled = {(event["user_id"], event["course_id"]) for event in events if event["event_type"] == "enrolled"}
    completed = {
        (event["user_id"], event["course_id"]) for event in events if event["event_type"] == "course_completed"
    }
    assert 0 < len(completed - enrolled) < 0.03 * len(completed)


def test_people_withdraw_and_come_back_to_the_same_cohort(events: list[dict[str, Any]]) -> None:
    withdrawn: dict[tuple[str, ...], int] = {}
    returned = 0
    for event in events:
        key = event["user_id"], event["course_id"], str(event["cohort"])
        if event["event_type"] == "unenrolled":
            withdrawn[key] = event["occurred_at"]
        elif event["event_type"] == "enrolled" and key in withdrawn:
            assert event["occurred_at"] > withdrawn[key]
            returned += 1
    assert 0 < returned < len(withdrawn)


def test_hardly_anybody_learns_at_night(events: list[dict[str, Any]]) -> None:
    hours = [local_text(e["occurred_at"])[11:13] for e in events if e["event_type"] == "module_completed"]
    assert sum("01" <= hour < "05" for hour in hours) < 0.03 * len(hours)


def test_the_diligent_complete_more(catalogue: Catalogue) -> None:
    orders = [(story, order) for story in stories(catalogue) for order in story.enrolments if order.enrolled_at][:400]

    def completions(diligence: float) -> int:
        return sum(
            step.kind == "course_completed"
            for story, order in orders
            for step in steps(order, diligence=diligence, leaves_at=story.leaves_at, rng=random.Random(story.learner))
        )

    assert completions(0.6) < completions(1.0) < completions(1.4)


def test_nobody_completes_what_was_refunded(catalogue: Catalogue) -> None:
    refunded = [(story, order) for story in stories(catalogue) for order in story.enrolments if order.refunded_at]
    assert refunded
    for story, order in refunded:
        told = steps(order, diligence=9.0, leaves_at=story.leaves_at, rng=random.Random(story.learner))
        assert told[-1].kind == "refunded"
        assert all(step.kind != "course_completed" for step in told)
