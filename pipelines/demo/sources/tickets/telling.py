"""Which learners write and which people without an account do; each ticket's circumstances are drawn here.

How a ticket is written is in `dialogue`, how it lands in `landing`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import lru_cache

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Row
from pipelines.demo.sources.tickets import occasions, who
from pipelines.demo.sources.tickets.case import Case, details, young
from pipelines.demo.sources.tickets.landing import ticket, told_of
from pipelines.demo.sources.tickets.manner import manner
from pipelines.demo.sources.tickets.phrases import scenarios
from pipelines.demo.sources.tickets.who import Party
from pipelines.demo.world import streams
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.span import DAY
from pipelines.demo.world.story import Story

WRITERS = 0.125
AGAIN = 0.18
PARENTS = 0.15
_MAILED = {"email": 1.0, "form": 1.0, "chat": 0.55, "whatsapp": 0.12}
_STRANGERS = {
    "question.course": 40, "parent.asks": 9, "group.company": 12, "unsubscribe.list": 20, "mistaken.person": 9,
    "offer.partner": 10, "suggestion.wish": 5,
}  # fmt: skip


@lru_cache(maxsize=16)
def _key(seed: int, name: str) -> int:
    return streams.key(seed, "tickets", name)


def of_learner(story: Story, catalogue: Catalogue, dirt: Dirt) -> Iterator[Row | Fact]:
    """Yield the tickets of one learner in eight, those by which a child is found, and those of a child's parent."""
    is_telling = story.minority is not None and story.minority.told_by in ("ticket", "nik")
    is_writing = streams.unit(_key(story.world.seed, "writes"), story.learner) < WRITERS
    if not (is_telling or is_writing or story.minority):
        return
    rng, number, stated = story.rng("tickets"), 0, set[tuple[str, str, str]]()
    if story.minority:
        for case in _about_child(story, catalogue, rng=rng):
            yield from ticket(case, number, stated=stated, dirt=dirt)
            number += 1
    after = 0
    for _ in range((1 + (rng.random() < AGAIN)) * is_writing):
        reason = occasions.occasion(story, after=after, rng=rng)
        if reason is None:
            return
        at = occasions.instant(reason.first, reason.last, rng=rng)
        case = _case(catalogue, reason.scenario, at, who.learner(story.world, story.learner), rng=rng)
        case.writer = case.writer._replace(person=story.person)
        case.story, case.enrolment, case.reached = story, reason.enrolment, reason.reached
        if reason.scenario == "payment.unseen" and reason.enrolment:
            case.settled_at = reason.enrolment.paid_at
        case.email = _address(case)
        yield from ticket(case, number, stated=stated, dirt=dirt)
        number, after = number + 1, at + 5 * DAY


def of_others(catalogue: Catalogue, dirt: Dirt) -> Iterator[Row | Fact]:
    """Yield the tickets of people without an account, one each."""
    world = catalogue.world
    for number in range(who.writers(world)):
        case = of_stranger(catalogue, number)
        yield from ticket(case, 0, stated=set(), dirt=dirt)


def of_stranger(catalogue: Catalogue, number: int) -> Case:
    """Return the circumstances in which somebody without an account writes."""
    world = catalogue.world
    rng = streams.rng(_key(world.seed, "stranger"), number)
    scenario = rng.choices(list(_STRANGERS), weights=list(_STRANGERS.values()))[0]
    at = occasions.instant(world.start_at, world.end_at - 3600, rng=rng)
    case = _case(catalogue, scenario, at, who.stranger(world, number), rng=rng)
    if scenario == "parent.asks":
        case.child = young(who.companion(world, case.writer.owner, 0), at=at, rng=rng)
    case.email = _address(case)
    return case


def mentioned(catalogue: Catalogue, number: int) -> tuple[str, list[str]]:
    """Return the id of a stranger's ticket, and the owners of what it tells of other people without an account."""
    case = of_stranger(catalogue, number)
    ticket_id, spans = told_of(case, 0)
    others = dict.fromkeys(span.owner for span in spans if span.owner.startswith("stranger/"))
    return ticket_id, [owner for owner in others if owner != case.writer.owner]


def _case(catalogue: Catalogue, scenario: str, at: int, writer: Party, *, rng: random.Random) -> Case:
    register = occasions.register(rng=rng)
    return Case(
        catalogue=catalogue,
        scenario=scenarios()[scenario],
        opened_at=at,
        register=register,
        channel=occasions.channel(register, rng=rng),
        manner=manner(register, rng=rng),
        writer=writer,
        details=details(rng),
        rng=rng,
    )


def _address(case: Case) -> str:
    """The address that the ticket system knows; some learners write from their second one."""
    if case.rng.random() >= _MAILED[case.channel]:
        return ""
    person = case.writer.person
    return person.second_email if case.story and person.second_email and case.rng.random() < 0.4 else person.email


def _about_child(story: Story, catalogue: Catalogue, *, rng: random.Random) -> Iterator[Case]:
    """The ticket by which the platform learns of a child, where one does; later perhaps one of a parent."""
    minority, world = story.minority, story.world
    if minority is None or minority.told_at >= world.end_at - 60:
        return
    if minority.told_by in ("ticket", "nik"):
        scenario = "age.told" if minority.told_by == "ticket" else "identity.nik"
        writer = Party(f"learner/{story.learner}", story.person)
        case = _case(catalogue, scenario, minority.told_at, writer, rng=rng)
        case.story, case.is_telling = story, True
        case.email = _address(case)
        yield case
    at = minority.told_at + rng.randint(DAY, 40 * DAY)
    if rng.random() < PARENTS and world.start_at <= at < world.end_at - 60:
        case = _case(catalogue, "parent.child", at, who.companion(world, f"learner/{story.learner}", 0), rng=rng)
        case.child = Party(f"learner/{story.learner}", story.person)
        case.email = _address(case)
        yield case
