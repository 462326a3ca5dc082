"""E-mail addresses: believable, at reserved domains alone (RFC 2606), and nobody's twice.

An address says whose it is: domain, pattern and digits lead back to one number. Whose it is stands in `people`.
"""

from __future__ import annotations

import random

# `{a}` and `{b}` are parts of the name, `{n}` up to five digits; whatever the names, no two patterns read alike.
_PATTERNS = (
    "{a}.{b}{n}", "{a}{b}{n}", "{a}_{b}{n}", "{a}{b}{n}_", "{a}.{b}.{n}", "{a}{n}{b}", "{a}-{b}{n}", "halo.{a}{n}",
    "{a}_{b}_{n}", "studio.{a}{n}", "{a}{b}.id{n}", "ini.{a}{n}", "{a}.{b}.desain{n}", "{a}{b}.art{n}", "karya.{a}{n}",
)  # fmt: skip
_SUBSCRIBER_PATTERNS = (
    "{a}.{b}.mail{n}",
    "info.{a}{n}",
    "{a}-{b}.{n}",
    "{a}{b}.news{n}",
    "{n}.{a}{b}",
    "kontak.{a}{n}",
)
_NEVER_WITHOUT_DIGITS = {"{a}.{b}.{n}", "{a}{n}{b}", "{a}_{b}_{n}", "{a}-{b}.{n}", "{n}.{a}{b}"}
_DOMAINS = (  # with how many of the patterns are in use there
    ("surat.example", 15), ("pos.example", 15), ("kotak.example", 13), ("surel.example", 10), ("kirim.example", 8),
    ("example.com", 8), ("example.org", 5), ("example.net", 5), ("mahasiswa.kampus.example", 4), ("studiosenja.example", 2),
    ("rupakarya.example", 2), ("kanvas.example", 2),
)  # fmt: skip
_WORK_DOMAINS = ("kantor.example", "kerja.example", "agensi.example", "suratku.example", "kotakbaru.example")
_SLOTS = tuple((domain, pattern) for domain, used in _DOMAINS for pattern in _PATTERNS[:used])
_SECOND_SLOTS = tuple((domain, pattern) for pattern in _PATTERNS[:6] for domain in _WORK_DOMAINS)
_SUBSCRIBER_SLOTS = tuple((domain, pattern) for domain, _ in _DOMAINS for pattern in _SUBSCRIBER_PATTERNS)
_TAGS = ("kursus", "belajar", "mastery", "crosslife", "newsletter")
# Those of one name fill the second part with something short.
_FILLERS = ("ku", "saja", "kita", "oke")


def of_learner(learner: int, first: str, last: str, *, rng: random.Random) -> str:
    """Return the address with which a learner registers, as they type it."""
    address = _address(_SLOTS, learner, first, last, rng=rng)
    roll = rng.random()
    if roll < 0.025:
        local, _, domain = address.partition("@")
        return f"{local}+{rng.choice(_TAGS)}@{domain}"
    if roll < 0.06:
        local, _, domain = address.partition("@")
        return f"{local.title()}@{domain}"
    return address.upper() if roll < 0.065 else address


def second_of_learner(learner: int, first: str, last: str, *, rng: random.Random) -> str:
    """Return the address that a learner changes to; nobody registers with one of its domains."""
    return _address(_SECOND_SLOTS, learner, first, last, rng=rng)


def of_subscriber(number: int, first: str, last: str, *, rng: random.Random) -> str:
    """Return the address of somebody without an account; never a learner's."""
    return _address(_SUBSCRIBER_SLOTS, number, first, last, rng=rng)


def _address(slots: tuple[tuple[str, str], ...], number: int, first: str, last: str, *, rng: random.Random) -> str:
    turn, slot = divmod(number, len(slots))
    domain, pattern = slots[slot * 7 % len(slots)]
    # Where digits part two words or follow a mark they may not be missing.
    turn += pattern in _NEVER_WITHOUT_DIGITS
    return f"{pattern.format(a=first, b=last or rng.choice(_FILLERS), n=_digits(turn, slot=slot))}@{domain}"


def _digits(turn: int, *, slot: int) -> str:
    """The number of people before with the same domain and pattern, as digits that look chosen: none, two, three, …"""
    width, first = 2, 1
    if not turn:
        return ""
    while turn >= first + 10**width:
        first += 10**width
        width += 1
    return f"{((turn - first) * 37 + slot * 53 + 7) % 10**width:0{width}d}"
