"""What is planted is counted a second time from the files alone, by rules that know nothing of how it was planted."""

from __future__ import annotations

import ipaddress
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.demo import dirt

from . import reading_landed as reading
from .conftest import END, Landed

FAR_AHEAD = datetime(END.year, END.month, END.day, tzinfo=UTC) + timedelta(days=1)
COURSES = {
    "desain-web-dasar",
    "desain-grafis",
    "motion-graphics",
    "copywriting",
    "ilustrasi-digital",
    "fotografi-produk",
    "ui-ux",
    "bisnis-freelance",
}


def kind_of_row(source: str, row: dict[str, Any] | None, *, is_typed: bool) -> str:
    """The dirt that shows in a row by itself."""
    if row is None:
        return "broken_json"
    if any(all(row.get(name) in (None, "") for name in together) for together in dirt.REQUIRED[source]):
        return "missing_field"
    at = reading.instant(row[dirt.EVENT_TIMES[source]])
    if at is None:
        return "wrong_type"
    if at > FAR_AHEAD:
        return "future"
    if not is_typed and not reading.has_offset(row[dirt.EVENT_TIMES[source]]):
        return "no_offset"
    if row.keys() & {"traits", "internal_note"}:
        return "unknown_field"
    if source == "course_progress" and row["course_id"] not in COURSES:
        return "unknown_course"
    return kind_of_call(row) if source == "web_events" else ""


def kind_of_call(row: dict[str, Any]) -> str:
    context = row["context"]
    try:
        ipaddress.ip_address(context["ip"])
    except ValueError:
        return "malformed_ip"
    url = context.get("page", {}).get("url", "")
    if "@" in url or "%40" in url or "token=" in url:
        return "personal_url"
    return "personal_label" if "@" in context.get("campaign", {}).get("term", "") else ""


def count(landing: Path, source: str) -> Counter[str]:
    found: Counter[str] = Counter()
    earlier: set[str] = set()
    for path in reading.finished(landing, source):
        here: set[str] = set()
        latest = datetime.min.replace(tzinfo=UTC)
        for line, row in reading.rows(path):
            kind = kind_of_row(source, row, is_typed=path.suffix == ".parquet")
            at = reading.instant((row or {}).get(dirt.EVENT_TIMES[source]))
            if line in here or line in earlier:
                kind = "duplicate" if line in here else "repeated_later"
            elif (
                not kind
                and at
                and at.astimezone(reading.JAKARTA).date() < reading.first_day(path)
                and reading.period(path)
            ):
                kind = "late"
            elif source == "web_events" and not kind and at and at < latest:
                kind = "out_of_order"
            if at and not kind:
                latest = max(latest, at)
            here.add(line)
            found[kind] += 1
        earlier |= here
    del found[""]
    return found


@pytest.mark.parametrize("source", sorted(dirt.RATES))
def test_planted_dirt_is_what_stands_in_the_files(landed: Landed, source: str) -> None:
    planted = {kind: n for kind, n in landed.summary.planted[source].items() if not kind.endswith("_file")}
    assert count(landed.landing, source) == planted


def test_every_kind_of_dirt_occurs(landed: Landed) -> None:
    for source, rates in dirt.RATES.items():
        assert rates.keys() <= landed.summary.planted[source].keys()
    assert landed.summary.planted["web_events"]["duplicate_file"] == 1
    assert landed.summary.planted["web_events"]["half_written_file"] == 1


def test_late_events_say_when_they_were_received(landed: Landed) -> None:
    delays = [
        reading.instant(row["receivedAt"]) - reading.instant(row["timestamp"])  # type: ignore[operator]
        for path in reading.finished(landed.landing, "web_events")
        for _, row in reading.rows(path)
        if row
        and kind_of_row("web_events", row, is_typed=False) == ""
        and row["receivedAt"][:10] > row["timestamp"][:10]
    ]
    assert max(delays) > timedelta(hours=12)
    assert max(delays) < timedelta(days=4)


def test_planted_addresses_and_secrets_stand_in_urls_in_every_spelling(landed: Landed) -> None:
    urls = [
        row["context"]["page"]["url"]
        for path in reading.finished(landed.landing, "web_events")
        for _, row in reading.rows(path)
        if row and "page" in row.get("context", {})
    ]
    for mark in ("%40", "&email=", "?token=", "/undangan/"):
        assert any(mark in url for url in urls)


def test_a_higher_level_plants_more_and_never_more_than_one_kind_a_visit(landed: Landed) -> None:
    world = None
    mild, wild = (dirt.Dirt(world, level=level) for level in (0.5, 1000.0))  # type: ignore[arg-type]
    assert json.dumps(mild.counts) == json.dumps(wild.counts)
    from pipelines.demo import streams

    def share(plan: dirt.Dirt) -> float:
        return sum(plan.pick("web_events", streams.rng(1, n)) != "" for n in range(2000)) / 2000

    assert share(mild) == pytest.approx(sum(dirt.RATES["web_events"].values()) / 2, abs=0.03)
    assert share(wild) == pytest.approx(0.9, abs=0.03)
