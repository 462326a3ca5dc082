from __future__ import annotations

from datetime import date

import pytest

from pipelines.demo.world.catalogue import COURSES, SMALL_COHORTS, Catalogue, module_id
from pipelines.demo.world.span import World

END = date(2026, 11, 22)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(World(learners=2000, days=365, seed=7, end=END))


def test_the_hard_module_is_required_assessed_and_neither_first_nor_last() -> None:
    for course in COURSES:
        assert course.hard not in course.optional
        assert course.is_assessed(course.hard)
        assert 0 < course.hard < len(course.modules) - 1


def test_every_course_ends_with_an_assessment() -> None:
    assert all(course.is_assessed(len(course.modules) - 1) for course in COURSES)


def test_courses_differ_in_how_hard_they_are() -> None:
    assert len({course.level for course in COURSES}) == len(COURSES)
    assert all(0.5 < course.level < 0.9 and 0.5 < course.pass_mark < 0.8 for course in COURSES)


def test_tables_and_facts_say_the_same(catalogue: Catalogue) -> None:
    facts = list(catalogue.facts())
    modules = {(row[0], row[1], int(row[3]), row[4] == "true") for row in catalogue.module_rows()[1:]}
    assert {fact.values for fact in facts if fact.table == "course_modules"} == modules
    assert len([fact for fact in facts if fact.table == "cohorts"]) == len(catalogue.cohort_rows()) - 1
    assert {fact.values[0] for fact in facts if fact.table == "courses"} == {
        row[0] for row in catalogue.course_rows()[1:]
    }


def test_module_ids_are_unique() -> None:
    ids = [module_id(course, number) for course in COURSES for number in range(len(course.modules))]
    assert len(set(ids)) == len(ids)


def test_a_good_half_of_the_windows_have_closed(catalogue: Catalogue) -> None:
    cohorts = [cohort for cohort in catalogue.cohorts if cohort.name]
    closed = sum(cohort.closes_at < catalogue.world.end_at for cohort in cohorts) / len(cohorts)
    assert 0.5 < closed < 0.85


def test_some_cohorts_are_small_whatever_the_demo_s_size(catalogue: Catalogue) -> None:
    runs: dict[int, list[float]] = {}
    for cohort in catalogue.cohorts:
        runs.setdefault(cohort.course, []).append(cohort.weight)
    for (course, run), share in SMALL_COHORTS.items():
        assert runs[course][run] < 2 * share * max(runs[course])
    assert min(SMALL_COHORTS.values()) <= 0.01


def test_cohorts_begin_within_the_span(catalogue: Catalogue) -> None:
    world = catalogue.world
    assert all(world.start_at <= cohort.starts_at < world.end_at for cohort in catalogue.cohorts)
    assert catalogue.chances[-1] == 1.0
