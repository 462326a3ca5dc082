"""Learning events as they land: rows of the platform, statements of the app, and events that both tell under one id.

How a course goes is in `world.study`; what a statement looks like in `xapi`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Plant, Row
from pipelines.demo.sources import xapi
from pipelines.demo.sources.xapi import App, Said
from pipelines.demo.world import streams
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.courses import module_id
from pipelines.demo.world.span import DAY, local_text
from pipelines.demo.world.story import Enrolment, Story
from pipelines.demo.world.study import Step, steps

APP_SHARE, BOTH_SHARE = 0.25, 0.25  # of the learners of a course that is also taken in the app
ASIDES = 0.12
OFFLINE = 0.08
VOIDED = 0.015

_NATIVE_ONLY = frozenset({"enrolled", "unenrolled", "refunded"})


def of_learner(story: Story, catalogue: Catalogue, dirt: Dirt) -> Iterator[Row | Fact]:
    """Yield a learner's rows and statements, in order of time within each course."""
    end_at = story.world.end_at
    joined = [order for order in story.enrolments if 0 < order.enrolled_at < end_at]
    if not joined:
        return
    spoiling = story.rng("learning/dirt")
    for enrolment in joined:
        teller = _Teller(story, enrolment, dirt, spoiling)
        chance = _rng(story, "study", enrolment)
        for step in steps(enrolment, diligence=story.channel.completion, leaves_at=story.leaves_at, rng=chance):
            if step.at < end_at:
                yield from teller.tell(step)


def told_by(story: Story, enrolment: Enrolment) -> str:
    """Say how the platform hears of what this learner does in a course: native, xapi or both."""
    if not enrolment.course.in_app:
        return "native"
    roll = streams.unit(_key(story.world.seed, "told", 0), story.learner)
    return "xapi" if roll < APP_SHARE else "both" if roll < APP_SHARE + BOTH_SHARE else "native"


@dataclass
class _Landing:
    """What becomes of one event: its rows, those that tell it, and whether one of them will be accepted."""

    rows: list[Row]
    is_accepted: bool


class _Teller:
    """Tells one learner's steps in one course."""

    def __init__(self, story: Story, enrolment: Enrolment, dirt: Dirt, spoiling: random.Random) -> None:
        self._story, self._enrolment, self._dirt, self._spoiling = story, enrolment, dirt, spoiling
        self._rng = _rng(story, "learning", enrolment)
        self._told_by = told_by(story, enrolment)
        self._app = None if self._told_by == "native" else xapi.app_of(story, enrolment)
        self._has_said = False

    def tell(self, step: Step) -> Iterator[Row | Fact]:
        """Yield the rows of a step that land before the end, and the fact, if any does."""
        number = self._enrolment.number
        arrives_at = step.at + self._rng.randrange(91)
        if self._app is None or step.kind in _NATIVE_ONLY:
            event_id = f"ev_{self._story.learner:07d}_{number}_{step.mark}"
            landing = self._native(step, event_id, arrives_at)
            yield from landing.rows
            if landing.rows:
                yield self._fact(step, event_id, "native")
            return
        yield from self._in_app(self._app, step, arrives_at)

    def _in_app(self, app: App, step: Step, arrives_at: int) -> Iterator[Row | Fact]:
        event_id, end_at = xapi.new_id(self._rng), self._story.world.end_at
        landing = _Landing([], is_accepted=False)
        stored_at = step.at + self._delay()
        if self._told_by == "both":
            landing = self._native(step, event_id, arrives_at)
            stored_at = arrives_at + 1 + stored_at - step.at
        said = Said(event_id, step.at, stored_at)
        row = Row("course_progress_xapi", stored_at, xapi.statement(app, said, step, rng=self._rng))
        if landing.is_accepted:
            row = row._replace(plant=Plant("told_twice", "duplicate", key=event_id, occurred_at=step.at * 1000))
        yield from landing.rows
        if stored_at < end_at:
            said_rows = self._landed(row, event_id, step.at)
            yield from said_rows
            if not self._has_said:
                self._has_said = True
                yield Fact("identifiers", ("registration", app.registration, f"learner/{self._story.learner}"))
            yield self._fact(step, event_id, "both" if landing.rows else "xapi")
            yield from self._besides(app, said, step, is_clean=not any(said.plant for said in said_rows))
        elif landing.rows:
            yield self._fact(step, event_id, "native")

    def _besides(self, app: App, said: Said, step: Step, *, is_clean: bool) -> Iterator[Row]:
        """What the app says around a statement: words nobody maps, and that the statement was a mistake."""
        rng, end_at = self._rng, self._story.world.end_at
        is_aside, is_void = rng.random() < ASIDES and step.module >= 0, rng.random() < VOIDED
        if is_aside:
            other = Said(xapi.new_id(rng), step.at - rng.randint(20, 280), said.stored_at)
            plant = Plant("unknown_verb", "accepted", "verb.id", other.statement_id, occurred_at=other.at * 1000)
            line = xapi.aside(app, other, step.module, rng=rng)
            yield Row("course_progress_xapi", other.stored_at, line, plant)
        if is_void:
            at = said.stored_at + rng.randint(60, 2 * DAY)
            other = Said(xapi.new_id(rng), at, at + rng.randint(1, 30))
            if is_clean and self._told_by == "xapi" and other.stored_at < end_at:
                plant = Plant("voids", "accepted", "object.id", said.statement_id, occurred_at=at * 1000)
                line = xapi.voiding(app, other, voided=said.statement_id)
                yield Row("course_progress_xapi", other.stored_at, line, plant)

    def _native(self, step: Step, event_id: str, arrives_at: int) -> _Landing:
        if arrives_at >= self._story.world.end_at:
            return _Landing([], is_accepted=False)
        plain = Row("course_progress", arrives_at, self._line(step, event_id))
        rows = self._landed(plain, event_id, step.at)
        if self._told_by == "both" and rows[0].plant and rows[0].plant.kind == "late":
            rows = [plain]  # else nobody could say which of the two is the second
        return _Landing(rows, is_accepted=any(row.plant is None or row.plant.fate == "accepted" for row in rows))

    def _landed(self, row: Row, event_id: str, at: int) -> list[Row]:
        email = self._story.person.email
        return list(self._dirt.landed(row, key=event_id, rng=self._spoiling, occurred_at=at * 1000, email=email))

    def _delay(self) -> int:
        """How long a statement takes to the store: seconds, or until the phone is online again."""
        rng = self._rng
        return rng.randint(600, 20 * 3600) if rng.random() < OFFLINE else rng.randint(1, 40)

    def _line(self, step: Step, event_id: str) -> str:
        course, cohort = self._enrolment.course, self._enrolment.cohort.name
        members = f'"event_id":"{event_id}","user_id":"{self._story.person.user_id}","course_id":"{course.course_id}"'
        if cohort:
            members += f',"cohort":"{cohort}"'
        if step.enrolment_id:
            members += f',"enrolment_id":"{step.enrolment_id}"'
        if step.module >= 0:
            members += f',"module_id":"{module_id(course, step.module)}"'
        members += f',"event_type":"{step.kind}","occurred_at":"{local_text(step.at)}+07:00"'
        if step.percent is not None:
            members += f',"progress_percent":{step.percent}'
        if step.score is not None:
            members += f',"score":{step.score},"max_score":{course.max_score},"attempt":{step.attempt}'
        return f"{{{members}}}"

    def _fact(self, step: Step, event_id: str, told_by: str) -> Fact:
        """What happened; a statement has no words for progress and attempts, so nothing is known of them there."""
        course, is_native = self._enrolment.course, told_by != "xapi"
        values = (
            event_id,
            self._story.person.user_id,
            course.course_id,
            self._enrolment.cohort.name or None,
            step.enrolment_id or None,
            module_id(course, step.module) if step.module >= 0 else None,
            step.kind,
            step.at,
            step.percent if is_native else None,
            step.score,
            float(course.max_score) if step.score is not None else None,
            step.attempt if is_native else None,
            told_by,
        )
        return Fact("learning_events", values)


@lru_cache(maxsize=64)
def _key(seed: int, purpose: str, number: int) -> int:
    return streams.key(seed, purpose, number)


def _rng(story: Story, purpose: str, enrolment: Enrolment) -> random.Random:
    return streams.rng(_key(story.world.seed, purpose, enrolment.number), story.learner)
