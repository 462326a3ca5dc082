from __future__ import annotations

import random
from dataclasses import replace

import pytest

from pipelines.demo.sources.tickets import who
from pipelines.demo.sources.tickets.case import Case, details, young
from pipelines.demo.sources.tickets.manner import PLAIN
from pipelines.demo.sources.tickets.moment import Moment
from pipelines.demo.sources.tickets.phrases import scenarios
from pipelines.demo.sources.tickets.slots import SLOTS
from pipelines.demo.sources.tickets.surroundings import PLAIN_SLOTS


@pytest.fixture
def child_case(desk) -> Case:
    """A ticket of a child who will tell their age in a ticket."""
    story = next(s for s in desk.stories if s.minority and s.minority.told_by == "ticket")
    rng = random.Random(1)
    return Case(
        catalogue=desk.catalogue,
        scenario=scenarios()["age.told"],
        opened_at=story.minority.told_at,
        register="formal",
        channel="email",
        manner=PLAIN,
        writer=who.learner(desk.world, story.learner)._replace(person=story.person),
        details=details(rng),
        rng=rng,
        story=story,
    )


def test_a_child_says_nothing_of_their_age_before_they_tell(child_case):
    early = replace(child_case, opened_at=child_case.opened_at - 60)
    moment = Moment(early.opened_at, "formal", is_agent=False, rng=random.Random(2))
    for slot in ("age", "birth", "nik", "adult_age"):
        assert SLOTS[slot](early, moment) is None


def test_a_child_tells_by_the_way_of_the_story_alone(child_case):
    telling = replace(child_case, is_telling=True)
    assert telling.may_tell("ticket")
    assert not telling.may_tell("nik")


def test_afterwards_nothing_need_be_hidden(child_case):
    late = replace(child_case, opened_at=child_case.opened_at + 60)
    assert late.may_tell("ticket")
    assert late.may_tell("nik")


def test_what_is_made_up_can_be_nobodys(desk):
    for number in range(200):
        made_up = details(random.Random(number))
        assert "0000" in made_up.account
        assert "0000" in made_up.npwp
        assert len(made_up.npwp) == 15


def test_a_companion_as_a_child_is_under_seventeen(desk):
    at = desk.world.end_at
    for number in range(50):
        party = young(who.stranger(desk.world, number), at=at, rng=random.Random(number))
        assert at - (party.person.born_on.toordinal() - 719_163) * 86_400 < 17.1 * 365.25 * 86_400
        assert party.person.nik[6:12] != who.stranger(desk.world, number).person.nik[6:12]


def test_no_two_writers_bring_along_the_same_people(desk):
    writers = [f"learner/{n}" for n in range(desk.world.learners)] + [
        f"stranger/{n}" for n in range(who.writers(desk.world))
    ]
    owners = [who.companion(desk.world, writer, n).owner for writer in writers[-500:] + writers[:500] for n in range(3)]
    assert len(owners) == len(set(owners))
    assert not {f"stranger/{n}" for n in range(who.writers(desk.world))} & set(owners)


def test_a_child_has_no_degree_yet(desk):
    party = who.learner(desk.world, 1)
    graduate = party._replace(person=replace(party.person, name="Citra Setyowati, S.Ds."))
    assert young(graduate, at=desk.world.start_at, rng=random.Random(1)).person.name == "Citra Setyowati"


def test_a_browser_is_one_that_the_device_has():
    for number in range(300):
        drawn = details(random.Random(number))
        if drawn.browser == "Safari":
            assert drawn.device.split()[0] in ("iPhone", "iPad", "MacBook")
        if drawn.browser == "Samsung Internet":
            assert "Samsung" in drawn.device


def test_nobody_young_is_called_sir_or_madam(child_case):
    assert child_case.title == "Kak"
    moment = Moment(child_case.opened_at, "formal", is_agent=True, rng=random.Random(2))
    assert PLAIN_SLOTS["title"](child_case, moment) is None


def test_an_agent_calls_somebody_by_their_first_name_until_told_another(child_case):
    person = replace(child_case.writer.person, name="Muhammad Hafiz Syahputra", nickname="Apis")
    case = replace(child_case, writer=child_case.writer._replace(person=person))
    moment = Moment(case.opened_at, "formal", is_agent=True, rng=random.Random(2))
    assert SLOTS["nick"](case, moment)[0].text == "Hafiz"
    case.said.add("nick")
    assert SLOTS["nick"](case, moment)[0].text == "Apis"
