from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.span import JAKARTA_OFFSET, World, local_date
from pipelines.demo.world.story import Story, milestones, stories

WORLD = World(learners=3000, days=120, seed=3, end=date(2026, 6, 30))


@pytest.fixture(scope="module")
def told() -> list[Story]:
    return list(stories(Catalogue(WORLD)))


def test_the_same_number_has_the_same_story(told: list[Story]) -> None:
    assert list(stories(Catalogue(WORLD)))[:50] == told[:50]


def test_an_order_follows_the_registration_and_the_enrolment_the_payment(told: list[Story]) -> None:
    for story in told:
        for order in story.enrolments:
            assert order.ordered_at > story.registered_at
            if order.outcome in ("paid", "refunded"):
                assert order.ordered_at < order.paid_at < order.enrolled_at
                assert (order.refunded_at > order.enrolled_at) == (order.outcome == "refunded")
            else:
                assert order.paid_at == order.enrolled_at == order.refunded_at == 0
            assert 0 <= order.discount_idr < order.amount_idr


def test_some_never_order_and_some_never_pay(told: list[Story]) -> None:
    outcomes = Counter(order.outcome for story in told for order in story.enrolments)
    assert outcomes.keys() == {"paid", "refunded", "denied", "expired", "pending"}
    assert 0.7 < outcomes["paid"] / outcomes.total() < 0.9
    assert 0.03 < sum(not story.enrolments for story in told) / len(told) < 0.12


def test_nobody_orders_one_course_twice_at_once(told: list[Story]) -> None:
    for story in told:
        courses = [order.cohort.course for order in story.enrolments]
        assert len(courses) == len(set(courses))


def test_children_are_children_when_they_register_and_everybody_else_is_not(told: list[Story]) -> None:
    ages = [(local_date(story.registered_at) - story.person.born_on).days / 365.25 for story in told]
    children = [story.minority is not None for story in told]
    assert 0.008 < sum(children) / len(told) < 0.025
    assert all((age < 18) == is_child for age, is_child in zip(ages, children, strict=True))
    ways = Counter(story.minority.told_by for story in told if story.minority)
    assert ways.keys() == {"account", "account_later", "ticket", "nik"}
    for story in told:
        if story.minority and story.minority.told_by in ("ticket", "nik"):
            assert story.person.birth_date == ""


def test_nobody_is_a_child_unnoticed_in_a_demo_that_reaches_far_back() -> None:
    for story in stories(Catalogue(World(learners=500, days=3000, seed=3, end=date(2026, 6, 30)))):
        age = (local_date(story.registered_at) - story.person.born_on).days / 365.25
        assert (age < 18) == (story.minority is not None)
        assert story.person.born_on.isoformat().startswith(story.person.birth_date)


def test_a_story_demands_its_registration_and_a_checkout_for_every_order(told: list[Story]) -> None:
    for story in told[:300]:
        visits = list(milestones(story))
        assert [visit.kind for visit in visits] == ["registration"] + ["checkout"] * len(story.enrolments)
        assert all(
            order.paid_at > 0 for order, visit in zip(story.enrolments, visits[1:], strict=True) if visit.is_paid
        )


def test_people_order_when_they_are_awake(told: list[Story]) -> None:
    hours = Counter(
        (order.enrolled_at + JAKARTA_OFFSET) // 3600 % 24 for s in told for order in s.enrolments if order.enrolled_at
    )
    assert sum(hours[h] for h in (1, 2, 3, 4)) < 0.15 * sum(hours[h] for h in (17, 18, 19, 20, 21))
