from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Milestone, Row
from pipelines.demo.sources import browsers
from pipelines.demo.sources.traffic import Traffic
from pipelines.demo.truth import TABLES
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.span import DAY, World
from pipelines.demo.world.story import milestones, stories


@dataclass
class Website:
    """All that a small demo's website sent, and what the truth says of it."""

    catalogue: Catalogue
    milestones: list[Milestone] = field(default_factory=list)
    slices: list[list[Row]] = field(default_factory=list)
    facts: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    @property
    def world(self) -> World:
        return self.catalogue.world

    def rows(self, source: str) -> list[Row]:
        return [row for rows in self.slices for row in rows if row.source == source]

    def calls(self) -> list[dict[str, Any]]:
        """Calls by their own time."""
        return sorted(
            (json.loads(row.line) for row in self.rows("web_events")), key=lambda call: str(call["timestamp"])
        )


def website(*, learners: int, days: int, dirt: float) -> Website:
    site = Website(Catalogue(World(learners=learners, days=days, seed=3, end=date(2026, 6, 30))))
    catalogue, plan = site.catalogue, Dirt(site.world, level=dirt)
    by_day: defaultdict[int, list[Milestone]] = defaultdict(list)
    for story in stories(catalogue):
        for item in browsers.of_learner(story, catalogue, plan):
            _add(site, item)
        for milestone in milestones(story):
            if site.world.start_at <= milestone.at < site.world.end_at:
                by_day[(milestone.at - site.world.start_at) // DAY].append(milestone)
    for item in browsers.of_others(catalogue, plan):
        _add(site, item)
    traffic = Traffic(catalogue, plan)
    for day in range(days):
        due = sorted(by_day[day], key=lambda milestone: milestone.at)
        site.milestones += due
        for items in traffic.day(day, due):
            site.slices.append([item for item in items if isinstance(item, Row)])
            for item in items:
                _add(site, item)
    return site


def _add(site: Website, item: Row | Fact) -> None:
    if isinstance(item, Fact):
        columns = TABLES[item.table]
        assert len(columns) == len(item.values), item.table
        site.facts[item.table].append(dict(zip(columns, item.values, strict=True)))


@pytest.fixture(scope="session")
def clean_website() -> Website:
    return website(learners=300, days=90, dirt=0)


@pytest.fixture(scope="session")
def spoilt_website() -> Website:
    return website(learners=300, days=40, dirt=6)


@pytest.fixture(scope="session")
def build_website() -> Callable[..., Website]:
    return website
