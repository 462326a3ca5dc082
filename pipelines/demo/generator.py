"""Writes a demo: every story told source by source, put in order of arrival day by day, with its truth beside it.

What the rows say is in `sources`, how they lie in `landing`; here is only the order of work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path

from pipelines.demo.landing import strays
from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.landing.outlet import Outlet, Progress
from pipelines.demo.landing.spool import BEFORE, Spool
from pipelines.demo.rows import Fact, Row
from pipelines.demo.sources import (
    accounts,
    ads,
    attributes,
    browsers,
    consents,
    learning,
    newsletter,
    orders,
    payments,
    pixel,
    requests,
    tickets,
)
from pipelines.demo.sources.traffic import Traffic
from pipelines.demo.truth import Truth
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.span import DAY, DemoSummary, World
from pipelines.demo.world.story import Story, milestones, stories

OfLearner = Callable[[Story, Catalogue, Dirt], Iterator[Row | Fact]]
OfOthers = Callable[[Catalogue, Dirt], Iterator[Row | Fact]]

OF_LEARNERS: tuple[OfLearner, ...] = (
    accounts.of_learner,
    attributes.of_learner,
    newsletter.of_learner,
    browsers.of_learner,
    consents.of_learner,
    orders.of_learner,
    payments.of_learner,
    learning.of_learner,
    pixel.of_learner,
    tickets.of_learner,
    requests.of_learner,
)
# Those who are no learners, and what is nobody's: advertising.
OF_OTHERS: tuple[OfOthers, ...] = (
    newsletter.of_others,
    browsers.of_others,
    consents.of_others,
    pixel.of_others,
    tickets.of_others,
    requests.of_others,
    ads.of_campaigns,
)


def write(landing: Path, world: World, *, truth: Path | None, progress: Progress | None, dirt: float) -> DemoSummary:
    """Write a demo's files under `landing` and its truth under `truth`; see `pipelines.demo.generate`."""
    catalogue, plan = Catalogue(world), Dirt(world, level=dirt)
    with Truth(truth) as facts, Spool(world) as spool:
        outlet = Outlet(landing, plan.layout, facts, progress=progress, is_drifting=dirt > 0)
        _state_world(world, facts, dirt=dirt)
        _write_tables(catalogue, outlet, facts)
        _tell_stories(catalogue, spool, facts, dirt=plan)
        _write_days(catalogue, outlet, spool, facts, dirt=plan)
        outlet.close()
        if dirt > 0:
            strays.leave(world, outlet)
    return DemoSummary(
        files={source: tuple(sorted(paths)) for source, paths in sorted(outlet.files.items())},
        rows=dict(sorted(outlet.rows.items())),
        planted={source: dict(sorted(kinds.items())) for source, kinds in sorted(outlet.planted.items())},
        size_bytes=sum(path.stat().st_size for paths in outlet.files.values() for path in paths),
    )


def _state_world(world: World, facts: Truth, *, dirt: float) -> None:
    start = world.end - timedelta(days=world.days)
    facts.state(Fact("world", (world.seed, world.learners, world.days, start, world.end, dirt)))


def _write_tables(catalogue: Catalogue, outlet: Outlet, facts: Truth) -> None:
    tables = {
        "courses": catalogue.course_rows(),
        "course_modules": catalogue.module_rows(),
        "cohorts": catalogue.cohort_rows(),
    }
    for source, (header, *rows) in tables.items():
        outlet.table(source, header, rows)
    for fact in catalogue.facts():
        facts.state(fact)


def _tell_stories(catalogue: Catalogue, spool: Spool, facts: Truth, *, dirt: Dirt) -> None:
    for story in stories(catalogue):
        for milestone in milestones(story):
            spool.put(milestone)
        for teller in OF_LEARNERS:
            _keep(teller(story, catalogue, dirt), spool, facts)
    for other in OF_OTHERS:
        _keep(other(catalogue, dirt), spool, facts)


def _keep(items: Iterable[Row | Fact], spool: Spool, facts: Truth) -> None:
    for item in items:
        if isinstance(item, Fact):
            facts.state(item)
        else:
            spool.put(item)


def _write_days(catalogue: Catalogue, outlet: Outlet, spool: Spool, facts: Truth, *, dirt: Dirt) -> None:
    world, traffic = catalogue.world, Traffic(catalogue, dirt)
    for day in range(BEFORE, world.days):
        for rows in spool.rows(day):
            outlet.put(rows)
        if day == BEFORE:
            continue
        for items in traffic.day(day, spool.visits(day)):
            outlet.put(item for item in items if isinstance(item, Row))
            for item in items:
                if isinstance(item, Fact):
                    facts.state(item)
        outlet.close(world.start_at + (day + 1) * DAY)
