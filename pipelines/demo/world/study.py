"""How a course goes for one learner: begun, module by module, to the end, to a point where they stop, or out by the door.

What the platform and its app tell of it is in `sources.learning` and `sources.xapi`.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from pipelines.demo.world.courses import Course
from pipelines.demo.world.span import DAY, JAKARTA_OFFSET
from pipelines.demo.world.story import Enrolment

NEVER_STARTED = 0.14
STOPPED_AT_HARD = 0.45
LATE = 0.05
WITHDRAWN = 0.07
RETURNED = 0.35
UNTOLD_ENROLMENTS = 0.012  # of those who complete: the event that let them in was lost

# When people learn: some before and during work, most of them in the evening.
_HOURS = (6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 19, 19, 20, 20, 20, 20, 21, 21, 21, 22, 22, 23)
_MOST_ATTEMPTS = 4


class Step(NamedTuple):
    """One learning event. `mark` tells it from the learner's others in the course; `module` counts from 0, -1 is none.

    `enrolment_id` is empty where the platform gave none.
    """

    kind: str
    at: int
    mark: str
    enrolment_id: str
    module: int = -1
    percent: float | None = None
    score: float | None = None
    attempt: int | None = None
    is_passed: bool = False


def steps(enrolment: Enrolment, *, diligence: float, leaves_at: int, rng: random.Random) -> list[Step]:
    """Return what a learner does in a course they were let into, in order of time.

    `diligence` multiplies the cohort's chance to complete; nobody completes a course that was refunded.
    """
    is_refunded = enrolment.refunded_at > 0
    is_completing = rng.random() < min(0.95, enrolment.cohort.completion * diligence) and not is_refunded
    path = _Path(enrolment, rng)
    if not (is_completing and rng.random() < UNTOLD_ENROLMENTS):
        path.add("enrolled", enrolment.enrolled_at, "a")
    if is_completing or rng.random() >= NEVER_STARTED:
        finish_at = _finish_at(enrolment, leaves_at=leaves_at, rng=rng)
        path.learn(_begin_at(enrolment, rng=rng), finish_at, is_completing=is_completing)
    if is_refunded:
        found = [step for step in path.found if step.at < enrolment.refunded_at]
        return [*found, Step("refunded", enrolment.refunded_at, "r", enrolment.enrolment_id)]
    if not is_completing and rng.random() < WITHDRAWN:
        _withdraw(path, rng=rng)
    return path.found


class _Path:
    """The steps of one learner in one course, added in order of time."""

    def __init__(self, enrolment: Enrolment, rng: random.Random) -> None:
        self._course: Course = enrolment.course
        self._rng = rng
        self._ability = rng.gauss(0.0, 0.09)
        self._turn = ""
        self._next_module = 0
        self._enrolment_id = enrolment.enrolment_id
        self._at = enrolment.enrolled_at
        self.found: list[Step] = []

    @property
    def last_at(self) -> int:
        """The instant of the last step; of the enrolment before there is one."""
        return self._at

    def add(self, kind: str, at: int, mark: str) -> None:
        """Add a step that belongs to no module."""
        percent = 100.0 if kind == "course_completed" else None
        self._put(Step(kind, at, self._turn + mark, self._enrolment_id, percent=percent))

    def come_back(self, at: int) -> None:
        """Add a second enrolment in the same cohort; ids of the first are not used again."""
        self._turn = "2"
        self._enrolment_id = self._enrolment_id and f"{self._enrolment_id}b"
        self.add("enrolled", at, "a")

    def learn(self, begin_at: int, finish_at: int, *, is_completing: bool) -> None:
        """Add the modules up to the last one, or to where the learner stops; most stop at the hard one."""
        modules, hard, rng = len(self._course.modules), self._course.hard, self._rng
        begin_at = max(begin_at, self._at + 60)
        self.add("started", begin_at, "b")
        last, is_stuck = modules, False
        if not is_completing:
            is_stuck = rng.random() < STOPPED_AT_HARD and self._next_module <= hard
            last = hard if is_stuck else min(self._next_module + int(rng.expovariate(0.45)), modules - 1)
        pace = max(0.0, (finish_at - begin_at) / modules)
        planned = float(begin_at)
        for number in range(self._next_module, last):
            planned += pace * rng.uniform(0.6, 1.4)
            if number not in self._course.optional or rng.random() >= 0.4:
                self._module(number, self._sitting(planned))
        if is_stuck:
            self._attempts(hard, self._sitting(planned + pace), is_passing=False)
        if is_completing:
            self.add("course_completed", self._at + rng.randint(5, 90), "z")

    def _sitting(self, planned: float) -> int:
        """The instant at which a module is worked on: on the planned day, or right after the one before."""
        if self._rng.random() < 0.25:
            return self._at + self._rng.randint(900, 5400)
        return max(self._at + self._rng.randint(900, 2400), evening(int(planned), rng=self._rng))

    def _module(self, number: int, at: int) -> None:
        if self._course.is_assessed(number):
            self._attempts(number, at, is_passing=True)
            at = self._at + self._rng.randint(15, 120)
        percent = round(100 * (number + 1) / len(self._course.modules), 1)
        mark = f"{self._turn}{number + 1:02d}"
        self._put(Step("module_completed", at, mark, self._enrolment_id, module=number, percent=percent))
        self._next_module = number + 1

    def _attempts(self, number: int, at: int, *, is_passing: bool) -> None:
        """Add attempts until one is enough; those who are stuck never get there."""
        rng, course = self._rng, self._course
        most = _MOST_ATTEMPTS if is_passing else rng.choice((0, 1, 1, 2, 2, 3))
        for attempt in range(1, most + 1):
            share = course.level + self._ability + 0.07 * (attempt - 1) + rng.gauss(0.0, 0.11)
            share = min(1.0, max(0.05, share - (0.09 if number == course.hard else 0.0)))
            if not is_passing:
                share = min(share, course.pass_mark - rng.uniform(0.03, 0.2))
            elif attempt == most:
                share = max(share, course.pass_mark + rng.uniform(0.01, 0.12))
            score = round(course.max_score * share, 0 if course.max_score >= 100 else 1)
            is_passed = score >= course.pass_mark * course.max_score
            mark = f"{self._turn}{number + 1:02d}t{attempt}"
            self._put(
                Step(
                    "assessment_submitted",
                    at,
                    mark,
                    self._enrolment_id,
                    module=number,
                    score=score,
                    attempt=attempt,
                    is_passed=is_passed,
                )
            )
            if is_passed:
                return
            is_at_once = rng.random() < 0.7
            at = at + rng.randint(240, 2400) if is_at_once else max(at + 3600, evening(at + DAY, rng=rng))

    def _put(self, step: Step) -> None:
        self.found.append(step)
        self._at = step.at


def evening(at: int, *, rng: random.Random) -> int:
    """Return an instant of the same day in Jakarta at which people learn."""
    midnight = (at + JAKARTA_OFFSET) // DAY * DAY - JAKARTA_OFFSET
    return midnight + rng.choice(_HOURS) * 3600 + rng.randrange(3600)


def _begin_at(enrolment: Enrolment, *, rng: random.Random) -> int:
    opens_at = enrolment.cohort.starts_at if enrolment.cohort.name else 0
    floor = max(enrolment.enrolled_at + rng.randint(300, 5400), opens_at)
    return max(floor, evening(floor + rng.randrange(3 * DAY), rng=rng))


def _finish_at(enrolment: Enrolment, *, leaves_at: int, rng: random.Random) -> int:
    """The intended instant of completion: mostly near the end of the run, now and then after the window."""
    cohort = enrolment.cohort
    late_at = cohort.closes_at + rng.randint(6, 40) * DAY
    if rng.random() < LATE and late_at < leaves_at:
        return late_at
    length = cohort.ends_at - cohort.starts_at
    return max(enrolment.enrolled_at, cohort.starts_at) + int(length * rng.triangular(0.3, 1.15, 0.8))


def _withdraw(path: _Path, *, rng: random.Random) -> None:
    """Leave the course, and perhaps come back to the same cohort."""
    path.add("unenrolled", path.last_at + rng.randint(DAY, 9 * DAY), "u")
    if rng.random() >= RETURNED:
        return
    path.come_back(path.last_at + rng.randint(DAY // 2, 12 * DAY))
    if rng.random() < 0.6:
        begin_at = path.last_at + rng.randint(600, DAY)
        path.learn(begin_at, begin_at + rng.randint(10, 30) * DAY, is_completing=rng.random() < 0.5)
