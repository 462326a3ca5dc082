from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.landing.layout import HEADERS
from pipelines.demo.rows import Fact, Row
from pipelines.demo.sources import orders
from pipelines.demo.truth import TABLES
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.span import DAY, JAKARTA_OFFSET, World, local_date
from pipelines.demo.world.story import Story, stories

COLUMNS = tuple(TABLES["orders"])
FINAL = {"paid", "refunded", "denied", "expired"}


@pytest.fixture(scope="module")
def told_stories() -> list[Story]:
    return list(stories(Catalogue(World(learners=2500, days=180, seed=3, end=date(2026, 6, 30)))))


def everything(told_stories: list[Story], *, level: float) -> list[Row | Fact]:
    catalogue = Catalogue(told_stories[0].world)
    dirt = Dirt(catalogue.world, level=level)
    return [item for story in told_stories for item in orders.of_learner(story, catalogue, dirt)]


def facts_of(items: list[Row | Fact]) -> dict[str, dict[str, Any]]:
    found = [item.values for item in items if isinstance(item, Fact) and item.table == "orders"]
    return {str(values[0]): dict(zip(COLUMNS, values, strict=True)) for values in found}


@pytest.fixture(scope="module")
def clean(told_stories: list[Story]) -> list[Row | Fact]:
    return everything(told_stories, level=0)


def test_the_last_row_of_an_order_is_its_outcome(clean: list[Row | Fact]) -> None:
    last: dict[str, dict[str, Any]] = {}
    for row in sorted((item for item in clean if isinstance(item, Row)), key=lambda row: row.at):
        document = json.loads(row.line)
        assert set(document) == set(HEADERS["orders"])
        last[document["order_id"]] = document
    facts = facts_of(clean)
    assert last.keys() == facts.keys()
    for order_id, fact in facts.items():
        assert last[order_id]["status"] == fact["outcome"]
        assert last[order_id]["user_id"] == fact["user_id"]
        assert last[order_id]["amount_idr"] == fact["amount_idr"]
    assert {fact["outcome"] for fact in facts.values()} == FINAL | {"pending"}


def test_nothing_after_the_end_is_known(clean: list[Row | Fact], told_stories: list[Story]) -> None:
    end_at = told_stories[0].world.end_at
    assert all(item.at < end_at for item in clean if isinstance(item, Row))
    for fact in facts_of(clean).values():
        assert fact["created_at"] < end_at
        for name in ("paid_at", "refunded_at"):
            assert fact[name] is None or fact["created_at"] < fact[name] < end_at
        assert (fact["paid_at"] is not None) == (fact["outcome"] in ("paid", "refunded"))
        assert (fact["refunded_at"] is not None) == (fact["outcome"] == "refunded")


def test_an_order_that_is_paid_after_the_end_is_pending(told_stories: list[Story]) -> None:
    checked = 0
    for story in told_stories:
        for order in story.enrolments[:1]:
            midnight = (order.ordered_at + JAKARTA_OFFSET) // DAY * DAY - JAKARTA_OFFSET + DAY
            if not order.ordered_at < midnight <= order.paid_at:
                continue
            world = replace(story.world, end=local_date(midnight))
            cut = facts_of(everything([replace(story, world=world)], level=0))
            assert cut[order.order_id]["outcome"] == "pending"
            assert cut[order.order_id]["paid_at"] is None
            checked += 1
    assert checked > 20


def test_most_orders_are_seen_before_they_are_decided(clean: list[Row | Fact]) -> None:
    states = defaultdict(list)
    for item in clean:
        if isinstance(item, Row):
            document = json.loads(item.line)
            states[document["order_id"]].append(document["status"])
    decided = [found for found in states.values() if found[-1] in FINAL]
    assert 0.5 < sum(found[0] == "pending" for found in decided) / len(decided) < 0.95


def test_orders_have_one_identifier_each(clean: list[Row | Fact]) -> None:
    stated = [item.values[1] for item in clean if isinstance(item, Fact) and item.table == "identifiers"]
    assert Counter(stated) == Counter(facts_of(clean).keys())


def test_no_order_falls_back_into_an_older_state(told_stories: list[Story]) -> None:
    items = everything(told_stories, level=20)
    order = ("pending", "paid", "refunded", "denied", "expired")
    seen: dict[str, str] = {}
    late = 0
    for row in sorted((item for item in items if isinstance(item, Row)), key=lambda row: row.at):
        late += row.plant is not None and row.plant.kind == "late"
        if row.plant and row.plant.fate not in ("accepted", "duplicate"):
            continue
        document = json.loads(row.line)
        before = seen.get(document["order_id"], "pending")
        assert order.index(before) <= order.index(document["status"])
        seen[document["order_id"]] = document["status"]
    assert late > 20


def test_spoiling_rows_changes_no_order(told_stories: list[Story], clean: list[Row | Fact]) -> None:
    assert facts_of(everything(told_stories, level=5)) == facts_of(clean)
    assert everything(told_stories[:200], level=2) == everything(told_stories[:200], level=2)
