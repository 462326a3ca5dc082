from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Row
from pipelines.demo.sources import tickets
from pipelines.demo.truth import TABLES
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.span import World
from pipelines.demo.world.story import Story, stories


@dataclass
class Desk:
    """Everything a small demo's support desk received, without dirt."""

    catalogue: Catalogue
    stories: list[Story]
    items: list[Row | Fact] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.catalogue.world

    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(item.line) for item in self.items if isinstance(item, Row)]

    def facts(self, table: str) -> list[dict[str, Any]]:
        found = [item.values for item in self.items if isinstance(item, Fact) and item.table == table]
        return [dict(zip(TABLES[table], values, strict=True)) for values in found]

    def spans(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        """Spans by message and member, in order."""
        found = defaultdict(list)
        for span in self.facts("ticket_spans"):
            found[span["message_id"], span["member"]].append(span)
        return found

    def threads(self) -> list[list[dict[str, Any]]]:
        found = defaultdict(list)
        for row in self.rows():
            found[row["ticket_id"]].append(row)
        return list(found.values())


def told(catalogue: Catalogue, told_stories: list[Story], *, level: float = 0) -> list[Row | Fact]:
    dirt = Dirt(catalogue.world, level=level)
    items = [item for story in told_stories for item in tickets.of_learner(story, catalogue, dirt)]
    return items + list(tickets.of_others(catalogue, dirt))


@pytest.fixture(scope="session")
def desk() -> Desk:
    catalogue = Catalogue(World(learners=3000, days=180, seed=3, end=date(2026, 6, 30)))
    told_stories = list(stories(catalogue))
    return Desk(catalogue, told_stories, told(catalogue, told_stories))
