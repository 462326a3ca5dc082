from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import date, datetime
from typing import Any

import pytest

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Row
from pipelines.demo.sources import requests
from pipelines.demo.truth import TABLES
from pipelines.demo.world import people
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.span import World
from pipelines.demo.world.story import Story, stories

CATALOGUE = Catalogue(World(learners=12_000, days=180, seed=3, end=date(2026, 6, 30)))


@pytest.fixture(scope="module")
def told_stories() -> list[Story]:
    return list(stories(CATALOGUE))


@pytest.fixture(scope="module")
def items(told_stories: list[Story]) -> list[Row | Fact]:
    dirt = Dirt(CATALOGUE.world, level=0)
    asked = [item for story in told_stories for item in requests.of_learner(story, CATALOGUE, dirt)]
    return asked + list(requests.of_others(CATALOGUE, dirt))


def facts(items: list[Row | Fact], table: str = "requests") -> list[dict[str, Any]]:
    found = [item.values for item in items if isinstance(item, Fact) and item.table == table]
    return [dict(zip(TABLES[table], values, strict=True)) for values in found]


def rows(items: list[Row | Fact]) -> dict[str, dict[str, Any]]:
    found = [json.loads(item.line) for item in items if isinstance(item, Row)]
    return {row["request_id"]: row for row in found}


def test_one_learner_in_forty_asks_for_something(items, told_stories):
    asking = {fact["learner"] for fact in facts(items)} - {None}
    assert 0.018 < len(asking) / len(told_stories) < 0.032


def test_all_kinds_occur_and_people_are_known_in_every_way(items):
    kinds = Counter(fact["kind"] for fact in facts(items))
    assert kinds.keys() == {
        "access", "portability", "rectification", "erasure", "restriction", "lift_restriction", "objection",
    }  # fmt: skip
    known = {(fact["known_by"], fact["owner"].partition("/")[0]) for fact in facts(items)}
    assert known >= {
        ("user_id", "learner"), ("email", "learner"), ("hashed_email", "learner"), ("email", "stranger"),
        ("ticket", "stranger"), ("email", "subscriber"), ("anonymous_id", "visitor"),
    }  # fmt: skip


def test_a_row_bears_what_its_subject_is_known_by(items, told_stories):
    persons = {story.learner: story.person for story in told_stories}
    found = rows(items)
    for fact in facts(items):
        row, person = found[fact["request_id"]], persons.get(fact["learner"])
        if fact["known_by"] == "user_id":
            assert person is not None
            assert row["user_id"] == person.user_id
        elif fact["known_by"] == "hashed_email":
            email = person.email if person else people.subscriber(3, int(fact["owner"].partition("/")[2]))
            assert hashlib.sha256(email.lower().encode()).hexdigest() in row["details"]
            assert row["user_id"] is row["email"] is None
        elif fact["known_by"] == "anonymous_id":
            visitor = int(fact["owner"].partition("/")[2])
            assert people.browser(3, "visitor", visitor).anonymous_id in row["details"]
        elif fact["known_by"] == "ticket":
            assert " tkt_" in row["details"]
        else:
            assert row["email"]


def test_a_restriction_is_lifted_after_it_was_asked_for(items):
    restricted = {f["owner"]: f["received_at"] for f in facts(items) if f["kind"] == "restriction"}
    lifted = [f for f in facts(items) if f["kind"] == "lift_restriction"]
    assert lifted
    assert len(lifted) < len(restricted)
    for fact in lifted:
        assert fact["received_at"] > restricted[fact["owner"]]


def test_some_are_checked_at_once_some_later_some_never(items):
    found = Counter()
    for fact in facts(items):
        verified_at = fact["identity_verified_at"]
        found["never" if verified_at is None else verified_at > fact["received_at"]] += 1
        assert verified_at is None or verified_at >= fact["received_at"]
    assert min(found["never"], found[True], found[False]) > 0.1 * sum(found.values())


def test_nothing_is_asked_before_registration_or_lands_after_the_end(items, told_stories):
    registered = {story.learner: story.registered_at for story in told_stories}
    for fact in facts(items):
        assert fact["received_at"] > registered.get(fact["learner"], 0)
    for item in items:
        if isinstance(item, Row):
            row = json.loads(item.line)
            assert CATALOGUE.world.start_at < item.at < CATALOGUE.world.end_at
            times = [
                datetime.fromisoformat(row[name]).timestamp()
                for name in ("received_at", "identity_verified_at")
                if row[name]
            ]
            assert max(times) < item.at


def test_what_details_tell_is_stated(items):
    stated = {(fact["kind"], fact["value"]) for fact in facts(items, "identifiers")}
    assert {"name", "phone", "birth_date", "hashed_email", "email"} <= {kind for kind, _ in stated}
    for row in rows(items).values():
        details = row["details"] or ""
        if "ganti jadi " in details:
            assert ("phone", details.partition("ganti jadi ")[2]) in stated
        if "Nama saya seharusnya " in details:
            assert any(kind == "name" and value in details for kind, value in stated)


def test_the_same_twice_is_equal(told_stories):
    dirt = Dirt(CATALOGUE.world, level=1)
    once = [item for story in told_stories[:2000] for item in requests.of_learner(story, CATALOGUE, dirt)]
    assert once == [item for story in told_stories[:2000] for item in requests.of_learner(story, CATALOGUE, dirt)]
    assert list(requests.of_others(CATALOGUE, dirt)) == list(requests.of_others(CATALOGUE, dirt))
