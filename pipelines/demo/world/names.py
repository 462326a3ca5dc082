"""Indonesian names of many regions: how they are put together, spelt, typed and shortened.

Given names and family names are common ones, put together by chance: they name nobody. The words themselves are in
`name_words`; whose name it is stands in `people`.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple

from pipelines.demo.world.name_words import (
    ARABIC_PREFIXES,
    BALINESE_ORDERS,
    BALINESE_TITLES,
    DEGREES,
    MONONYMS,
    SHORT_FORMS,
    STOCKS,
    UNCALLED,
    VARIANTS,
    Stock,
)

MONONYM_SHARE = 0.08
_LOCAL_SHARE = 0.45
_ORIGINS = {
    "javanese": 27, "modern": 17, "arabic": 19, "sundanese": 11, "batak": 7, "minang": 5, "balinese": 3, "chinese": 6,
    "eastern": 3, "bugis": 2,
}  # fmt: skip
_ORIGIN_NAMES, _ORIGIN_LIMITS = tuple(_ORIGINS), list(accumulate(_ORIGINS.values()))
_LETTERS = str.maketrans({"é": "e", "ë": "e", "'": "", " ": "", ".": "", "-": ""})


class Name(NamedTuple):
    """A name in full (as typed), what its bearer is called, and first and last part in plain small letters."""

    full: str
    nickname: str
    first: str
    last: str


def name(rng: random.Random, *, gender: str, local: str = "") -> Name:
    """Draw a name for a woman (`female`) or a man (`male`); `local` is whose names are common where they live."""
    if rng.random() < MONONYM_SHARE:
        only = _respelt(rng.choice(MONONYMS[gender]), rng=rng)
        return Name(_typed(only, rng=rng), _nickname([only], gender=gender, rng=rng), plain(only), "")
    parts = _parts(_origin(local, rng=rng), gender=gender, rng=rng)
    full = " ".join(parts)
    if rng.random() < 0.025:
        full = f"{full}, {rng.choice(DEGREES)}"
    called = [part for part in parts if part not in UNCALLED] or parts[-1:]
    first, last = plain(called[0].split()[-1]), plain(parts[-1].split()[-1])
    if last == first:
        last = plain(parts[0].split()[-1])
    # On Bali many are called by the name that says whether they are a first or a third child.
    is_by_order = parts[0] in ("I", "Ni") and rng.random() < 0.35
    nickname = parts[-3] if is_by_order else _nickname(called, gender=gender, rng=rng)
    return Name(_typed(full, rng=rng), nickname, first, last)


def plain(word: str) -> str:
    """Return a word in small letters without accents, apostrophes and blanks."""
    return word.lower().translate(_LETTERS)


def tidied(full: str) -> str:
    """Return a name in ordinary capitals, as somebody writes it who corrects their profile."""
    if not (full.isupper() or full.islower()):
        return full
    bare, _, degree = full.partition(",")
    words = [word[:1].upper() + word[1:].lower() for word in bare.split(" ")]
    return " ".join(words) + (", S.Ds." if degree else "")


def with_degree(full: str, *, rng: random.Random) -> str:
    """Return the name of somebody who has just taken a degree and shows it."""
    return full if "," in full else f"{full}, {rng.choice(DEGREES)}"


def _origin(local: str, *, rng: random.Random) -> str:
    if local and rng.random() < _LOCAL_SHARE:
        return local
    return _ORIGIN_NAMES[bisect_right(_ORIGIN_LIMITS, rng.random() * _ORIGIN_LIMITS[-1])]


def _parts(origin: str, *, gender: str, rng: random.Random) -> list[str]:
    """The parts in order; a part of two words is one that is never taken apart."""
    stock = STOCKS[origin][gender]
    given, last = _respelt(rng.choice(stock.given), rng=rng), rng.choice(stock.last)
    if last.startswith(given[:5]):
        last = stock.last[(stock.last.index(last) + 1) % len(stock.last)]
    if origin == "balinese":
        return [*_balinese_head(gender, rng=rng), given, last]
    if origin == "arabic":
        return _arabic(given, last, gender=gender, rng=rng)
    if origin == "bugis" and rng.random() < 0.5:
        return ["Andi", given, last]
    middle = _middle(stock, given=given, rng=rng)
    return [given, middle, last] if middle else [given, last]


def _middle(stock: Stock, *, given: str, rng: random.Random) -> str:
    if rng.random() >= stock.middle_share:
        return ""
    middle = rng.choice(stock.middle)
    return middle if middle != given else ""


def _balinese_head(gender: str, *, rng: random.Random) -> list[str]:
    if rng.random() < 0.12:
        return [rng.choice(BALINESE_TITLES[gender])]
    article = "I" if gender == "male" else "Ni"
    orders = BALINESE_ORDERS[gender]
    order = rng.choice(orders)
    roll = rng.random()
    if roll < 0.2 and gender == "female":
        return [article, "Luh", order]
    return [article, order] if roll < 0.8 else [order]


def _arabic(given: str, last: str, *, gender: str, rng: random.Random) -> list[str]:
    roll = rng.random()
    prefix = rng.choice(ARABIC_PREFIXES[gender])
    if roll < 0.30:
        return [prefix, given]
    if roll < 0.70:
        return [prefix, given, last]
    return [given, last]


def _respelt(given: str, *, rng: random.Random) -> str:
    """Names have older and newer spellings; about one in eight bears another."""
    if given in VARIANTS and rng.random() < 0.25:
        return rng.choice(VARIANTS[given])
    return given


def _typed(full: str, *, rng: random.Random) -> str:
    roll = rng.random()
    if roll < 0.03:
        return full.upper()
    return full.lower() if roll < 0.07 else full


def _nickname(called: list[str], *, gender: str, rng: random.Random) -> str:
    """What friends call somebody: a part of the name, or its short form."""
    part = called[1] if len(called) > 2 and rng.random() < 0.25 else called[0]
    word = part.split()[-1].strip("'")
    for beginning, short in SHORT_FORMS[gender].items():
        if word.startswith(beginning):
            return rng.choice(short)
    return word
