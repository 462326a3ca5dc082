"""Dirt: what a demo spoils on purpose, how often, and what is known of each spoilt row.

Whether a row is spoilt is decided in the stream of the entity it belongs to. Which file it goes to is in `layout`; files
that are spoilt as a whole are in `drift` and `generator`. Nothing clean is made here.
"""

from __future__ import annotations

import json
import random
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import accumulate
from typing import Any

from pipelines.demo.landing.layout import Layout
from pipelines.demo.rows import Plant, Row
from pipelines.demo.world.span import DAY, World, local_text, utc_text

_COMMON = {
    "duplicate": 0.006,
    "late": 0.006,
    "broken_json": 0.002,
    "wrong_encoding": 0.001,
    "missing_field": 0.003,
    "wrong_type": 0.002,
    "unknown_field": 0.004,
}
_TABLE = {"duplicate": 0.006, "late": 0.006, "missing_field": 0.003}  # what can befall a row of CSV or Parquet
_TIMED = _COMMON | {"no_offset": 0.004}
# Chance per row; for web events per visit. One kind each at most.
RATES: Mapping[str, Mapping[str, float]] = {
    "accounts": _TIMED,
    "learner_attributes": _TABLE,
    "newsletter_subscribers": _TABLE,
    "course_progress": _TIMED | {"unknown_course": 0.0008, "future": 0.0003},
    "course_progress_xapi": _TIMED | {"future": 0.0003},
    "web_events": {
        "duplicate": 0.03,
        "repeated_later": 0.01,
        "late": 0.04,
        "out_of_order": 0.02,
        "broken_json": 0.006,
        "wrong_encoding": 0.002,
        "missing_field": 0.006,
        "wrong_type": 0.005,
        "unknown_field": 0.01,
        "future": 0.002,
        "no_offset": 0.01,
        "malformed_ip": 0.005,
    },
    "web_access_log": {"truncated": 0.0008, "wrong_encoding": 0.0002},
    "meta_pixel": {**_COMMON, "unknown_field": 0.002},
    "payments": {"late": 0.01, "broken_json": 0.002, "missing_field": 0.002, "unknown_field": 0.01},
    "orders": _TABLE,
    "ad_insights": {"duplicate": 0.004, "late": 0.004, "missing_field": 0.002},
    "support_tickets": _TIMED,
    "consents": _TIMED,
    "rights_requests": {"duplicate": 0.02, "no_offset": 0.02},
}
EVENT_TIMES = {
    "accounts": "updated_at",
    "learner_attributes": "updated_at",
    "newsletter_subscribers": "subscribed_at",
    "course_progress": "occurred_at",
    "course_progress_xapi": "timestamp",
    "web_events": "timestamp",
    "meta_pixel": "event_time",
    "orders": "created_at",
    "support_tickets": "created_at",
    "consents": "occurred_at",
    "rights_requests": "received_at",
}
REQUIRED: Mapping[str, tuple[tuple[str, ...], ...]] = {  # each entry: members that are removed together
    "accounts": (("user_id",), ("email",), ("registered_at",), ("updated_at",)),
    "learner_attributes": (("user_id",), ("updated_at",)),
    "newsletter_subscribers": (("email",), ("subscribed_at",)),
    "course_progress": (("event_id",), ("user_id",), ("course_id",), ("event_type",), ("occurred_at",)),
    "course_progress_xapi": (("id",), ("actor",), ("verb",), ("object",), ("timestamp",)),
    "web_events": (("messageId",), ("type",), ("timestamp",), ("anonymousId", "userId")),
    "meta_pixel": (("event_name",), ("event_time",), ("url",)),
    "payments": (("order_id",), ("transaction_id",), ("transaction_status",), ("signature_key",)),
    "orders": (("order_id",), ("user_id",), ("course_id",), ("created_at",)),
    "ad_insights": (("date",), ("campaign_id",)),
    "support_tickets": (("ticket_id",), ("message_id",), ("body",), ("created_at",)),
    "consents": (("event_id",), ("purpose",), ("granted",), ("occurred_at",), ("policy_version",)),
}
# Parquet is typed and nothing in CSV is broken JSON: these kinds do not fit into such files.
_TEXT_ONLY = frozenset({"broken_json", "wrong_type", "unknown_field", "no_offset", "wrong_encoding", "future"})
_CEILING = 0.9
_MOST_BELATED_SECONDS = 6 * 3600


class Dirt:
    """What is planted in one run. `level` multiplies every rate; 0 plants nothing."""

    def __init__(self, world: World, *, level: float) -> None:
        self.world, self.level, self.layout = world, level, Layout(world)
        self._kinds = {source: tuple(rates) for source, rates in RATES.items()}
        self._limits = {}
        for source, rates in RATES.items():
            factor = min(level, _CEILING / sum(rates.values()))
            self._limits[source] = list(accumulate(rate * factor for rate in rates.values()))

    def pick(self, source: str, at: int, *, rng: random.Random) -> str:
        """Draw a kind for a row (or visit) that arrives at `at`, or "" for the clean majority."""
        roll, limits = rng.random(), self._limits[source]
        if roll >= limits[-1]:
            return ""
        kind = self._kinds[source][bisect_right(limits, roll)]
        return "" if kind in _TEXT_ONLY and not self.layout.is_text(source, at) else kind

    def landed(
        self,
        row: Row,
        *,
        key: str,
        rng: random.Random,
        occurred_at: int | None = None,
        email: str = "",
        about: str = "",
    ) -> Iterator[Row]:
        """Yield a JSON row as it lands: mostly as it is, now and then twice, late or spoilt.

        `key` is the row's id, `occurred_at` its own instant in milliseconds, `email` whose address may leak into a field
        that no contract knows. A row that bears a plant already is left as it is.
        """
        if row.plant:
            yield row
            return
        kind = self.pick(row.source, row.at, rng=rng)
        if not kind:
            yield row
        else:
            yield from self.spoilt(row, kind, key=key, rng=rng, occurred_at=occurred_at, email=email, about=about)

    def spoilt(
        self,
        row: Row,
        kind: str,
        *,
        key: str,
        rng: random.Random,
        occurred_at: int | None = None,
        email: str = "",
        about: str = "",
    ) -> Iterator[Row]:
        """Yield a row spoilt in one way; unspoilt where that cannot be."""
        plant = Plant(kind, "accepted", key=key, about=about, occurred_at=occurred_at)
        if kind == "duplicate":
            yield row
            yield row._replace(plant=plant._replace(fate="duplicate"))
        elif kind == "late":
            arrives = self.layout.next_at(row.source, row.at)
            is_within = arrives is not None and arrives + _MOST_BELATED_SECONDS < self.world.end_at
            yield (
                row._replace(at=arrives + rng.randrange(_MOST_BELATED_SECONDS), plant=plant)
                if is_within and arrives
                else row
            )
        elif kind == "broken_json":
            line = row.line[: rng.randint(len(row.line) // 4, len(row.line) - 2)]
            yield row._replace(line=line, plant=plant._replace(fate="quarantined"))
        elif kind == "wrong_encoding":
            yield row._replace(line=_in_latin_1(row.line), plant=plant._replace(fate="quarantined"))
        else:
            yield self._changed(row, plant, email=email, rng=rng)

    def _changed(self, row: Row, plant: Plant, *, email: str, rng: random.Random) -> Row:
        document = json.loads(row.line)
        plant = self._change(row.source, document, plant, email=email, rng=rng)
        if not plant.field:
            return row
        return row._replace(line=json.dumps(document, separators=(",", ":"), ensure_ascii=False), plant=plant)

    def _change(self, source: str, document: dict[str, Any], plant: Plant, *, email: str, rng: random.Random) -> Plant:
        """Change a row in place and return what is known of it; without a field, nothing was changed."""
        kind, event_time = plant.kind, EVENT_TIMES.get(source, "")
        if kind == "missing_field":
            there = [members for members in REQUIRED[source] if any(member in document for member in members)]
            members = rng.choice(there)
            for member in members:
                document.pop(member, None)
            return plant._replace(field="|".join(members), fate="quarantined")
        if kind == "unknown_field":
            name = rng.choice(("traits", "internal_note", "debug"))
            document[name] = {"email": email} if name == "traits" else f"catatan {rng.randint(1, 99)}"
            return plant._replace(field=name)
        if kind == "unknown_course":
            document["course_id"] = f"kursus-belum-ada-{rng.randint(1, 3)}"
            return plant._replace(field="course_id", fate="quarantined")
        if kind == "malformed_ip":
            document["context"]["ip"] = rng.choice(("999.12.0.1", "tidak diketahui", "198.18.7"))
            return plant._replace(field="context.ip")
        if event_time not in document:
            return plant
        document[event_time] = self._wrong_time(kind, document[event_time], rng=rng)
        return plant._replace(field=event_time, fate="accepted" if kind == "no_offset" else "quarantined")

    def _wrong_time(self, kind: str, value: object, *, rng: random.Random) -> str | bool | int:
        if kind == "future":  # more than a day after any as-of instant on the day `end`
            at = self.world.end_at + 2 * DAY + rng.randrange(DAY)
            return at if isinstance(value, int) else utc_text(at) + "Z"
        if kind == "no_offset" and isinstance(value, str):
            return value[:-6] if value.endswith("+07:00") else _as_local(value)
        return rng.choice(("kemarin sore", True, "31-02-2026 25:61"))


def _in_latin_1(line: str) -> str:
    """Put a letter into the line that is written in another encoding than the file."""
    spot = line.rfind('"')
    return line[:spot] + "\udce9" + line[spot:] if spot > 0 else line + "\udce9"


def _as_local(text: str) -> str:
    """Turn a UTC text with `Z` into Jakarta's clock without an offset; milliseconds stay."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    at = int(datetime.fromisoformat(whole + "+00:00").timestamp())
    return f"{local_text(at)}.{fraction}" if fraction else local_text(at)
