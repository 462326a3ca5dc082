from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from typing import Any

import pytest

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Row
from pipelines.demo.sources import learning
from pipelines.demo.truth import TABLES
from pipelines.demo.world.catalogue import COURSES, Catalogue
from pipelines.demo.world.span import World
from pipelines.demo.world.story import Story, stories

END = date(2026, 11, 22)
COLUMNS = tuple(TABLES["learning_events"])
Items = list[Row | Fact]


def everything(told_stories: list[Story], catalogue: Catalogue, *, level: float) -> Items:
    dirt = Dirt(catalogue.world, level=level)
    return [item for story in told_stories for item in learning.of_learner(story, catalogue, dirt)]


def rows_of(items: Items, source: str) -> list[Row]:
    return [item for item in items if isinstance(item, Row) and item.source == source]


def facts_of(items: Items) -> list[dict[str, Any]]:
    return [
        dict(zip(COLUMNS, item.values, strict=True))
        for item in items
        if isinstance(item, Fact) and item.table == "learning_events"
    ]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(World(learners=2500, days=365, seed=7, end=END))


@pytest.fixture(scope="module")
def told_stories(catalogue: Catalogue) -> list[Story]:
    return list(stories(catalogue))


@pytest.fixture(scope="module")
def clean(told_stories: list[Story], catalogue: Catalogue) -> Items:
    return everything(told_stories, catalogue, level=0)


@pytest.fixture(scope="module")
def dirty(told_stories: list[Story], catalogue: Catalogue) -> Items:
    return everything(told_stories, catalogue, level=5)


@pytest.fixture(scope="module")
def events(clean: Items) -> list[dict[str, Any]]:
    return facts_of(clean)


def learners_of(events: list[dict[str, Any]], kind: str) -> dict[tuple[str, str | None], set[str]]:
    found: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    for event in events:
        if event["event_type"] == kind:
            found[event["course_id"], event["cohort"]].add(event["user_id"])
    return found


def test_most_cohorts_are_large_and_some_are_too_small(events: list[dict[str, Any]], catalogue: Catalogue) -> None:
    enrolled = learners_of(events, "enrolled")
    sizes = [len(enrolled[COURSES[c.course].course_id, c.name]) for c in catalogue.cohorts if c.name]
    assert sum(size >= 30 for size in sizes) > 0.75 * len(sizes)
    assert sum(size < 10 for size in sizes) >= 3


def test_completion_differs_between_courses(events: list[dict[str, Any]], catalogue: Catalogue) -> None:
    enrolled, completed = learners_of(events, "enrolled"), learners_of(events, "course_completed")
    rates = {}
    for number, course in enumerate(COURSES[:-1]):
        closed = [
            (course.course_id, c.name)
            for c in catalogue.cohorts
            if c.course == number and c.closes_at < catalogue.world.end_at
        ]
        rates[course.course_id] = sum(len(completed[c]) for c in closed) / sum(len(enrolled[c]) for c in closed)
    assert min(rates.values()) < 0.30
    assert max(rates.values()) > 0.65


def test_completion_differs_between_channels(events: list[dict[str, Any]], told_stories: list[Story]) -> None:
    channel = {story.person.user_id: story.channel.name for story in told_stories}
    enrolled = Counter(channel[event["user_id"]] for event in events if event["event_type"] == "enrolled")
    completed = Counter(channel[event["user_id"]] for event in events if event["event_type"] == "course_completed")
    rate = {name: completed[name] / enrolled[name] for name in enrolled}
    assert rate["direct"] > rate["instagram_ads"] > 0.1
    assert rate["organic"] > 1.2 * rate["tiktok"]


def test_a_refund_ends_the_course_and_is_the_order_s(events: list[dict[str, Any]], told_stories: list[Story]) -> None:
    refunds = {
        (story.person.user_id, order.course.course_id): order.refunded_at
        for story in told_stories
        for order in story.enrolments
        if 0 < order.refunded_at < story.world.end_at
    }
    told = {
        (event["user_id"], event["course_id"]): event["occurred_at"]
        for event in events
        if event["event_type"] == "refunded"
    }
    assert told == refunds
    for event in events:
        assert event["occurred_at"] <= refunds.get((event["user_id"], event["course_id"]), event["occurred_at"])


def test_some_enrolments_have_no_id(events: list[dict[str, Any]]) -> None:
    without = sum(event["enrolment_id"] is None for event in events) / len(events)
    assert 0.05 < without < 0.2


def test_nothing_happens_before_the_registration_or_after_the_end(
    events: list[dict[str, Any]], told_stories: list[Story], clean: Items, catalogue: Catalogue
) -> None:
    registered_at = {story.person.user_id: story.registered_at for story in told_stories}
    assert all(event["occurred_at"] > registered_at[event["user_id"]] for event in events)
    assert all(event["occurred_at"] < catalogue.world.end_at for event in events)
    assert all(item.at < catalogue.world.end_at for item in clean if isinstance(item, Row))


def test_every_fact_landed_and_every_row_is_a_fact(clean: Items, events: list[dict[str, Any]]) -> None:
    native = {row["event_id"]: row for row in map(json.loads, (r.line for r in rows_of(clean, "course_progress")))}
    besides = ("unknown_verb", "voids")
    said = {
        json.loads(row.line)["id"]
        for row in rows_of(clean, "course_progress_xapi")
        if row.plant is None or row.plant.kind not in besides
    }
    assert len(events) == len({event["event_id"] for event in events})
    for event in events:
        assert (event["event_id"] in native) == (event["told_by"] != "xapi")
        assert (event["event_id"] in said) == (event["told_by"] != "native")
    assert len(native.keys() | said) == len(events)
    for event in events:
        if event["told_by"] != "xapi":
            row = native[event["event_id"]]
            at = int(datetime.fromisoformat(row["occurred_at"]).astimezone(UTC).timestamp())
            assert row.get("enrolment_id") == event["enrolment_id"]
            assert at == event["occurred_at"]
            for name in ("user_id", "course_id", "cohort", "module_id", "event_type", "progress_percent", "score"):
                assert row.get(name) == event[name]


def test_a_course_in_the_app_is_told_in_three_ways(events: list[dict[str, Any]]) -> None:
    ways: dict[str, set[str]] = defaultdict(set)
    for event in events:
        if event["event_type"] in ("enrolled", "unenrolled", "refunded"):
            assert event["told_by"] == "native"
        else:
            ways[event["told_by"]].add(event["course_id"])
    assert ways["xapi"] == ways["both"] == {"motion-graphics", "copywriting"}


def test_what_is_told_twice_is_planted_on_the_second_row(clean: Items) -> None:
    first = {json.loads(row.line)["event_id"]: row.at for row in rows_of(clean, "course_progress")}
    twice = [row for row in rows_of(clean, "course_progress_xapi") if row.plant and row.plant.kind == "told_twice"]
    assert len(twice) > 50
    for row in twice:
        assert row.plant
        assert row.plant.fate == "duplicate"
        assert row.plant.key == json.loads(row.line)["id"]
        assert first[row.plant.key] < row.at
    both = {event["event_id"] for event in facts_of(clean) if event["told_by"] == "both"}
    assert both == {row.plant.key for row in twice if row.plant}


def test_spoiling_a_row_changes_nothing_that_happened(clean: Items, dirty: Items) -> None:
    assert facts_of(dirty) == facts_of(clean)
    assert len(rows_of(dirty, "course_progress")) > len(rows_of(clean, "course_progress"))


def test_of_one_told_twice_exactly_one_row_is_accepted(dirty: Items) -> None:
    both = {event["event_id"] for event in facts_of(dirty) if event["told_by"] == "both"}
    accepted = Counter[str]()
    for source in ("course_progress", "course_progress_xapi"):
        for row in rows_of(dirty, source):
            if row.plant is None:
                document = json.loads(row.line)
                accepted[document.get("event_id") or document["id"]] += 1
            elif row.plant.fate == "accepted":
                accepted[row.plant.key] += 1
    counts = Counter(accepted[event_id] for event_id in both)
    assert counts[1] > 0.9 * len(both)
    assert set(counts) <= {0, 1}


def test_nothing_told_twice_lands_late_the_first_time(dirty: Items) -> None:
    both = {event["event_id"] for event in facts_of(dirty) if event["told_by"] == "both"}
    late = {
        row.plant.key for row in rows_of(dirty, "course_progress") if row.plant is not None and row.plant.kind == "late"
    }
    assert len(late) > 50
    assert not late & both


def test_a_statement_alone_tells_no_progress_and_no_attempt(events: list[dict[str, Any]]) -> None:
    said = [event for event in events if event["told_by"] == "xapi"]
    assert any(event["score"] is not None for event in said)
    assert all(event["attempt"] is None and event["progress_percent"] is None for event in said)
    assert any(event["attempt"] for event in events if event["told_by"] == "both")


def test_every_spoilt_row_belongs_to_a_fact(dirty: Items) -> None:
    known = {event["event_id"] for event in facts_of(dirty)}
    planted = [
        item.plant
        for item in dirty
        if isinstance(item, Row) and item.plant and item.plant.kind not in ("unknown_verb",)
    ]
    assert len(planted) > 500
    assert all(plant.key in known and plant.occurred_at for plant in planted)


def test_the_same_twice_is_equal(told_stories: list[Story], catalogue: Catalogue) -> None:
    some = told_stories[:300]
    assert everything(some, catalogue, level=2) == everything(some, catalogue, level=2)
