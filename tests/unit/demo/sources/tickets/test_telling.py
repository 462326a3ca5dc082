from __future__ import annotations

import json
from collections import Counter
from datetime import datetime

from pipelines.demo.rows import Fact, Row
from pipelines.demo.sources import tickets
from tests.unit.demo.sources.tickets.conftest import told


def test_about_one_learner_in_eight_writes(desk):
    writers = {fact["learner"] for fact in desk.facts("tickets")} - {None}
    assert 0.10 < len(writers) / len(desk.stories) < 0.15


def test_languages_are_as_intended(desk):
    opening = {thread[0]["message_id"] for thread in desk.threads()}
    found = Counter(fact["language"] for fact in desk.facts("tickets") if fact["message_id"] in opening)
    assert 0.64 < found["id"] / len(opening) < 0.77
    assert 0.14 < found["en"] / len(opening) < 0.26
    assert 0.05 < found["mixed"] / len(opening) < 0.15


def test_nobody_writes_before_they_register_or_after_the_end(desk):
    registered = {story.learner: story.registered_at for story in desk.stories}
    for fact in desk.facts("tickets"):
        assert fact["created_at"] < desk.world.end_at
        if fact["learner"] is not None:
            assert fact["created_at"] > registered[fact["learner"]]
    for item in desk.items:
        if isinstance(item, Row):
            created_at = datetime.fromisoformat(json.loads(item.line)["created_at"]).timestamp()
            assert created_at < item.at < desk.world.end_at


def test_a_child_tells_when_the_story_says_so_and_not_before(desk):
    facts = {fact["message_id"]: fact for fact in desk.facts("tickets")}
    told_at: dict[int, list[tuple[int, str]]] = {}
    for span in desk.facts("ticket_spans"):
        owner, _, number = span["owner"].partition("/")
        if owner == "learner" and span["kind"] in ("age", "nik", "birth_date"):
            told_at.setdefault(int(number), []).append((facts[span["message_id"]]["created_at"], span["kind"]))
    checked = 0
    for story in desk.stories:
        if story.minority is None:
            continue
        found = told_at.get(story.learner, [])
        assert all(at >= story.minority.told_at for at, _ in found)
        if story.minority.told_by in ("ticket", "nik") and story.minority.told_at < desk.world.end_at - 60:
            kind = "age" if story.minority.told_by == "ticket" else "nik"
            assert (story.minority.told_at, kind) in found
            checked += 1
    assert checked > 5


def test_strangers_write_without_an_account(desk):
    facts = {fact["message_id"]: fact for fact in desk.facts("tickets")}
    strangers = [row for row in desk.rows() if facts[row["message_id"]]["owner"].startswith("stranger/")]
    assert len({row["ticket_id"] for row in strangers}) >= tickets.writers(desk.world) * 0.95
    assert all(row["user_id"] is None for row in strangers)


def test_other_people_are_mentioned_and_belong_to_themselves(desk):
    facts = {fact["message_id"]: fact for fact in desk.facts("tickets")}
    others = Counter(
        span["owner"].partition("/")[0]
        for span in desk.facts("ticket_spans")
        if span["owner"] != facts[span["message_id"]]["owner"]
    )
    assert others["staff"] > 100
    assert others["stranger"] > 10
    assert others["learner"] > 3


def test_whom_a_stranger_mentions_can_be_asked_for(desk):
    found = [tickets.mentioned(desk.catalogue, number) for number in range(tickets.writers(desk.world))]
    landed = {row["ticket_id"] for row in desk.rows()}
    assert any(owners for _, owners in found)
    spans = {(fact["message_id"], fact["owner"]) for fact in desk.facts("ticket_spans")}
    messages = {fact["message_id"]: fact["ticket_id"] for fact in desk.facts("tickets")}
    by_ticket = {(messages[message_id], owner) for message_id, owner in spans}
    for ticket_id, owners in found:
        assert not owners or ticket_id in landed
        assert {(ticket_id, owner) for owner in owners} <= by_ticket


def test_the_same_twice_is_equal(desk):
    some = desk.stories[:300]
    assert told(desk.catalogue, some) == told(desk.catalogue, some)


def test_dirt_spoils_rows_but_no_facts(desk):
    some = desk.stories[:1500]
    spoilt = told(desk.catalogue, some, level=8)
    planted = [item for item in spoilt if isinstance(item, Row) and item.plant]
    keys = {fact.values[0] for fact in spoilt if isinstance(fact, Fact) and fact.table == "tickets"}
    assert planted
    assert {item.plant.key for item in planted if item.plant} <= keys
