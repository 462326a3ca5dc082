from __future__ import annotations

import json
import re
import uuid
from datetime import date, datetime
from typing import Any

import pytest

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Row
from pipelines.demo.sources import learning
from pipelines.demo.truth import TABLES
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.span import World
from pipelines.demo.world.story import Story, stories

COLUMNS = tuple(TABLES["learning_events"])
COURSE = "http://adlnet.gov/expapi/activities/course"


@pytest.fixture(scope="module")
def told_stories() -> list[Story]:
    return list(stories(Catalogue(World(learners=1500, days=180, seed=3, end=date(2026, 6, 30)))))


@pytest.fixture(scope="module")
def items(told_stories: list[Story]) -> list[Row | Fact]:
    catalogue = Catalogue(told_stories[0].world)
    clean = Dirt(catalogue.world, level=0)
    return [item for story in told_stories for item in learning.of_learner(story, catalogue, clean)]


@pytest.fixture(scope="module")
def rows(items: list[Row | Fact]) -> list[tuple[Row, dict[str, Any]]]:
    return [
        (item, json.loads(item.line))
        for item in items
        if isinstance(item, Row) and item.source == "course_progress_xapi"
    ]


@pytest.fixture(scope="module")
def facts(items: list[Row | Fact]) -> dict[object, dict[str, Any]]:
    found = [item.values for item in items if isinstance(item, Fact) and item.table == "learning_events"]
    return {values[0]: dict(zip(COLUMNS, values, strict=True)) for values in found}


def last_segment(iri: str) -> str:
    return iri.rstrip("/").rsplit("/", 1)[1]


def read(document: dict[str, Any]) -> dict[str, Any] | None:
    """Read a statement by the page on what arrives alone."""
    verb, thing = last_segment(document["verb"]["id"]), document["object"]
    around = document["context"].get("contextActivities", {})
    near = [thing, *around.get("parent", ()), *around.get("grouping", ())]
    course = next(a for a in near if a.get("definition", {}).get("type") == COURSE)
    result = document.get("result", {})
    is_course = thing is course
    if verb in ("initialized", "launched"):
        kind = "started"
    elif verb in ("completed", "passed", "earned") or result.get("completion") is True:
        kind = "course_completed" if is_course else "module_completed"
    elif verb in ("scored", "answered", "submitted", "failed"):
        kind = "assessment_submitted"
    else:
        return None
    return {
        "event_type": kind,
        "course_id": last_segment(course["id"]),
        "module_id": None if is_course else last_segment(thing["id"]),
        "score": result.get("score", {}).get("raw"),
        "max_score": result.get("score", {}).get("max"),
        "occurred_at": int(datetime.fromisoformat(document["timestamp"]).timestamp()),
    }


def test_statements_say_what_happened(
    rows: list[tuple[Row, dict[str, Any]]], facts: dict[object, dict[str, Any]]
) -> None:
    kinds = set()
    for row, document in rows:
        if row.plant and row.plant.kind in ("unknown_verb", "voids"):
            assert document["id"] not in facts
            continue
        said, fact = read(document), facts[document["id"]]
        assert said
        kinds.add(said["event_type"])
        assert said == {name: fact[name] for name in said}
    assert kinds == {"started", "module_completed", "assessment_submitted", "course_completed"}


def test_every_statement_has_what_is_required(rows: list[tuple[Row, dict[str, Any]]]) -> None:
    for row, document in rows:
        assert str(uuid.UUID(document["id"])) == document["id"]
        assert document["actor"]["objectType"] == "Agent"
        assert ("account" in document["actor"]) != ("mbox" in document["actor"])
        assert document["version"] == "1.0.3"
        at, stored = datetime.fromisoformat(document["timestamp"]), datetime.fromisoformat(document["stored"])
        assert at.tzinfo
        assert at < stored
        assert int(stored.timestamp()) == row.at
        duration = document.get("result", {}).get("duration", "PT1S")
        assert re.fullmatch(r"PT(\d+H)?(\d+M)?(\d+S)", duration)


def test_most_learners_are_named_by_account_and_some_by_mail(
    rows: list[tuple[Row, dict[str, Any]]], told_stories: list[Story], facts: dict[object, dict[str, Any]]
) -> None:
    email = {story.person.user_id: story.person.email for story in told_stories}
    by_mail = set[str]()
    everybody = set[str]()
    for _, document in rows:
        fact = facts.get(document["id"])
        if fact is None:
            continue
        user_id, actor = fact["user_id"], document["actor"]
        everybody.add(user_id)
        if "mbox" in actor:
            assert actor["mbox"] == f"mailto:{email[user_id]}"
            by_mail.add(user_id)
        else:
            assert actor["account"]["name"] == user_id
    assert 0.05 < len(by_mail) / len(everybody) < 0.3


def test_unknown_verbs_are_planted_and_mean_nothing(rows: list[tuple[Row, dict[str, Any]]]) -> None:
    unknown = [(row, document) for row, document in rows if row.plant and row.plant.kind == "unknown_verb"]
    assert len(unknown) > 10
    for row, document in unknown:
        assert row.plant
        assert row.plant.key == document["id"]
        assert read(document) is None


def test_a_voiding_statement_names_one_that_the_app_alone_told_before(
    rows: list[tuple[Row, dict[str, Any]]], facts: dict[object, dict[str, Any]]
) -> None:
    landed = {document["id"]: row.at for row, document in rows}
    voiding = [(row, document) for row, document in rows if row.plant and row.plant.kind == "voids"]
    assert voiding
    for row, document in voiding:
        named = document["object"]["id"]
        assert row.plant
        assert row.plant.key == named
        assert document["object"]["objectType"] == "StatementRef"
        assert landed[named] < row.at
        assert facts[named]["told_by"] == "xapi"
    assert len({document["object"]["id"] for _, document in voiding}) == len(voiding)


def test_some_statements_wait_for_the_network(rows: list[tuple[Row, dict[str, Any]]]) -> None:
    waits = [row.at - datetime.fromisoformat(document["timestamp"]).timestamp() for row, document in rows]
    assert 0.02 < sum(wait > 600 for wait in waits) / len(waits) < 0.25


def test_registrations_are_stated_once(items: list[Row | Fact], rows: list[tuple[Row, dict[str, Any]]]) -> None:
    stated = [item.values[1] for item in items if isinstance(item, Fact) and item.values[0] == "registration"]
    assert len(stated) == len(set(stated))
    assert set(stated) == {document["context"]["registration"] for _, document in rows}
