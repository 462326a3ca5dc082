"""One ticket's circumstances: who writes, about which course and order, and the small things that are mentioned.

How they are put into words is in `slots` and `phrases`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from pipelines.demo.sources.tickets import who
from pipelines.demo.sources.tickets.manner import Manner
from pipelines.demo.sources.tickets.phrases import Scenario
from pipelines.demo.sources.tickets.who import Party
from pipelines.demo.world import people
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.checkout import checkout
from pipelines.demo.world.courses import COURSES, Course
from pipelines.demo.world.phones import ZEROS, e164
from pipelines.demo.world.population import block
from pipelines.demo.world.span import local_date
from pipelines.demo.world.story import Enrolment, Story

VIRTUAL_ACCOUNTS = {
    "bca": ("BCA", "91019"),
    "bni": ("BNI", "8578"),
    "bri": ("BRI", "12208"),
    "cimb": ("CIMB Niaga", "1119"),
    "permata": ("Permata", "8562"),
}
COUNTERS = ("indomaret", "alfamart")
_BANKS = ("BCA", "BRI", "Mandiri", "BNI", "BSI", "Jago", "SeaBank", "CIMB Niaga", "BTN")
_CARDS = ("4811111111111114", "5211111111111117", "4911111111111113", "4411111111111118", "5110111111111119")
_DEVICES = (
    "Redmi Note 12", "Samsung A54", "iPhone 13", "iPhone 11", "Oppo A78", "Vivo Y22", "laptop Asus", "laptop Lenovo",
    "MacBook Air", "iPad", "PC kantor", "Acer Aspire", "tablet Samsung", "Poco X5",
)  # fmt: skip
_BROWSERS = (
    "Chrome",
    "Chrome 126",
    "Firefox",
    "Safari",
    "Edge",
    "Opera",
    "Chrome versi 125.0.6422.60",
    "Samsung Internet",
)
_ERRORS = (
    "Terjadi kesalahan, coba lagi nanti", "Error 403", "PLAYER_ERR_0x20", "net::ERR_CONNECTION_RESET", "Session expired",
    "Unknown error 1005000", "413 Payload Too Large", "Video unavailable (5.1.0.4)", "Gagal memuat, kode 7-20-03",
    "502 Bad Gateway", "Transaksi tidak dapat diproses", "timeout of 15000ms exceeded",
)  # fmt: skip
_TOWNS = (
    "Bandung", "Surabaya", "Yogyakarta", "Medan", "Makassar", "Denpasar", "Malang", "Solo", "Bogor", "Padang", "Kupang",
    "Balikpapan", "Cirebon", "Jember", "Ambon", "Singkawang", "Bukittinggi", "Tarakan", "Sorong", "Singapura", "Kuala Lumpur",
)  # fmt: skip
_CHILD_YEARS = (11, 12, 13, 14, 14, 15, 15, 16)
_TRIES = 4
_TITLED_FROM = 27


@dataclass
class Details:
    """The small things: made up, and the same throughout a ticket."""

    bank: str
    account: str
    card: str
    npwp: str
    device: str
    browser: str
    error: str
    town: str
    number: int
    score: int
    is_local: bool


def details(rng: random.Random) -> Details:
    """Draw the small things of a ticket. Account and tax numbers bear runs of zeros where a real one has its holder."""
    return Details(
        bank=rng.choice(_BANKS),
        account=f"{rng.randint(10, 89)}{ZEROS}{rng.randrange(10**4):04d}",
        card=rng.choice(_CARDS),
        npwp=f"{rng.randint(1, 9):02d}0000{rng.randrange(100):02d}{rng.randrange(10)}{rng.randint(100, 999)}000",
        device=(device := rng.choice(_DEVICES)),
        browser=rng.choice([name for name in _BROWSERS if _runs(name, device)]),
        error=rng.choice(_ERRORS),
        town=rng.choice(_TOWNS),
        number=rng.randint(3, 38),
        score=rng.randint(61, 98),
        is_local=rng.random() < 0.5,
    )


def _runs(browser: str, device: str) -> bool:
    """Whether a browser exists for a device: two makers keep theirs to themselves."""
    only = {
        "Safari": ("iPhone", "iPad", "MacBook"),
        "Samsung": ("Samsung", "tablet Samsung"),
        "Edge": ("laptop", "PC", "Acer"),
    }
    return device.startswith(only.get(browser.split()[0], ("",)))


@dataclass
class Case:
    """A ticket before it is written.

    `writer` is who writes; `child` is whom a parent writes about. `story` and `enrolment` are those of a learner who
    writes about their own account. `said` collects what customers have mentioned: an agent knows no more than the
    platform and the ticket; `tags` are the matters brought up, `used` the templates, `kinds` what came up since an agent
    last wrote. `is_telling` is the ticket by which the platform learns that somebody is a child. No agent says before
    `settled_at` that something is done.
    """

    catalogue: Catalogue
    scenario: Scenario
    opened_at: int
    register: str
    channel: str
    manner: Manner
    writer: Party
    details: Details
    rng: random.Random
    story: Story | None = None
    enrolment: Enrolment | None = None
    reached: int = 0
    child: Party | None = None
    email: str = ""
    is_telling: bool = False
    settled_at: int = 0
    said: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    tags: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)

    @cached_property
    def course(self) -> Course:
        """The course that is spoken of."""
        return self.enrolment.course if self.enrolment else self.rng.choice(COURSES)

    @cached_property
    def module(self) -> str:
        """The module that is spoken of: the one reached."""
        return self.course.modules[min(self.reached, len(self.course.modules) - 1)]

    @cached_property
    def method(self) -> str:
        """How the order was paid; empty where there is none."""
        return checkout(self.story, self.enrolment).method if self.story and self.enrolment else ""

    @cached_property
    def agent(self) -> int:
        """The number of the agent who answers."""
        return self.rng.randrange(len(who.STAFF))

    @cached_property
    def title(self) -> str:
        """What agents call the writer throughout a ticket: Bapak or Ibu, the grown-ups who write letters; others Kak."""
        is_elder = self.age(self.writer, self.opened_at) >= _TITLED_FROM and self.writer.person.born_on.day % 2 == 0
        if self.register != "formal" or not is_elder:
            return "Kak"
        return "Ibu" if self.writer.person.gender == "female" else "Bapak"

    @cached_property
    def friends(self) -> tuple[Party, Party]:
        """Two people whom the writer brings along; one of them may be a learner too."""
        world = self.catalogue.world
        second = who.companion(world, self.writer.owner, 1)
        known = self.other if self.story and self.rng.random() < 0.5 else None
        return known or who.companion(world, self.writer.owner, 0), second

    @cached_property
    def payer(self) -> Party:
        """Whose bank account was used."""
        return who.companion(self.catalogue.world, self.writer.owner, 2)

    @cached_property
    def other(self) -> Party | None:
        """Another learner who has an account already; None where none is found at once."""
        world = self.catalogue.world
        for _ in range(_TRIES):
            number = self.rng.randrange(world.learners)
            registered_at = block(self.catalogue, first=number, last=number + 1).registered_at[0]
            if registered_at < self.opened_at and self.writer.owner != f"learner/{number}":
                return who.learner(world, number)
        return None

    @cached_property
    def new_phone(self) -> str:
        """The number that a learner changes to."""
        return e164(self.story.learner, rng=self.rng, is_second=True) if self.story else ""

    def may_tell(self, by: str) -> bool:
        """Whether the writer may say how old they are, `by` their words (ticket) or their number (nik).

        A child does so when the platform is told, and in that way, or afterwards.
        """
        minority = self.story.minority if self.story else None
        if minority is None or self.opened_at > minority.told_at:
            return True
        return self.is_telling and minority.told_by == by

    def age(self, party: Party, at: int) -> int:
        """Return somebody's years at an instant."""
        today, born_on = local_date(at), party.person.born_on
        return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))


def young(party: Party, *, at: int, rng: random.Random) -> Party:
    """Return a companion as a child, who has no degree yet."""
    today = local_date(at)
    bare = replace(party.person, name=party.person.name.partition(",")[0])
    born_on = date(today.year - rng.choice(_CHILD_YEARS), rng.randint(1, 12), rng.randint(1, 28))
    return party._replace(person=people.with_birth(bare, born_on=born_on, told=""))
