"""What is taught through the span of a demo: the cohorts of each course, and the catalogue's tables.

The courses themselves are in `courses`; who enrols and how it goes does not belong here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipelines.demo.rows import Fact
from pipelines.demo.world import streams
from pipelines.demo.world.courses import COURSES, Course, module_id
from pipelines.demo.world.span import DAY, World, local_text

__all__ = ["COURSES", "SMALL_COHORTS", "Catalogue", "Cohort", "Course", "module_id"]

# (course, cohort): so small a share of the usual size that, whatever the demo's size, some are too few to be published.
SMALL_COHORTS = {(1, 2): 0.1, (2, 1): 0.03, (4, 3): 0.1, (5, 0): 0.01, (6, 5): 0.05}


@dataclass(frozen=True)
class Cohort:
    """A run of a course; for the course without cohorts, a month in which people begin (`name` is empty)."""

    course: int
    name: str
    starts_at: int
    ends_at: int
    observation_days: int
    weight: float
    completion: float

    @property
    def closes_at(self) -> int:
        """The instant after which completions no longer count."""
        return self.ends_at + self.observation_days * DAY


@dataclass(frozen=True)
class Catalogue:
    """The courses and, computed from the span, their cohorts."""

    world: World

    @cached_property
    def cohorts(self) -> tuple[Cohort, ...]:
        """Every cohort (and month of the course without), in order of course and start."""
        return tuple(cohort for number in range(len(COURSES)) for cohort in self._of(number))

    @cached_property
    def chances(self) -> streams.Units:
        """Cumulative shares of first enrolments, by cohort."""
        weights = np.cumsum([cohort.weight for cohort in self.cohorts])
        return np.asarray(weights / weights[-1], dtype=np.float64)

    def _of(self, number: int) -> list[Cohort]:
        course, world = COURSES[number], self.world
        runs = max(2, round(world.days / (60 if course.has_cohorts else 30)))
        spacing = max(0.0, world.days - 12 - 4 * number) / runs
        first_day = min(5, world.days // 10) + 4 * number
        # The last one begins in the demo's last days: a school does not stop because somebody looks at it.
        return [self._run(number, run, first_day=first_day + run * spacing) for run in range(runs + 1)]

    def _run(self, number: int, run: int, *, first_day: float) -> Cohort:
        course, world = COURSES[number], self.world
        rng = streams.rng(streams.key(world.seed, "cohort", number), run)
        starts_at = world.start_at + min(int(first_day), world.days - 1) * DAY + 9 * 3600
        length_days = max(5, int(min(world.days, 365) * rng.uniform(0.20, 0.30)))
        small = SMALL_COHORTS.get((number, run), 1.0)
        return Cohort(
            course=number,
            name=f"angkatan-{run + 1:02d}" if course.has_cohorts else "",
            starts_at=starts_at,
            ends_at=starts_at + length_days * DAY,
            observation_days=30 if world.days >= 180 else max(3, world.days // 6),
            weight=course.popularity * small * rng.uniform(0.85, 1.15) * (1.0 if course.has_cohorts else 0.5),
            completion=min(0.85, course.completion * rng.uniform(0.85, 1.15)),
        )

    def course_rows(self) -> list[tuple[str, ...]]:
        """Header and rows of `courses`."""
        header: tuple[str, ...] = ("course_id", "title", "category", "price_idr", "published_at")
        published = [self.world.start_at - (40 + 9 * number) * DAY + 10 * 3600 for number in range(len(COURSES))]
        return [header] + [
            (course.course_id, course.title, course.category, str(course.price_idr), local_text(at) + "+07:00")
            for course, at in zip(COURSES, published, strict=True)
        ]

    def module_rows(self) -> list[tuple[str, ...]]:
        """Header and rows of `course_modules`."""
        header: tuple[str, ...] = ("course_id", "module_id", "title", "position", "required")
        return [header] + [
            (c.course_id, module_id(c, n), title, str(n + 1), "false" if n in c.optional else "true")
            for c in COURSES
            for n, title in enumerate(c.modules)
        ]

    def cohort_rows(self) -> list[tuple[str, ...]]:
        """Header and rows of `cohorts`."""
        header: tuple[str, ...] = ("course_id", "cohort", "starts_at", "ends_at", "observation_days")
        return [header] + [
            (
                COURSES[c.course].course_id,
                c.name,
                local_text(c.starts_at) + "+07:00",
                local_text(c.ends_at) + "+07:00",
                str(c.observation_days),
            )
            for c in self.cohorts
            if c.name
        ]

    def facts(self) -> Iterator[Fact]:
        """Yield what the truth says of courses, modules and cohorts."""
        for course in COURSES:
            yield Fact("courses", (course.course_id, course.category, course.price_idr, course.has_cohorts))
            for number in range(len(course.modules)):
                facts = (course.course_id, module_id(course, number), number + 1, number not in course.optional)
                yield Fact("course_modules", facts)
        for c in self.cohorts:
            if c.name:
                run = (COURSES[c.course].course_id, c.name, c.starts_at, c.ends_at, c.observation_days)
                yield Fact("cohorts", run)
