from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.landing.layout import HEADERS
from pipelines.demo.rows import Fact, Row
from pipelines.demo.sources import accounts
from pipelines.demo.truth import TABLES
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.span import DAY, World
from pipelines.demo.world.story import Minority, Story, stories

CATALOGUE = Catalogue(World(learners=300, days=90, seed=3, end=date(2026, 6, 30)))
WORLD = CATALOGUE.world
CLEAN = Dirt(WORLD, level=0)


def told(*, dirt: Dirt = CLEAN) -> list[Row | Fact]:
    return [item for story in stories(CATALOGUE) for item in accounts.of_learner(story, CATALOGUE, dirt)]


@pytest.fixture(scope="module")
def items() -> list[Row | Fact]:
    return told()


@pytest.fixture(scope="module")
def states(items: list[Row | Fact]) -> dict[str, list[tuple[Row, dict[str, object]]]]:
    found = defaultdict(list)
    for item in items:
        if isinstance(item, Row):
            line = json.loads(item.line)
            found[line["user_id"]].append((item, line))
    return found


def facts(items: list[Row | Fact], table: str) -> list[dict[str, object]]:
    values = [item.values for item in items if isinstance(item, Fact) and item.table == table]
    return [dict(zip(TABLES[table], each, strict=True)) for each in values]


def seconds(text: object) -> int:
    assert isinstance(text, str)
    moment = datetime.fromisoformat(text)
    assert moment.utcoffset() == timedelta(hours=7)
    return int(moment.timestamp())


def some_child(told_by: str, *, told_at: int) -> Story:
    story = next(s for s in stories(CATALOGUE) if not s.minority and s.person.birth_date and s.leaves_at < told_at)
    return replace(story, minority=Minority(told_at, told_by))


def births_of(story: Story) -> list[tuple[int, object]]:
    rows = [r for r in accounts.of_learner(story, CATALOGUE, CLEAN) if isinstance(r, Row)]
    return [(seconds(json.loads(r.line)["updated_at"]), json.loads(r.line)["birth_date"]) for r in rows]


def test_the_same_twice_is_equal(items):
    assert told() == items
    assert told(dirt=Dirt(WORLD, level=5)) == told(dirt=Dirt(WORLD, level=5))


def test_every_row_has_the_columns_of_the_export_and_arrives_after_its_own_time_within_the_span(states):
    for rows in states.values():
        for row, line in rows:
            assert tuple(line) == HEADERS["accounts"]
            assert 0 <= row.at - seconds(line["updated_at"]) <= 50
            assert row.at < WORLD.end_at
            assert seconds(line["registered_at"]) <= seconds(line["last_login_at"]) <= seconds(line["updated_at"])


def test_no_two_states_of_an_account_bear_the_same_instant_and_one_at_most_is_from_before_the_span(states):
    for rows in states.values():
        moments = [seconds(line["updated_at"]) for _, line in rows]
        assert moments == sorted(set(moments))
        assert sum(at < WORLD.start_at for at in moments) <= 1
        assert sum(row.at < WORLD.start_at for row, _ in rows) <= 1


def test_nobody_changes_anything_after_they_have_left_or_closed_their_account(states):
    leaving = {s.person.user_id: s.leaves_at for s in stories(CATALOGUE) if not s.minority}
    for user_id, rows in states.items():
        assert not any(line["deleted"] for _, line in rows[:-1])
        if user_id in leaving:
            assert seconds(rows[-1][1]["updated_at"]) <= leaving[user_id]


def test_an_order_after_somebody_has_left_changes_nothing():
    for story in stories(CATALOGUE):
        gone = replace(story, leaves_at=story.registered_at + 3600, minority=None)
        rows = [json.loads(r.line) for r in accounts.of_learner(gone, CATALOGUE, CLEAN) if isinstance(r, Row)]
        assert all(seconds(line["updated_at"]) <= gone.leaves_at for line in rows)


def test_every_landed_state_is_a_fact_and_every_learner_is_one(items, states):
    landed = {(user, seconds(line["updated_at"])): line for user, rows in states.items() for _, line in rows}
    stated = {(fact["user_id"], fact["updated_at"]): fact for fact in facts(items, "account_states")}
    assert stated.keys() == landed.keys()
    for key, fact in stated.items():
        line = landed[key]
        assert (fact["email"], fact["birth_date"], fact["city"]) == (line["email"], line["birth_date"], line["city"])
        assert (fact["last_login_at"], fact["is_deleted"]) == (seconds(line["last_login_at"]), line["deleted"])
    assert [fact["learner"] for fact in facts(items, "learners")] == [s.learner for s in stories(CATALOGUE)]


def test_every_identifier_that_a_row_bears_is_stated_once_with_its_owner(items, states):
    stated = facts(items, "identifiers")
    owners = Counter((fact["kind"], fact["value"], fact["owner"]) for fact in stated)
    assert set(owners.values()) == {1}
    numbers = {s.person.user_id: s.learner for s in stories(CATALOGUE)}
    for user_id, rows in states.items():
        for _, line in rows:
            for kind in ("user_id", "name", "email", "phone", "birth_date"):
                value = line[kind]
                if value and not (kind == "birth_date" and len(value) < 10):
                    assert (kind, value, f"learner/{numbers[user_id]}") in owners


def test_accounts_change_in_many_ways(states):
    changed = Counter(
        member
        for rows in states.values()
        for (_, before), (_, after) in pairwise(rows)
        for member in before
        if before[member] != after[member]
    )
    assert {"email", "name", "phone", "birth_date", "city", "last_login_at"} <= set(changed)
    assert changed["last_login_at"] < changed["updated_at"]


def test_a_child_who_says_so_at_registration_has_a_birth_date_in_the_first_state():
    story = some_child("account", told_at=WORLD.end_at)
    assert births_of(story)[0][1] == story.person.birth_date


def test_a_child_who_says_so_later_has_no_birth_date_until_that_instant():
    told_at = WORLD.end_at - 3 * DAY
    story = some_child("account_later", told_at=told_at)
    births = births_of(story)
    assert {birth for at, birth in births if at < told_at} == {None}
    assert births[-1] == (told_at, story.person.birth_date)


def test_what_is_told_after_the_span_is_never_told():
    story = some_child("account_later", told_at=WORLD.end_at + DAY)
    fact = next(f for f in facts(list(accounts.of_learner(story, CATALOGUE, CLEAN)), "learners"))
    assert (fact["is_minor"], fact["minority_told_at"], fact["minority_told_by"]) == (True, None, None)
    assert {birth for _, birth in births_of(story)} == {None}


def test_spoilt_rows_name_the_account_and_the_instant_that_they_belong_to():
    items = told(dirt=Dirt(WORLD, level=20))
    known = {(fact["user_id"], fact["updated_at"]) for fact in facts(items, "account_states")}
    plants = [item.plant for item in items if isinstance(item, Row) and item.plant]
    assert {plant.kind for plant in plants} >= {"duplicate", "missing_field", "broken_json", "no_offset"}
    assert all((plant.key, plant.occurred_at // 1000) in known for plant in plants)
    assert not any(item.plant for item in told() if isinstance(item, Row))
