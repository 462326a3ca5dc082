"""xAPI 1.0.3 statements of the mobile app, as its learning record store hands them out.

Which steps the app tells, and which of them land, is in `learning`. Statements about enrolments are never made here.
"""

from __future__ import annotations

import json
import random
import uuid
from functools import lru_cache
from typing import NamedTuple

from pipelines.demo.world import streams
from pipelines.demo.world.courses import Course, module_id
from pipelines.demo.world.span import local_text, utc_text
from pipelines.demo.world.story import Enrolment, Story
from pipelines.demo.world.study import Step

HOME = "https://mastery.crosslife.example"
MAILBOX_SHARE = 0.15  # learners whose app names them by their e-mail address

_ADL = "http://adlnet.gov/expapi/verbs/"
_VERBS = {
    "initialized": (_ADL, "memulai"),
    "launched": (_ADL, "membuka"),
    "completed": (_ADL, "menyelesaikan"),
    "passed": (_ADL, "lulus"),
    "earned": ("http://id.tincanapi.com/verb/", "meraih"),
    "scored": (_ADL, "mendapat nilai"),
    "answered": (_ADL, "menjawab"),
    "failed": (_ADL, "tidak lulus"),
    "voided": (_ADL, "dibatalkan"),
    # What the app also says, and no mapping knows.
    "experienced": (_ADL, "melihat"),
    "interacted": (_ADL, "berinteraksi"),
    "suspended": (_ADL, "menunda"),
    "resumed": (_ADL, "melanjutkan"),
    "played": ("https://w3id.org/xapi/video/verbs/", "memutar"),
    "paused": ("https://w3id.org/xapi/video/verbs/", "menjeda"),
}
_ASIDES = ("played", "played", "paused", "paused", "experienced", "interacted", "suspended", "resumed")
_PLATFORMS = ("Android 13", "Android 14", "Android 14", "Android 15", "iOS 17.5", "iOS 18.1")
_VERSIONS = ("3.2.0", "3.4.1", "3.4.1", "3.5.0")
_AUTHORITY = '{"objectType":"Agent","account":{"homePage":"https://lrs.crosslife.example","name":"aplikasi-belajar"}}'


class App(NamedTuple):
    """The app on one learner's phone, in one course. `actor` is JSON text; `registration` names the enrolment."""

    actor: str
    platform: str
    version: str
    registration: str
    course: Course


class Said(NamedTuple):
    """When a statement says that something happened, and when the store got it."""

    statement_id: str
    at: int
    stored_at: int


def app_of(story: Story, enrolment: Enrolment) -> App:
    """Return the app of a learner in a course; the phone is the same in each."""
    rng = story.rng("app")
    agent: dict[str, object] = {"objectType": "Agent"}
    if rng.random() < MAILBOX_SHARE:
        agent |= {"name": story.person.name, "mbox": f"mailto:{story.person.email}"}
    else:
        agent["account"] = {"homePage": HOME, "name": story.person.user_id}
    registration = streams.rng(streams.key(story.world.seed, "registration", enrolment.number), story.learner)
    return App(
        actor=json.dumps(agent, separators=(",", ":"), ensure_ascii=False),
        platform=rng.choice(_PLATFORMS),
        version=rng.choice(_VERSIONS),
        registration=new_id(registration),
        course=enrolment.course,
    )


def new_id(rng: random.Random) -> str:
    """Return the id of a statement."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def statement(app: App, said: Said, step: Step, *, rng: random.Random) -> str:
    """Return what the app says of a step: of the course, of a module, or of a module's assessment."""
    if step.kind == "assessment_submitted":
        verb = rng.choice(("scored", "scored", "answered")) if step.is_passed else "failed"
        activity, within = _assessment(app.course, step.module), _within_module(app.course, step.module)
        result = _graded(app.course, step, duration=rng.randint(180, 1500))
    elif step.kind == "module_completed":
        verb = "passed" if app.course.is_assessed(step.module) and rng.random() < 0.3 else "completed"
        activity, within = _module(app.course, step.module), _within_course(app.course)
        result = _finished(verb, duration=rng.randint(400, 4200))
    elif step.kind == "course_completed":
        verb = rng.choice(("completed", "completed", "passed", "earned"))
        activity, within = _whole(app.course), ""
        result = _finished(verb, duration=rng.randint(6 * 3600, 40 * 3600))
    else:
        verb = rng.choice(("initialized", "initialized", "launched"))
        activity, within, result = _whole(app.course), "", ""
    return _statement(app, said, verb, activity, result=result, within=within)


def aside(app: App, said: Said, module: int, *, rng: random.Random) -> str:
    """Return something else the app says of a module, in a verb that means nothing to the platform."""
    verb = rng.choice(_ASIDES)
    activity, within = _module(app.course, module), _within_course(app.course)
    if verb in ("played", "paused"):
        activity, within = _video(app.course, module, rng.randint(1, 4)), _within_module(app.course, module)
    return _statement(app, said, verb, activity, within=within)


def voiding(app: App, said: Said, *, voided: str) -> str:
    """Return the statement that takes an earlier one back."""
    return _statement(app, said, "voided", f'{{"objectType":"StatementRef","id":"{voided}"}}')


def _statement(app: App, said: Said, verb: str, activity: str, *, result: str = "", within: str = "") -> str:
    base, indonesian = _VERBS[verb]
    is_apple = app.platform.startswith("iOS")
    timestamp = utc_text(said.at) + "Z" if is_apple else local_text(said.at) + "+07:00"
    fraction = int(said.statement_id[:4], 16) % 1000
    activities = f',"contextActivities":{{{within}}}' if within else ""
    return (
        f'{{"id":"{said.statement_id}","actor":{app.actor},"verb":{{"id":"{base}{verb}",'
        f'"display":{{"en-US":"{verb}","id-ID":"{indonesian}"}}}},"object":{activity}{result},'
        f'"context":{{"registration":"{app.registration}","platform":"{app.platform}","language":"id-ID"{activities},'
        f'"extensions":{{"{HOME}/xapi/ekstensi/versi-aplikasi":"{app.version}"}}}},"timestamp":"{timestamp}",'
        f'"stored":"{utc_text(said.stored_at)}.{fraction:03d}Z","authority":{_AUTHORITY},"version":"1.0.3"}}'
    )


def _finished(verb: str, *, duration: int) -> str:
    success = "" if verb == "completed" else '"success":true,'
    return f',"result":{{{success}"completion":true,"duration":"{_iso(duration)}"}}'


def _graded(course: Course, step: Step, *, duration: int) -> str:
    """A score; no word on completion, which would be the module's."""
    score = step.score or 0.0
    raw = int(score) if score.is_integer() else score
    return (
        f',"result":{{"score":{{"scaled":{score / course.max_score:.4g},"raw":{raw},"min":0,"max":{course.max_score}}},'
        f'"success":{"true" if step.is_passed else "false"},"duration":"{_iso(duration)}"}}'
    )


def _iso(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    return f"PT{hours}H{minutes}M{seconds % 60}S" if hours else f"PT{minutes}M{seconds % 60}S"


@lru_cache(maxsize=16)
def _whole(course: Course) -> str:
    return _activity("kursus", course.course_id, "http://adlnet.gov/expapi/activities/course", course.title)


@lru_cache(maxsize=128)
def _module(course: Course, number: int) -> str:
    kind = "http://adlnet.gov/expapi/activities/module"
    return _activity("modul", module_id(course, number), kind, course.modules[number])


@lru_cache(maxsize=128)
def _assessment(course: Course, number: int) -> str:
    """The assessment of a module; its id ends like the module's."""
    kind = "http://adlnet.gov/expapi/activities/assessment"
    return _activity("kuis", module_id(course, number), kind, f"Kuis: {course.modules[number]}")


@lru_cache(maxsize=512)
def _video(course: Course, number: int, part: int) -> str:
    kind = "https://w3id.org/xapi/video/activity-type/video"
    return _activity("video", f"{module_id(course, number)}-{part}", kind, f"{course.modules[number]}, bagian {part}")


@lru_cache(maxsize=16)
def _within_course(course: Course) -> str:
    return f'"parent":[{_whole(course)}]'


@lru_cache(maxsize=128)
def _within_module(course: Course, number: int) -> str:
    return f'"parent":[{_module(course, number)}],"grouping":[{_whole(course)}]'


def _activity(path: str, name: str, kind: str, title: str) -> str:
    shown = json.dumps(title, ensure_ascii=False)
    definition = f'{{"type":"{kind}","name":{{"id-ID":{shown}}}}}'
    return f'{{"objectType":"Activity","id":"{HOME}/xapi/{path}/{name}","definition":{definition}}}'
