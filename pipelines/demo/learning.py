"""Learning events: every learner's enrolments, modules, assessments, completions, withdrawals, as JSON lines by month.

Which cohort a learner joins first is in `population`; the courses are in `catalogue`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.demo import people, streams
from pipelines.demo.catalogue import COURSES, Catalogue, Cohort, Course, module_id
from pipelines.demo.dirt import TEXT_ONLY, Dirt
from pipelines.demo.world import DAY, World, local_text

NEVER_ENROLLED = 0.05
_MORE_COURSES = (0, 0, 0, 0, 0, 1, 1, 1, 2)

Events = list[tuple[int, str]]


@dataclass(frozen=True)
class Enrolment:
    """One learner in one cohort from one instant on."""

    user_id: str
    enrolment_id: str
    cohort: Cohort
    enrolled_at: int

    @property
    def course(self) -> Course:
        """The course."""
        return COURSES[self.cohort.course]


def lines(
    catalogue: Catalogue, learner: int, *, cohort: int, enrolled_at: int, typed_month: str, dirt: Dirt
) -> Iterator[tuple[str, str]]:
    """Yield (month, line) of a learner's events until the end of the demo; rows of `typed_month` suit a typed file."""
    world = catalogue.world
    rng = streams.rng(streams.key(world.seed, "learning"), learner)
    if rng.random() < NEVER_ENROLLED:
        return
    user_id = people.user_id(world.seed, learner)
    for number, (joined, at) in enumerate(_joined(catalogue, cohort, enrolled_at, rng=rng)):
        enrolment_id = f"enr_{learner:07d}_{number}" if rng.random() < 0.9 else ""
        enrolment = Enrolment(user_id, enrolment_id, joined, at)
        events = _course_of(enrolment, prefix=f"ev_{learner:07d}_{number}", rng=rng)
        events = [event for event in events if event[0] < world.end_at]
        yield from _spoilt(world, events, typed_month=typed_month, rng=rng, dirt=dirt)


def _joined(catalogue: Catalogue, first: int, enrolled_at: int, *, rng: random.Random) -> Iterator[tuple[Cohort, int]]:
    cohorts = catalogue.cohorts
    yield cohorts[first], enrolled_at
    later = [c for c in cohorts if c.starts_at > enrolled_at + 12 * DAY and c.course != cohorts[first].course]
    for _ in range(rng.choice(_MORE_COURSES)):
        if not later:
            return
        chosen = rng.choices(later, weights=[c.weight for c in later])[0]
        later = [c for c in later if c.course != chosen.course]
        yield chosen, chosen.starts_at + int(rng.uniform(-11, 5) * DAY)


def _course_of(enrolment: Enrolment, *, prefix: str, rng: random.Random) -> Events:
    """One enrolment's events in order of time: to completion, to a drop-off, or out by withdrawal and perhaps back."""
    cohort = enrolment.cohort
    is_completing = rng.random() < cohort.completion
    begins_at = max(enrolment.enrolled_at + rng.randint(300, 3 * DAY), cohort.starts_at if cohort.name else 0)
    events = [_event(enrolment, prefix + "_a", "enrolled", enrolment.enrolled_at)]
    if is_completing or rng.random() < 0.85:
        events.append(_event(enrolment, prefix + "_b", "started", begins_at))
        events += _modules(enrolment, begins_at, prefix=prefix, is_completing=is_completing, rng=rng)
    elif rng.random() < 0.25:
        events.append(_event(enrolment, prefix + "_r", "refunded", enrolment.enrolled_at + rng.randint(DAY, 13 * DAY)))
    if not is_completing and rng.random() < 0.06:
        left_at = events[-1][0] + rng.randint(DAY, 9 * DAY)
        events.append(_event(enrolment, prefix + "_u", "unenrolled", left_at))
        if rng.random() < 0.3:
            again = Enrolment(
                enrolment.user_id, enrolment.enrolment_id and enrolment.enrolment_id + "b", cohort, left_at + 6 * DAY
            )
            events.append(_event(again, prefix + "_e", "enrolled", again.enrolled_at))
    return events


def _modules(enrolment: Enrolment, begins_at: int, *, prefix: str, is_completing: bool, rng: random.Random) -> Events:
    course, events = enrolment.course, Events()
    reached = len(course.modules) if is_completing else min(int(rng.expovariate(0.45)), len(course.modules) - 1)
    step = (_finish(enrolment.cohort, begins_at, rng=rng) - begins_at) / len(course.modules)
    at = begins_at
    for number in range(reached):
        at += max(600, int(step * rng.uniform(0.6, 1.4)))
        if number in course.optional and rng.random() < 0.4:
            continue
        percent = round(100 * (number + 1) / len(course.modules), 1)
        module, mark = module_id(course, number), f"{prefix}_{number:02d}"
        if number % 3 == 2 or number == len(course.modules) - 1:
            events += _assessments(enrolment, module, at, prefix=mark, rng=rng)
        events.append(_event(enrolment, mark, "module_completed", at, module=module, percent=percent))
    if is_completing:
        events.append(_event(enrolment, prefix + "_z", "course_completed", at + 60, percent=100.0))
    return events


def _finish(cohort: Cohort, begins_at: int, *, rng: random.Random) -> int:
    """The intended instant of completion: mostly near the end of the run, now and then after the window."""
    if rng.random() < 0.05:
        return cohort.closes_at + rng.randint(10, 40) * DAY
    length = cohort.ends_at - cohort.starts_at
    return begins_at + int(length * rng.triangular(0.3, 1.15, 0.8))


def _assessments(enrolment: Enrolment, module: str, at: int, *, prefix: str, rng: random.Random) -> Events:
    tries, highest = rng.choice((1, 1, 1, 2, 3)), enrolment.course.max_score
    return [
        _event(
            enrolment,
            f"{prefix}_t{attempt}",
            "assessment_submitted",
            at - 400 * (tries - attempt) - 60,
            module=module,
            score=f'"score":{round(highest * min(1.0, rng.triangular(0.3, 1.05, 0.7) + 0.1 * attempt), 1)}'
            f',"max_score":{highest},"attempt":{attempt}',
        )
        for attempt in range(1, tries + 1)
    ]


def _event(
    enrolment: Enrolment,
    event_id: str,
    kind: str,
    at: int,
    *,
    module: str = "",
    percent: float | None = None,
    score: str = "",
) -> tuple[int, str]:
    members = f'"event_id":"{event_id}","user_id":"{enrolment.user_id}","course_id":"{enrolment.course.course_id}"'
    if enrolment.cohort.name:
        members += f',"cohort":"{enrolment.cohort.name}"'
    if enrolment.enrolment_id:
        members += f',"enrolment_id":"{enrolment.enrolment_id}"'
    if module:
        members += f',"module_id":"{module}"'
    members += f',"event_type":"{kind}","occurred_at":"{local_text(at)}+07:00"'
    if percent is not None:
        members += f',"progress_percent":{percent}'
    return at, "{" + (f"{members},{score}" if score else members) + "}"


def _spoilt(
    world: World, events: Events, *, typed_month: str, rng: random.Random, dirt: Dirt
) -> Iterator[tuple[str, str]]:
    kind = dirt.pick("course_progress", rng)
    target = rng.randrange(len(events)) if kind and events else -1
    for place, (at, line) in enumerate(events):
        day = world.day_of(at)
        month = next(n for n, bucket in enumerate(world.months) if day < bucket.last)
        name = world.months[month].name
        if place != target or (name == typed_month and kind in TEXT_ONLY):
            yield name, line
        elif kind == "late":
            later = world.months[min(month + 1, len(world.months) - 1)].name
            if later != name:
                dirt.count("course_progress", "late")
            yield later, line
        elif kind == "duplicate":
            dirt.count("course_progress", "duplicate")
            yield name, line
            yield name, line
        else:
            yield name, dirt.spoil("course_progress", kind, line, rng=rng)
