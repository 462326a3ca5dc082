"""Strange texts and JSON values: what tools, people and attackers put where something else was meant."""

from __future__ import annotations

import json
import random

# In every strange text: none of it may show in a message, a report or a log. The digit makes it no name of a field.
MARK = "zq7ganjil"

_INSTANTS = (
    *("2026-06-31T10:00:00Z", "2026-02-29", "0000-00-00", "2026-06-20T24:00:00Z", "2026-06-20T23:59:60Z", "1e9"),
    *("2026-06-20T10:00:00+14:30", "2026-06-20T10:00:00+99:99", "2026-06-20 10:00:00 WIB", "20/06/2026", "infinity"),
    *("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "-2026-06-20T10:00:00Z", "2026-W25-6", "2026-171", "epoch"),
    *("294247-01-10T04:00:54.775807Z", "2026-06-20T10:00:00.123456789123Z", "2026-06-20T10:00:00,5-00:00", "now"),
    *("1781602740", "-1", "-1781602740", "1781602740.999", "1781602740123", "99999999999999999999", "٢٠٢٦-٠٦-٢٠"),
)
_NUMBERS = (
    *("1e400", "-1e400", "1e-400", "-0", "0.1e1", "99999999999999999999999999", "-9223372036854775809", "1E+2", "NaN"),
    *("Infinity", "-Infinity", "inf", "nan", "18446744073709551616", "0." + "3" * 400, "1" * 400, "01", "+1", "1."),
)
_TEXTS = (
    *("", " ", "\x00", "a\x00b", "\ufeff", "\u202e", "\u2028", "\x1f", "\x7f", "\\", '"', "'", "''", "`", "--", "/*"),
    *("'; drop table chunk; --", "${jndi:x}", "{{7*7}}", "%s%n", "%", "%zz", "%E0%A4%A", "a%00b", "%25%32%35", "&=&="),
    *("😀", "e\u0301", "ﷺ", "ı", "ß", "\ud7ff", "[", "{", '["', '{"a"', "null", "true", "[null]", '[{"id":1}]', "{}"),
    *(
        "::1",
        "2001:db8::%eth0",
        "::ffff:10.0.0.1",
        "1.2.3",
        "256.1.1.1",
        "0x7f.1",
        "http://[::1",
        "//",
        "http://%",
        "?",
    ),
    *("/tr?", "/tr/?ev=&ev=Lead", "/tr?ud[em]=%ff&eid=%", "mailto:", "mailto:@", "@", "a@", "a@b@c", "0812", "+", "."),
)
_KEYS = ("", " ", ".", "a.b", "/", "~0", "$", "*", "$.type", "\x00", "'", '"', "\ufeff", "__proto__", "é" * 40)


def text(rng: random.Random) -> str:
    """Return a strange text; most bear the mark."""
    roll = rng.random()
    if roll < 0.3:
        return rng.choice(_INSTANTS)
    if roll < 0.4:
        return rng.choice(_NUMBERS)
    if roll < 0.42:
        return MARK + rng.choice("ax%é\x00'") * rng.choice((3_000, 20_000))
    return rng.choice(_TEXTS) + rng.choice(("", MARK, f" {MARK}", f"{MARK}\t")) + rng.choice(_TEXTS)


def key(rng: random.Random) -> str:
    """Return a strange name of a member."""
    return rng.choice(_KEYS) + MARK + rng.choice(_KEYS)


def literal(rng: random.Random) -> str:
    """Return the text of a strange JSON value; not every one is JSON."""
    roll = rng.random()
    if roll < 0.5:
        return json.dumps(text(rng), ensure_ascii=rng.random() < 0.5)
    if roll < 0.7:
        return rng.choice(_NUMBERS)
    if roll < 0.8:
        return rng.choice(("null", "true", "false", "[]", "{}", '[""]', "[null]", '{"":0}', "0", "-1", "1.5"))
    if roll < 0.85:
        return rng.choice(
            (r'"\ud800"', r'"\udc00\ud800"', r'"\u0000"', r'"\x41"', r'"\u12"', '"\t"', "undefined", "'a'")
        )
    if roll < 0.855:
        return nested(rng, depth=10_000)
    if roll < 0.9:
        return nested(rng, depth=rng.randrange(1, 60))
    return json.dumps({key(rng): text(rng), "id": [text(rng)]})


def nested(rng: random.Random, *, depth: int) -> str:
    """Return a value inside `depth` objects or lists; now and then they are not all closed."""
    opening, closing = rng.choice((("[", "]"), ('{"a":', "}"), ('[{"id":', "}]")))
    return opening * depth + "1" + closing * (depth - rng.choice((0, 0, 0, 1)))
