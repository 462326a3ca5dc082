"""Sound rows to begin with: those of a clean demo, each with an id of its own."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from pipelines import demo

END = date(2026, 6, 30)
SERVER_KEY = "kunci-server-uji"
# What is looked at in every row, and told apart by nothing else.
REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    "accounts": (("user_id",), ("email",), ("registered_at",), ("updated_at",)),
    "ad_insights": (("date",), ("campaign_id",)),
    "cohorts": (("course_id",), ("cohort",), ("starts_at",)),
    "consents": (("event_id",), ("purpose",), ("granted",), ("occurred_at",), ("policy_version",)),
    "course_modules": (("course_id",), ("module_id",)),
    "course_progress": (("event_id",), ("user_id",), ("course_id",), ("event_type",), ("occurred_at",)),
    "course_progress_xapi": (("id",), ("actor",), ("verb",), ("object",), ("timestamp",)),
    "courses": (("course_id",), ("title",)),
    "learner_attributes": (("user_id",), ("updated_at",)),
    "meta_pixel": (("event_name", "url"), ("event_time", "url", "received_at")),
    "newsletter_subscribers": (("email",), ("subscribed_at",)),
    "orders": (("order_id",), ("user_id",), ("course_id",), ("created_at",)),
    "payments": (("order_id",), ("transaction_id",), ("transaction_status",), ("gross_amount",), ("signature_key",)),
    "rights_requests": (("request_id",), ("kind",), ("received_at",)),
    "support_tickets": (("ticket_id",), ("message_id",), ("body",), ("created_at",)),
    "web_events": (("messageId",), ("type",), ("timestamp",), ("anonymousId", "userId")),
}
_IDS = {
    "accounts": "user_id",
    "ad_insights": "ad_id",
    "cohorts": "cohort",
    "consents": "event_id",
    "course_modules": "module_id",
    "course_progress": "event_id",
    "course_progress_xapi": "id",
    "courses": "course_id",
    "learner_attributes": "user_id",
    "meta_pixel": "event_id",
    "orders": "order_id",
    "payments": "order_id",
    "rights_requests": "request_id",
    "support_tickets": "message_id",
    "web_events": "messageId",
}


def land(landing: Path) -> None:
    """Write a small clean demo."""
    demo.generate(landing, learners=60, days=20, seed=1, end=END, dirt=0)


def rows_of(landing: Path, source: str) -> list[dict[str, Any]]:
    """Return the rows of a source, as its files spell them, that nobody takes for anything but accepted."""
    found = [row for path in sorted((landing / source).iterdir()) for row in _rows(path)]
    return [row for row in found if _is_plain(source, row)]


def log_lines(landing: Path) -> list[bytes]:
    """Return the lines of the access logs."""
    return [line for path in sorted((landing / "web_access_log").iterdir()) for line in _bytes(path).splitlines()]


def fresh(source: str, row: dict[str, Any], number: int) -> dict[str, Any]:
    """Return a row as another one: with an id that no other row has."""
    if source == "newsletter_subscribers":
        return {**row, "email": f"uji.{number}@kotak.example"}
    if source == "meta_pixel" and "url" in row:
        return {**row, "url": re.sub(r"(?<=[?&])eid=[^&]*", f"eid=uji-{number}", row["url"])}
    changed = {**row, _IDS[source]: f"uji-{number}"}
    if source == "accounts":
        changed |= {"email": f"uji.{number}@kotak.example", "phone": None}
    if source == "payments":
        signed = "".join(str(changed[name]) for name in ("order_id", "status_code", "gross_amount"))
        changed["signature_key"] = hashlib.sha512((signed + SERVER_KEY).encode()).hexdigest()
    return changed


def _is_plain(source: str, row: dict[str, Any]) -> bool:
    if source == "course_progress_xapi":
        return bool(row["verb"]["id"].rsplit("/", 1)[-1] in {"completed", "initialized", "scored", "registered"})
    return True


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    text = _bytes(path).decode()
    if ".csv" in path.name:
        yield from csv.DictReader(text.splitlines())
    else:
        yield from (json.loads(line) for line in text.splitlines())


def _bytes(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.name.endswith(".gz") else path.read_bytes()
