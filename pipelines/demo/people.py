"""The people of the demo and their browsers, each regenerated from seed and number.

Nobody here exists: a family name is a thing on a designer's desk, mail goes to reserved domains (RFC 2606), telephone
numbers carry a run of zeros, addresses are of ranges that are never routed (RFC 2544, 3849, 5737, 6598). What people do
does not belong here.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.demo import streams

ANONYMOUS_SHARE = 2  # one visitor who never registers for every two learners
SHARING_STEP = 20  # every twentieth learner also uses the browser of the learner before


def _words(*lines: str) -> tuple[str, ...]:
    return tuple(word for line in lines for word in line.split())


_GIVEN = _words(
    "Adi Agus Ayu Bagas Bayu Bunga Cahya Citra Dewi Dian Dimas Désy Eka Fajar Galih Gita Hana Indah Intan Jaka",
    "Kartika Kirana Laras Lestari Mega Melati Nanda Nur'aini Putri Raka Rani Ratna Reza Rizky Sari Satria Sekar",
    "Tari Tirta Wulan Yoga Yuli",
)
_MIDDLE = _words("Angin Awan Embun Fajar Hujan Laut Matahari Ombak Pagi Pelangi Senja Samudra Telaga Bintang")
_FAMILY = _words(
    "Pensil Kuas Kanvas Kertas Tinta Kamera Lensa Piksel Vektor Palet Huruf Bingkai Layar Krayon Spidol Gunting",
    "Penggaris Stempel Tripod Mikrofon Papanketik Tetikus Hologram Mozaik Sketsa Poster Komik Animasi",
)
_CITIES = _words("Jakarta Bandung Yogyakarta Surabaya Denpasar Medan Makassar Semarang Malang Palembang")
_MAILBOXES = ("surat.example", "pos.example", "kotak.example", "example.com", "example.org")
_PREFIXES = ("811", "812", "813", "821", "822", "852", "853", "857", "858", "877", "878", "895")

_CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) {} Safari/537.36"
_APPLE = "Mozilla/5.0 ({}) AppleWebKit/605.1.15 (KHTML, like Gecko) {}"
_BROWSERS = (
    _CHROME.format("Linux; Android 14; SM-A546E", "Chrome/126.0.0.0 Mobile"),
    _CHROME.format("Linux; Android 13; Redmi Note 12", "Chrome/124.0.6367.113 Mobile"),
    _CHROME.format("Linux; Android 12; CPH2239", "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile"),
    _CHROME.format("Windows NT 10.0; Win64; x64", "Chrome/126.0.0.0"),
    _CHROME.format("Windows NT 10.0; Win64; x64", "Chrome/125.0.0.0") + " Edg/125.0.0.0",
    _CHROME.format("Macintosh; Intel Mac OS X 10_15_7", "Chrome/126.0.0.0"),
    _APPLE.format("Macintosh; Intel Mac OS X 10_15_7", "Version/17.5 Safari/605.1.15"),
    _APPLE.format("iPhone; CPU iPhone OS 17_5 like Mac OS X", "Version/17.5 Mobile/15E148 Safari/604.1"),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0",
)
_CRAWLERS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
)
_GRANTED = ',"consent":{"categoryPreferences":{"analytics":true,"advertising":%s}},"gpc":false'
_CONSENTS = (  # about three in four agree to analytics; the rest refuse, say nothing, or send Global Privacy Control
    (0.45, _GRANTED % "true"),
    (0.75, _GRANTED % "false"),
    (0.87, ',"consent":{"categoryPreferences":{"analytics":false,"advertising":false}},"gpc":false'),
    (0.95, ""),
    (1.0, ',"consent":{"categoryPreferences":{"analytics":true,"advertising":false}},"gpc":true'),
)


@dataclass(frozen=True)
class Person:
    """One learner's account data. `second_email` is empty for those who never change their address."""

    user_id: str
    name: str
    email: str
    second_email: str
    phone: str
    birth_date: str
    city: str


@dataclass(frozen=True)
class Browser:
    """One browser: its own id, its two addresses (home and mobile), and its `context` members as JSON text."""

    anonymous_id: str
    addresses: tuple[str, str]
    user_agent: str
    locale: str
    consent: str


def user_id(seed: int, learner: int) -> str:
    """Return a learner's user id."""
    return f"usr_{streams.number(streams.key(seed, 'user'), learner):016x}"


def token(seed: int, learner: int) -> str:
    """Return the secret of a learner's password-reset link."""
    return f"{streams.number(streams.key(seed, 'token'), learner):016x}{learner:08x}"


def person(seed: int, learner: int) -> Person:
    """Return a learner's account data."""
    rng = streams.rng(streams.key(seed, "person"), learner)
    given, family = rng.choice(_GIVEN), rng.choice(_FAMILY)
    name = f"{given} {rng.choice(_MIDDLE)} {family}" if rng.random() < 0.6 else f"{given} {family}"
    mailbox = f"{given}.{family}.{learner}".lower().replace("'", "").replace("é", "e")
    email = f"{mailbox}@{rng.choice(_MAILBOXES)}"
    return Person(
        user_id=user_id(seed, learner),
        name=name,
        email=email.title() if rng.random() < 0.04 else email,
        second_email=f"{mailbox}.baru@{rng.choice(_MAILBOXES)}" if rng.random() < 0.04 else "",
        phone=_phone(learner, rng=rng),
        birth_date=_birth_date(rng),
        city=rng.choice(_CITIES) if rng.random() < 0.9 else "",
    )


def browser(seed: int, kind: str, visitor: int) -> Browser:
    """Return a browser: `kind` is `learner` or `visitor`. Every fortieth visitor is a crawler."""
    rng = streams.rng(streams.key(seed, "browser", kind), visitor)
    roll = rng.random()
    is_crawler = kind == "visitor" and visitor % 40 == 7
    return Browser(
        anonymous_id=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        addresses=(_address(rng), _address(rng)),
        user_agent=rng.choice(_CRAWLERS if is_crawler else _BROWSERS),
        locale=rng.choice(("id-ID", "id-ID", "id-ID", "en-US", "jv-ID")),
        consent="" if is_crawler else next(text for limit, text in _CONSENTS if roll < limit),
    )


def canaries(learners: int, seed: int) -> Iterator[tuple[str, str]]:
    """Yield (kind, value) of every direct identifier that `generate` can write, from the arguments alone.

    Birth dates known only by their year are left out: four digits prove nothing when they are found.
    """
    for learner in range(learners):
        someone = person(seed, learner)
        yield "user_id", someone.user_id
        yield "name", someone.name
        yield "email", someone.email
        if someone.second_email:
            yield "email", someone.second_email
        yield "phone", someone.phone
        if len(someone.birth_date) == 10:
            yield "birth_date", someone.birth_date
        yield "token", token(seed, learner)
        yield from _traces(browser(seed, "learner", learner))
    for visitor in range(learners // ANONYMOUS_SHARE):
        yield from _traces(browser(seed, "visitor", visitor))


def _traces(device: Browser) -> Iterator[tuple[str, str]]:
    yield "anonymous_id", device.anonymous_id
    for address in device.addresses:
        yield "ip", address


def _phone(learner: int, *, rng: random.Random) -> str:
    prefix = _PREFIXES[learner % len(_PREFIXES)]
    last = f"{learner // len(_PREFIXES) * 7919 % 100_000:05d}"
    spellings = ("0{}0000{}", "+62 {} 0000 {}", "62{}-0000-{}", "+62{}0000{}", "0{}-0000-{}")
    return rng.choice(spellings).format(prefix, last)


def _birth_date(rng: random.Random) -> str:
    year = rng.randint(1966, 2004)
    month, day, roll = rng.randint(1, 12), rng.randint(1, 28), rng.random()
    if roll < 0.04:
        return f"{year}"
    return "" if roll < 0.10 else f"{year}-{month:02d}-{day:02d}"


def _address(rng: random.Random) -> str:
    roll, last = rng.random(), rng.randint(1, 254)
    if roll < 0.50:
        return f"198.{rng.randint(18, 19)}.{rng.randrange(256)}.{last}"
    if roll < 0.75:
        return f"100.{rng.randint(64, 127)}.{rng.randrange(256)}.{last}"
    if roll < 0.80:
        return f"{rng.choice(('192.0.2', '198.51.100', '203.0.113'))}.{last}"
    return "2001:db8:" + ":".join(f"{rng.randint(1, 0xFFFF):x}" for _ in range(6))
