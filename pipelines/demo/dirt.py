"""Dirt: what a demo spoils on purpose, how often, and the count of it.

Whether an entity's row is spoilt is decided in that entity's own stream. Where a delayed row is put is decided by those
who write it. Nothing clean is made here.
"""

from __future__ import annotations

import json
import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from itertools import accumulate
from typing import Any
from urllib.parse import quote

from pipelines.demo.world import DAY, World, local_text, utc_text

# Chance per account row, per enrolment, per visit; one kind each at most.
RATES: Mapping[str, Mapping[str, float]] = {
    "accounts": {
        "duplicate": 0.01,
        "late": 0.01,
        "broken_json": 0.003,
        "missing_field": 0.004,
        "wrong_type": 0.003,
        "unknown_field": 0.01,
        "no_offset": 0.01,
    },
    "course_progress": {
        "duplicate": 0.03,
        "late": 0.02,
        "broken_json": 0.004,
        "missing_field": 0.006,
        "wrong_type": 0.004,
        "unknown_field": 0.01,
        "unknown_course": 0.008,
        "future": 0.002,
        "no_offset": 0.02,
    },
    "web_events": {
        "duplicate": 0.03,
        "repeated_later": 0.01,
        "late": 0.04,
        "out_of_order": 0.02,
        "broken_json": 0.006,
        "missing_field": 0.006,
        "wrong_type": 0.005,
        "unknown_field": 0.01,
        "future": 0.002,
        "no_offset": 0.01,
        "malformed_ip": 0.005,
        "personal_url": 0.02,
        "personal_label": 0.005,
    },
}
EVENT_TIMES = {"accounts": "updated_at", "course_progress": "occurred_at", "web_events": "timestamp"}
REQUIRED: Mapping[str, tuple[tuple[str, ...], ...]] = {  # each entry: members that are removed together
    "accounts": (("user_id",), ("email",), ("registered_at",), ("updated_at",)),
    "course_progress": (("event_id",), ("user_id",), ("course_id",), ("event_type",), ("occurred_at",)),
    "web_events": (("messageId",), ("type",), ("timestamp",), ("anonymousId", "userId")),
}
# Parquet is typed and nothing in CSV is broken JSON: these kinds do not fit into such files.
TEXT_ONLY = frozenset({"broken_json", "wrong_type", "unknown_field", "no_offset"})
_CEILING = 0.9


class Dirt:
    """What is planted in one run, counted by source and kind. `level` multiplies every rate; 0 plants nothing."""

    def __init__(self, world: World, *, level: float) -> None:
        self.counts: dict[str, Counter[str]] = {source: Counter() for source in RATES}
        self._world, self.is_on = world, level > 0
        self._kinds = {source: tuple(rates) for source, rates in RATES.items()}
        self._limits = {}
        for source, rates in RATES.items():
            factor = min(level, _CEILING / sum(rates.values()))
            self._limits[source] = list(accumulate(rate * factor for rate in rates.values()))

    def pick(self, source: str, rng: random.Random) -> str:
        """Draw a kind for one entity, or "" for the clean majority."""
        roll, limits = rng.random(), self._limits[source]
        return "" if roll >= limits[-1] else self._kinds[source][bisect_right(limits, roll)]

    def count(self, source: str, kind: str) -> None:
        """Count one planted row (or file)."""
        self.counts[source][kind] += 1

    def spoil(self, source: str, kind: str, line: str, *, rng: random.Random, email: str = "", token: str = "") -> str:
        """Return the line spoilt in place, and count it."""
        self.count(source, kind)
        if kind == "broken_json":
            return line[: rng.randint(len(line) // 4, len(line) - 2)]
        row = json.loads(line)
        if kind == "personal_url":
            _put_into_url(row, email=email, token=token, rng=rng)
        elif kind == "personal_label":
            row["context"]["campaign"] = {"source": "newsletter", "medium": "email", "term": email}
        elif kind == "malformed_ip":
            row["context"]["ip"] = rng.choice(("999.12.0.1", "tidak diketahui", "198.18.7"))
        elif kind == "unknown_course":
            row["course_id"] = f"kursus-belum-ada-{rng.randint(1, 3)}"
        elif kind == "missing_field":
            for member in rng.choice(REQUIRED[source]):
                row.pop(member, None)
        elif kind == "unknown_field":
            _add_unknown(source, row, email=email, rng=rng)
        else:
            row[EVENT_TIMES[source]] = self._wrong_time(kind, str(row[EVENT_TIMES[source]]), rng=rng)
        return json.dumps(row, separators=(",", ":"))

    def _wrong_time(self, kind: str, text: str, *, rng: random.Random) -> str | bool:
        if kind == "future":  # more than a day after any as-of instant on the day `end`
            return utc_text(self._world.end_at + 2 * DAY + rng.randrange(DAY)) + "Z"
        if kind == "no_offset":
            return text[:-6] if text.endswith("+07:00") else _as_local(text)
        return rng.choice(("kemarin sore", True, "31-02-2026 25:61"))


def _as_local(text: str) -> str:
    """Turn a UTC text with `Z` into Jakarta's clock without an offset; milliseconds stay."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    at = int(datetime.fromisoformat(whole + "+00:00").timestamp())
    return f"{local_text(at)}.{fraction}"


def _put_into_url(row: dict[str, Any], *, email: str, token: str, rng: random.Random) -> None:
    page = row["context"]["page"]
    root = page["url"].removesuffix(page["path"])
    variant = rng.randrange(4)
    if variant == 3:
        page["path"] = f"/undangan/{email}"
    page["search"] = (
        "?email=" + quote(email),
        f"?next=%2Fkursus&email={email}",
        f"?token={token}&utm_source=email",
        "",
    )[variant]
    page["url"] = root + page["path"] + page["search"]
    if row.get("type") == "page":
        row["properties"]["url"] = page["url"]


def _add_unknown(source: str, row: dict[str, Any], *, email: str, rng: random.Random) -> None:
    if source == "web_events" and rng.random() < 0.5:
        row["traits"] = {"email": email}
    else:
        row["internal_note"] = f"catatan {rng.randint(1, 99)}"
