from __future__ import annotations

import json
from collections import defaultdict
from datetime import date, datetime

import pytest

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.landing.layout import HEADERS
from pipelines.demo.rows import Fact, Row
from pipelines.demo.sources import newsletter
from pipelines.demo.world import people
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.choices import choices
from pipelines.demo.world.span import World
from pipelines.demo.world.story import stories

CATALOGUE = Catalogue(World(learners=900, days=90, seed=3, end=date(2026, 6, 30)))
WORLD = CATALOGUE.world


def told(*, level: float = 0) -> list[Row | Fact]:
    dirt = Dirt(WORLD, level=level)
    found = [item for story in stories(CATALOGUE) for item in newsletter.of_learner(story, CATALOGUE, dirt)]
    return [*found, *newsletter.of_others(CATALOGUE, dirt)]


@pytest.fixture(scope="module")
def items() -> list[Row | Fact]:
    return told()


@pytest.fixture(scope="module")
def lines(items: list[Row | Fact]) -> list[tuple[Row, dict[str, str | None]]]:
    return [(item, json.loads(item.line)) for item in items if isinstance(item, Row)]


def seconds(text: str | None) -> int:
    assert text
    assert text.endswith("Z")
    return int(datetime.fromisoformat(text).timestamp())


def test_the_same_twice_is_equal(items):
    assert told() == items


def test_about_one_learner_in_three_subscribes_and_a_sixth_as_many_others(items):
    states = [item.values for item in items if isinstance(item, Fact) and item.table == "subscribers"]
    learners = {values[4] for values in states if values[4] is not None}
    others = {values[0] for values in states if values[4] is None}
    assert len(learners) / sum(1 for _ in stories(CATALOGUE)) == pytest.approx(0.33, abs=0.06)
    assert len(others) == WORLD.learners // people.SUBSCRIBER_SHARE


def test_rows_have_the_columns_of_the_list_within_the_span(lines):
    for row, line in lines:
        assert tuple(line) == HEADERS["newsletter_subscribers"]
        left = line["unsubscribed_at"]
        assert seconds(line["subscribed_at"]) <= (seconds(left) if left else row.at) <= row.at < WORLD.end_at


def test_every_landed_state_is_a_fact(items, lines):
    stated = [item.values[:4] for item in items if isinstance(item, Fact) and item.table == "subscribers"]
    landed = [
        (
            line["email"],
            seconds(line["subscribed_at"]),
            seconds(line["unsubscribed_at"]) if line["unsubscribed_at"] else None,
            line["source"],
        )
        for _, line in lines
    ]
    assert stated == landed


def test_an_old_list_brings_back_the_old_state_of_people_who_have_left(lines):
    by_email = defaultdict(list)
    for row, line in lines:
        by_email[line["email"]].append((row, line))
    again = [(row, line) for row, line in lines if line["source"] == newsletter.REIMPORT]
    assert len(again) > 5
    assert max(row.at for row, _ in again) - min(row.at for row, _ in again) < 3600
    for row, line in again:
        left = [other for _, other in by_email[line["email"]] if other["unsubscribed_at"]]
        assert left
        assert left[0]["subscribed_at"] == line["subscribed_at"]
        assert row.at > seconds(left[0]["unsubscribed_at"])
        assert line["unsubscribed_at"] is None
        assert row.plant
        assert (row.plant.kind, row.plant.fate, row.plant.key) == ("reimported", "superseded", line["email"])
    assert sum(bool(row.plant) for row, _ in lines) == len(again)


def test_some_come_back_of_their_own_will_with_a_later_subscription(lines):
    times = defaultdict(set)
    for _, line in lines:
        times[line["email"]].add(line["subscribed_at"])
    assert sum(len(subscribed) > 1 for subscribed in times.values()) > 3


def test_a_learner_who_withdraws_in_the_ledger_leaves_the_list():
    seen = 0
    for story in stories(CATALOGUE):
        history = newsletter.of_story(story)
        told = [choice for choice in choices(story) if choice.purpose == "newsletter" and not choice.is_again]
        if history and told and not told[-1].is_granted and history[0].at < told[-1].occurred_at:
            seen += 1
            assert any(state.unsubscribed_at for state in history)
    assert seen > 3


def test_others_have_no_account_and_addresses_of_their_own(items):
    accounts = {story.person.email.lower() for story in stories(CATALOGUE)}
    owners = {
        item.values[1]: item.values[2] for item in items if isinstance(item, Fact) and item.table == "identifiers"
    }
    others = {value for value, owner in owners.items() if str(owner).startswith("subscriber/")}
    assert len(others) == WORLD.learners // people.SUBSCRIBER_SHARE
    assert not others & accounts
    assert {value.partition("@")[2] for value in others} & {value.partition("@")[2] for value in accounts}


def test_an_address_written_otherwise_than_in_the_account_is_stated(items, lines):
    known = {story.person.email for story in stories(CATALOGUE)}
    stated = {item.values[1] for item in items if isinstance(item, Fact) and item.table == "identifiers"}
    assert {line["email"] for _, line in lines} <= known | stated


def test_spoilt_rows_name_the_address_they_belong_to():
    plants = [item.plant for item in told(level=30) if isinstance(item, Row) and item.plant]
    assert {"duplicate", "missing_field"} <= {plant.kind for plant in plants}
    assert all("@" in plant.key for plant in plants)
