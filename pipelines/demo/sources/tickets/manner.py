"""A writer's habits: which words they shorten and how, capitals, full stops, slips of the finger.

Only plain words are changed; personal data are spelt in `spelling`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_SHORT: Mapping[str, tuple[str, ...]] = {
    "tidak": ("tdk", "tdk", "gak", "tak"),
    "gak": ("ga", "gak", "gk", "nggak", "ngga", "g", "kagak", "ndak"),
    "udah": ("udh", "dah", "sdh", "uda"),
    "sudah": ("sdh", "udah", "sudah"),
    "yang": ("yg", "yg", "yng"),
    "dengan": ("dgn", "dg"),
    "untuk": ("utk", "u/", "buat"),
    "dari": ("dr", "dri"),
    "bisa": ("bs", "bisa", "bsa"),
    "belum": ("blm", "blom", "belom"),
    "masih": ("msh", "masi"),
    "kenapa": ("knp", "kok", "napa"),
    "gimana": ("gmn", "gmna", "gimna"),
    "kalau": ("klo", "kalo", "kl"),
    "kalo": ("klo", "kl"),
    "banget": ("bgt", "bangett", "bngt"),
    "tolong": ("tlg", "tolong", "plis"),
    "mohon": ("mhn", "mohon"),
    "juga": ("jg", "jga"),
    "karena": ("krn", "krna", "soalnya"),
    "terus": ("trs", "trus"),
    "tapi": ("tp", "tpi"),
    "tetapi": ("ttp", "tapi"),
    "lagi": ("lg", "lgi"),
    "sama": ("sm", "ama"),
    "sampe": ("smpe", "ampe"),
    "sampai": ("sampe", "smpai"),
    "padahal": ("pdhl", "pdahal"),
    "aku": ("aku", "saya", "sy", "gue", "gw", "saya", "aq"),
    "saya": ("sy", "saya", "sya"),
    "makasih": ("mksh", "makasi", "mksih", "thx", "terima kasih", "makasihh"),
    "transfer": ("tf", "trf", "transfer"),
    "tanggal": ("tgl",),
    "nomor": ("no", "nmr", "nomer"),
    "kemarin": ("kmrn", "kemaren"),
    "emailnya": ("emailnya", "imelnya"),
    "bilang": ("blg",),
    "orang": ("org",),
    "dulu": ("dl", "dlu"),
    "cuma": ("cm", "cuman"),
    "punya": ("pny",),
    "kayaknya": ("kyknya", "kayanya"),
    "gara2": ("grgr", "gegara"),
    "ngerjain": ("ngerjain", "ngrjain"),
    "jadi": ("jd", "jdi"),
    "nunggu": ("nungguin", "nggu"),
    "please": ("pls", "plz"),
    "you": ("u", "you"),
    "because": ("bc", "cause"),
    "thanks": ("thx", "ty"),
    "your": ("ur", "your"),
}
_ADDRESSED = ("kak", "kak", "kak", "min", "min", "mimin", "admin", "kakak", "mba", "mas", "gan", "sis", "bang")
_TAILS = (" 🙏", " 😭", " 😅", " 🥲", "🙏🙏", " :(", " :)", " hehe", " wkwk", "~", " hiks", " ya", " 😩", " 🫠")
_GLAD_TAILS = (" 🙏", " 😊", "🙏🙏", " :)", " hehe", " 😁", " 👍", "~")
_WORD = re.compile(r"[A-Za-z0-9']+|[^A-Za-z0-9']+")


@dataclass(frozen=True)
class Manner:
    """How somebody writes. `care` is 0 for who types as they talk, 1 for who writes a letter."""

    words: Mapping[str, str] = field(default_factory=dict)
    is_lower: bool = False
    is_shouting: bool = False
    has_stops: bool = True
    slips: float = 0.0
    emoji: float = 0.0
    addressed: str = "kak"
    between: str = " "

    def spoken(self, text: str, *, rng: random.Random) -> str:
        """Return plain words as this writer puts them down."""
        if self.words or self.slips:
            text = "".join(self._word(word, rng=rng) for word in _WORD.findall(text))
        if self.is_shouting:
            return text.upper()
        return text.lower() if self.is_lower else text

    def _word(self, word: str, *, rng: random.Random) -> str:
        short = self.words.get(word.lower())
        if short:
            return short.capitalize() if word[0].isupper() else short
        if self.slips and len(word) > 4 and word.isalpha() and rng.random() < self.slips:
            spot = rng.randrange(1, len(word) - 2)
            return word[:spot] + word[spot + 1] + word[spot] + word[spot + 2 :]
        return word

    def tail(self, rng: random.Random, *, is_glad: bool) -> str:
        """Return what follows a message's last words, mostly nothing."""
        tails = _GLAD_TAILS if is_glad else _TAILS
        return rng.choice(tails) if self.emoji and rng.random() < self.emoji else ""


PLAIN = Manner()


def manner(register: str, *, rng: random.Random) -> Manner:
    """Draw the habits of somebody who writes in a register."""
    if register == "formal":
        intensity = rng.choice((0.0, 0.0, 0.0, 0.0, 0.12, 0.25))
        return Manner(
            words=_habits(intensity, rng=rng, kept=("aku", "saya", "tidak", "sudah", "karena", "makasih")),
            slips=rng.choice((0.0, 0.0, 0.004, 0.012)),
            between=rng.choice((" ", " ", "\n", "\n\n")),
        )
    if register == "english":
        is_hasty = rng.random() < 0.3
        words = _habits(0.7, rng=rng) if is_hasty else {}
        return Manner(
            words=words,
            is_lower=is_hasty,
            has_stops=not is_hasty,
            slips=0.006,
            between=rng.choice((" ", " ", "\n")),
        )
    is_lower = rng.random() < 0.62
    return Manner(
        words=_habits(rng.choice((0.1, 0.35, 0.55, 0.8)), rng=rng),
        is_lower=is_lower,
        is_shouting=rng.random() < 0.025,
        has_stops=rng.random() < (0.15 if is_lower else 0.4),
        slips=rng.choice((0.0, 0.01, 0.02)),
        emoji=rng.choice((0.0, 0.0, 0.25, 0.6)),
        addressed=rng.choice(_ADDRESSED),
        between=rng.choice(("\n", "\n", " ", ", ", ". ", " .. ", "\n\n", "... ")),
    )


def _habits(intensity: float, *, rng: random.Random, kept: tuple[str, ...] = ()) -> dict[str, str]:
    if not intensity:
        return {}
    return {
        word: rng.choice(shorts) for word, shorts in _SHORT.items() if rng.random() < intensity and word not in kept
    }
