"""Mobile numbers: one of its own for every learner, and the ways in which people write it.

A run of zeros stands where a subscriber's digits begin, so that none is a telephone that rings.
"""

from __future__ import annotations

import random

ZEROS = "0000"
_PREFIXES = (
    "812", "813", "821", "822", "852", "853", "811", "823", "851", "815", "816", "855", "856", "857", "858", "814",
    "817", "818", "819", "859", "877", "878", "831", "838", "895", "896", "897", "898",
)  # fmt: skip
_SECOND_PREFIXES = ("881", "882", "887", "888", "889")
_WIDTHS = (3, 4, 4, 4, 4, 4, 5, 5)
_SPELLINGS = (
    "0{p}-{z}-{n}", "0{p}-{z}-{n}", "0{p}-{z}-{n}", "0{p}{z}{n}", "0{p}{z}{n}", "0{p}{z}{n}", "0{p}{z}{n}", "0{p}{z}{n}",
    "0{p} {z} {n}", "0{p} {z} {n}", "+62 {p} {z} {n}", "+62 {p}-{z}-{n}", "+62{p}{z}{n}", "+62{p}{z}{n}", "62{p}{z}{n}",
    "62{p}{z}{n}", "62-{p}-{z}-{n}", "(0{p}) {z} {n}", "0{p}.{z}.{n}", "{p} {z} {n}", "{p}{z}{n}",
)  # fmt: skip


def e164(learner: int, *, rng: random.Random, is_second: bool = False) -> str:
    """Return a learner's number in normal form, `+628…`, 10 to 13 digits when dialled at home.

    Different up to 2.8 million learners; a second number is never anybody's first.
    """
    prefixes = _SECOND_PREFIXES if is_second else _PREFIXES
    turn, place = divmod(learner, len(prefixes))
    width = rng.choice(_WIDTHS)
    while turn >= 10**width and width < 5:
        width += 1
    # 7919 is prime to ten: within one prefix and width no two turns end in the same digits.
    last = (turn * 7919 + place * 38_177 + 1234) % 10**width
    return f"+62{prefixes[place]}{ZEROS}{last:0{width}d}"


def spelt(number: str, *, rng: random.Random) -> str:
    """Return a number in normal form as somebody writes it."""
    return rng.choice(_SPELLINGS).format(p=number[3:6], z=number[6:10], n=number[10:])
