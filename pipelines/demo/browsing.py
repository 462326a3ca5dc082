"""One visit to the website as Segment calls: pages, heartbeats, login, tracked events, as JSON lines.

Lines are built from templates, because `json.dumps` for every heartbeat would take most of a demo's time: nothing that
needs escaping may enter them. Who visits when is in `traffic`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from pipelines.demo import people, streams
from pipelines.demo.catalogue import COURSES, module_id
from pipelines.demo.world import DAY, World, utc_text

HEARTBEAT_SECONDS = 10
SITE = "https://mastery.crosslife.example"

_BLOG = ("memilih-warna", "portofolio-pertama", "tarif-freelance", "kerja-dari-rumah", "klien-sulit")
_REFERRERS = (
    "",
    "",
    "https://www.google.com/",
    "https://www.google.co.id/",
    "https://www.instagram.com/",
    "https://www.tiktok.com/",
)
_CAMPAIGNS = tuple(
    f',"campaign":{{"source":"{source}","medium":"{medium}","name":"{name}"{more}}}'
    for source, medium, name, more in (
        ("instagram", "social", "belajar-mei", ""),
        ("google", "cpc", "kursus-desain", ',"term":"kursus desain grafis","content":"iklan-a"'),
        ("google", "cpc", "kursus-web", ',"term":"belajar web","content":"iklan-b"'),
        ("newsletter", "email", "kabar-bulanan", ""),
        ("tiktok", "social", "motion-30-detik", ',"content":"video-3"'),
    )
)
_TRACKED = ("Video Played", "Lesson Downloaded", "Checkout Started", "Search Performed")

Calls = list[tuple[int, str]]


@dataclass(frozen=True)
class Visit:
    """One visit: a learner's (`registered_at` says from when on they can log in) or an anonymous visitor's."""

    kind: str
    visitor: int
    starts_at: int
    registered_at: int
    course: int


@dataclass
class _Tab:
    """What stays the same from call to call, and the instant it has reached."""

    mark: str
    ids: str
    head: str
    skew: int
    at: int
    number: int = 0

    def call(self, kind: str, tail: str, fraction: int) -> tuple[int, str]:
        """One call at this instant."""
        self.number += 1
        at = self.at
        now, received = utc_text(at), utc_text(at + 1)
        sent, original = (utc_text(at + 1 + self.skew), utc_text(at + self.skew)) if self.skew else (received, now)
        return at * 1000 + fraction, (
            f'{{"messageId":"{self.mark}{self.number:03d}",{kind}{self.ids},"timestamp":"{now}.{fraction}Z",'
            f'"receivedAt":"{received}.874Z","sentAt":"{sent}.291Z","originalTimestamp":"{original}.{fraction}Z",{tail}'
        )


def calls(world: World, visit: Visit, *, rng: random.Random) -> Calls:
    """Return the calls of a visit in order of time, up to the end of the demo."""
    tab, logged_in = _open(world, visit, rng=rng)
    user_id = people.user_id(world.seed, visit.visitor) if visit.kind == "learner" else ""
    can_log_in = user_id != "" and visit.starts_at > visit.registered_at - 300
    has_view_ids = rng.random() > 0.02
    referrer = rng.choice(_REFERRERS)
    campaign = rng.choice(_CAMPAIGNS) if rng.random() < 0.2 else ""
    found: Calls = []
    for number in range(1 + min(14, int(rng.expovariate(0.32)))):
        if number and can_log_in and not logged_in and rng.random() < 0.7:
            logged_in = True
            tab.ids = f'{tab.ids},"userId":"{user_id}"'
            found += _login(tab, rng=rng)
        path, title, seconds = _choose(visit, number, is_learning=logged_in, rng=rng)
        page = f'"page":{{"url":"{SITE}{path}","path":"{path}","referrer":"{referrer}","search":"","title":"{title}"}}'
        view = f'"page_view_id":"{tab.mark}{number:02d}"' if has_view_ids else ""
        members = f'"path":"{path}","title":"{title}"'
        found += _page(tab, f"{tab.head}{campaign},{page}}}", view, members, seconds, rng=rng)
        referrer = SITE + path
        if rng.random() < 0.04:
            tab.at += rng.randint(35 * 60, 110 * 60)
    until = world.end_at * 1000
    return found if found[-1][0] < until - 1000 else [call for call in found if call[0] < until]


def _open(world: World, visit: Visit, *, rng: random.Random) -> tuple[_Tab, bool]:
    """Open a tab in the learner's own browser, the one they share, or (app calls) with a user id alone."""
    seed, owner = world.seed, visit.visitor
    is_learner = visit.kind == "learner"
    if is_learner and owner % people.SHARING_STEP == people.SHARING_STEP - 1 and rng.random() < 0.5:
        owner -= 1
    device = people.browser(seed, visit.kind, owner)
    address = device.addresses[rng.random() < 0.3]
    head = f'"context":{{"ip":"{address}","userAgent":"{device.user_agent}","locale":"{device.locale}"{device.consent}'
    logged_in = is_learner and visit.starts_at > visit.registered_at + DAY and rng.random() < 0.45
    ids = f',"anonymousId":"{device.anonymous_id}"'
    if logged_in:
        ids = ("" if rng.random() < 0.03 else ids) + f',"userId":"{people.user_id(seed, visit.visitor)}"'
    mark = f"{streams.number(streams.key(seed, 'visit', visit.kind, visit.starts_at), visit.visitor):016x}-"
    skew = rng.randint(-400, 400) if rng.random() < 0.04 else 0
    return _Tab(mark, ids, head, skew, visit.starts_at), logged_in


def _login(tab: _Tab, *, rng: random.Random) -> Calls:
    """The calls that state the link of browser and learner; now and then an alias too."""
    tail, fraction = f'{tab.head}}},"properties":{{}}}}', rng.randint(100, 999)
    made = [tab.call('"type":"identify"', tail, fraction)]
    tab.at += 1
    if rng.random() < 0.03:
        made.append(tab.call('"type":"alias"', tail, fraction))
        tab.at += 1
    return made


def _page(tab: _Tab, context: str, view: str, members: str, seconds: float, *, rng: random.Random) -> Calls:
    """A page call, its heartbeats, sometimes a tracked event; time goes on to the next page."""
    fraction, stay = rng.randint(100, 999), 2 + min(1500, int(rng.expovariate(1 / seconds)))
    first = f"{view},{members}" if view else members
    made = [tab.call('"type":"page"', f'{context},"properties":{{{first}}}}}', fraction)]
    arrived, tail = tab.at, f'{context},"properties":{{{view}}}}}'
    for beat in range(1, stay // HEARTBEAT_SECONDS + 1):
        tab.at = arrived + beat * HEARTBEAT_SECONDS
        made.append(tab.call('"type":"track","event":"page_ping"', tail, fraction))
    tab.at = arrived + stay
    if rng.random() < 0.15:
        made.append(tab.call(f'"type":"track","event":"{rng.choice(_TRACKED)}"', tail, 999))
        tab.at += 1
    return made


def _choose(visit: Visit, number: int, *, is_learning: bool, rng: random.Random) -> tuple[str, str, float]:
    """Path, title and the mean seconds that people stay."""
    roll, course = rng.random(), COURSES[visit.course]
    if is_learning and roll < 0.30:
        return "/belajar", "Beranda belajar", 20.0
    if is_learning and roll < 0.85:
        lesson = rng.randrange(len(course.modules))
        return f"/belajar/{course.course_id}/{module_id(course, lesson)}", course.modules[lesson], 65.0
    if roll < 0.25 and number == 0:
        return "/", "Crosslife Mastery", 15.0
    if roll < 0.70:
        other = course if rng.random() < 0.5 else rng.choice(COURSES)
        return f"/kursus/{other.course_id}", other.title, 40.0
    if roll < 0.85:
        return f"/blog/{rng.choice(_BLOG)}", "Blog Crosslife", 55.0
    return rng.choice((("/kursus", "Semua kursus", 20.0), ("/harga", "Harga", 18.0), ("/daftar", "Daftar", 25.0)))
