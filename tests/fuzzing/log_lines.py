"""Lines of an access log, spoiled."""

from __future__ import annotations

import random

from tests.fuzzing import strange
from tests.fuzzing.fates import Fate, Made

_TEMPLATE = '{addr} - {user} [{time}] "{request}" {status} {size} "{referrer}" "{agent}"{more}'
_USUAL = {
    "addr": "192.0.2.11",
    "user": "-",
    "time": "20/Jun/2026:10:00:00 +0700",
    "request": "GET /kursus HTTP/1.1",
    "status": "200",
    "size": "512",
    "referrer": "-",
    "agent": "Mozilla/5.0 (X11; Linux x86_64)",
    "more": "",
}
_ODD = {
    "addr": ("2001:db8::1", "::ffff:192.0.2.1", "unknown", "fe80::1%eth0", "-", "host.example", "::", "1.2.3.4.5"),
    "user": ("a b", "[x]", '"-"', "é", "- -"),
    "time": (
        "31/Dec/1969:23:59:59 +0000",
        "20/Jun/2026:10:00:00 -1159",
        "20/Jun/9999:10:00:00 +0700",
        "20/jun/2026:10:00:00 +0700",
    ),
    "request": (
        "",
        "-",
        r"\x16\x03\x01",
        r"GET /\"a\" HTTP/1.1",
        "PROPFIND * HTTP/1.0",
        "get / http/1.1",
        "GET  /",
        "G" * 40,
    ),
    "status": ("000", "999", "099"),
    "size": ("-", "0", "9" * 19, "9" * 40),
    "referrer": ("", r"\"", "javascript:", "http://[::1]/", "https://xn--/", "-" * 300),
    "agent": ("", r"\\", r"\"; rm -rf", "() { :; }", "Googlebot" * 50, "Mozilla/5.0 (" + "(" * 200),
    "more": (' "-"', " 0.003", ' rt=0.1 "x"', "   "),
}
_WRONG = {
    "time": (
        "",
        "-",
        "32/Jun/2026:10:00:00 +0700",
        "20/Foo/2026:10:00:00 +0700",
        "20/Jun/2026 10:00:00",
        "2026-06-20T10:00:00Z",
    ),
    "status": ("20", "abc", "", "-1", "2000"),
    "size": ("", "x", "-1", "1.5"),
    "addr": ("",),
}


def made(line: bytes, *, rng: random.Random) -> Made:
    """Return a line as it is (one in four), or spoiled in one way."""
    roll = rng.random()
    if roll < 0.25:
        return Made(line, Fate.SOUND)
    if roll < 0.35:
        return Made(line[: rng.randrange(1, line.rindex(b'"'))], Fate.BAD)
    if roll < 0.4:
        at = rng.randrange(len(line))
        return Made(line[:at] + b"\xff" + line[at:], Fate.BAD)
    if roll < 0.5:
        part = rng.choice(list(_WRONG))
        return Made(_line(**{part: rng.choice(_WRONG[part])}), Fate.BAD)
    if roll < 0.75:
        parts = rng.sample(list(_ODD), rng.choice((1, 2, 4)))
        return Made(_line(**{part: rng.choice(_ODD[part]) for part in parts}), Fate.OPEN)
    if roll < 0.9:
        return Made(_line(**{rng.choice(list(_USUAL)): strange.text(rng)}), Fate.OPEN)
    content = bytearray(line)
    for _ in range(rng.choice((1, 3, 9))):
        content[rng.randrange(len(content))] = rng.randrange(256)
    return Made(b"1" + bytes(content).replace(b"\n", b" ")[1:], Fate.OPEN)


def _line(**parts: str) -> bytes:
    filled = _TEMPLATE.format_map({**_USUAL, **parts})
    return ("1" + filled if filled.isspace() else filled).replace("\n", " ").encode("utf-8", "surrogatepass")
