from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime

import pytest

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.landing.layout import HEADERS
from pipelines.demo.rows import Fact, Row
from pipelines.demo.sources import attributes
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.span import World, local_date
from pipelines.demo.world.story import stories

CATALOGUE = Catalogue(World(learners=900, days=90, seed=3, end=date(2026, 6, 30)))
WORLD = CATALOGUE.world


def told(*, level: float = 0) -> list[Row | Fact]:
    dirt = Dirt(WORLD, level=level)
    return [item for story in stories(CATALOGUE) for item in attributes.of_learner(story, CATALOGUE, dirt)]


@pytest.fixture(scope="module")
def items() -> list[Row | Fact]:
    return told()


@pytest.fixture(scope="module")
def lines(items: list[Row | Fact]) -> list[tuple[Row, dict[str, str | None]]]:
    return [(item, json.loads(item.line)) for item in items if isinstance(item, Row)]


def test_the_same_twice_is_equal(items):
    assert told() == items


def test_about_one_in_three_tells_something_and_some_tell_it_anew(lines):
    rows = Counter(line["user_id"] for _, line in lines)
    assert len(rows) / sum(1 for _ in stories(CATALOGUE)) == pytest.approx(0.33, abs=0.06)
    assert 0.03 < sum(number > 1 for number in rows.values()) / len(rows) < 0.25


def test_rows_have_the_columns_of_the_export_within_the_span(lines):
    for row, line in lines:
        assert tuple(line) == HEADERS["learner_attributes"]
        own = int(datetime.fromisoformat(str(line["updated_at"])).timestamp())
        assert own <= row.at < WORLD.end_at


def test_every_landed_row_is_a_fact(items, lines):
    stated = [item.values for item in items if isinstance(item, Fact)]
    landed = [(*list(line.values())[:-1],) for _, line in lines]
    assert [values[:-1] for values in stated] == landed
    assert all(item.table == "attributes" for item in items if isinstance(item, Fact))


def test_the_age_band_is_so_on_the_day_and_children_tell_none(lines):
    people = {story.person.user_id: story for story in stories(CATALOGUE)}
    for row, line in lines:
        story, band = people[str(line["user_id"])], line["age_band"]
        if story.minority:
            assert band is None
        elif band:
            low, high = (55, 200) if band == "55+" else map(int, band.split("-"))
            years = (local_date(row.at) - story.person.born_on).days / 365.25
            assert low - 0.6 <= years <= high + 1.1


def test_few_tell_of_a_disability(lines):
    kinds = Counter(line["disability"] for _, line in lines)
    named = sum(number for kind, number in kinds.items() if kind not in (None, "none"))
    assert 0 < named / len(lines) < 0.10
    assert kinds["none"] > named


def test_spoilt_rows_name_the_learner_they_belong_to():
    plants = [item.plant for item in told(level=30) if isinstance(item, Row) and item.plant]
    assert plants
    assert all(plant.key.startswith("usr_") for plant in plants)
