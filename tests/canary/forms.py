"""The byte forms in which an identifier may lie somewhere: what is looked for, not where.

Every needle is folded (ASCII letters lower case), since the haystack is folded too. Percent-encoding and escapes are not
here: `views` undoes them in the haystack.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SHORTEST = 6
_DIGESTS = ("md5", "sha1", "sha256", "sha512")
_PHONE = re.compile(r"^\+?[\d\s().-]{8,}$")


@dataclass(frozen=True)
class Needle:
    """One form of one canary. `width` is the width of a character where digits around it matter, else 0."""

    data: bytes
    form: str
    canary: int
    width: int = 0
    is_random: bool = False


def needles(canaries: Iterable[tuple[str, str]]) -> list[Needle]:
    """Return every form of every (kind, value).

    Raises ValueError for a value shorter than 6 bytes: it would be found everywhere and prove nothing.
    """
    found: dict[tuple[bytes, int], Needle] = {}
    for number, (kind, value) in enumerate(canaries):
        if len(value.strip().encode()) < SHORTEST:
            raise ValueError(f"canary {number} ({kind}) is shorter than {SHORTEST} bytes and would be found anywhere")
        for needle in _forms(number, kind, value):
            if len(needle.data) >= SHORTEST:
                found.setdefault((needle.data, number), needle)
    return list(found.values())


def normal_forms(kind: str, value: str) -> list[str]:
    """Return the value as given and as systems normalise it before they store or hash it."""
    forms = [value, value.strip(), value.strip().lower(), value.strip().casefold()]
    if kind == "phone" or _PHONE.match(value.strip()):
        digits = re.sub(r"\D", "", value)
        national = re.sub(r"^(0062|62|0)", "", digits)
        forms += [digits, f"62{national}", f"+62{national}", f"0{national}"]
    if " " in value.strip():
        joined = " ".join(value.split())
        forms += [joined, joined.lower(), joined.replace(" ", "+")]
    return list(dict.fromkeys(forms))


def _forms(number: int, kind: str, value: str) -> Iterator[Needle]:
    for text in normal_forms(kind, value):
        data = text.encode()
        digits = 1 if text[:1].isdigit() or text[-1:].isdigit() else 0
        yield Needle(data.lower(), "plain", number, width=digits)
        for codec in ("utf-16-le", "utf-16-be"):
            yield Needle(text.encode(codec).lower(), codec, number, width=2 * digits)
        yield Needle(data.hex().encode(), "hex", number)
        for form in _base64(data):
            yield Needle(form.lower(), "base64", number)
        for algorithm in _DIGESTS:
            digest = hashlib.new(algorithm, data, usedforsecurity=False)
            yield Needle(digest.hexdigest().encode(), f"{algorithm} hex", number, is_random=True)
            yield Needle(digest.digest().lower(), f"{algorithm} raw", number, is_random=True)


def _base64(data: bytes) -> Iterator[bytes]:
    """Yield what base64 of the data looks like inside a longer text, for each of the three alignments."""
    for offset, skip in ((0, 0), (1, 2), (2, 3)):
        whole = (offset + len(data)) * 8 // 6
        text = base64.b64encode(b"\0" * offset + data)[skip:whole]
        yield text
        if b"+" in text or b"/" in text:
            yield text.replace(b"+", b"-").replace(b"/", b"_")
