"""A clean demo's rows of one source, told again and again under other names: as many as are asked for, the same every time.

Not here: what is made of them.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import count, islice
from pathlib import Path
from typing import Any

from pipelines import demo

SERVER_KEY = "bench-server-key"
END = date(2026, 6, 30)
LEARNERS, DAYS = 300, 60
# Every name by which a row, a person or a browser is known; a copy of the world bears others.
_NAMES = frozenset(
    (
        *("accounts.user_id", "accounts.email", "course_progress.event_id", "course_progress.enrolment_id"),
        *("consents.event_id", "consents.anonymous_id", "consents.email", "consents.evidence", "orders.order_id"),
        *("payments.order_id", "payments.transaction_id", "rights_requests.request_id", "support_tickets.message_id"),
        *("support_tickets.ticket_id", "web_events.messageId", "web_events.anonymousId", "web_events.userId"),
        *("newsletter_subscribers.email", "meta_pixel.event_id", "course_progress_xapi.id", "courses.course_id"),
        *("course_modules.module_id", "cohorts.cohort", "ad_insights.ad_id", "web_events.page_view_id"),
    )
)
_EVENT_ID = re.compile(r"(?<=[?&])eid=([^&]*)")


def prepare(landing: Path) -> None:
    """Land a clean demo, unless it is there."""
    if not landing.is_dir():
        demo.generate(landing, learners=LEARNERS, days=DAYS, seed=1, end=END, dirt=0)


def write(file: Path, landing: Path, *, source: str, rows: int) -> int:
    """Write `rows` rows of a source to `file` (JSON lines, CSV, or log, by its name); return the bytes.

    `landing` holds a clean demo. A file that is there already would be the same.
    """
    if not file.exists():
        told = sorted(path for path in (landing / source).iterdir() if path.name.endswith(_plain_suffix(file)))
        beside = file.with_suffix(".part")
        with beside.open("w", encoding="utf-8", newline="") as stream:
            stream.writelines(islice(_lines(told, source=source, suffix=file.suffix), rows + (file.suffix == ".csv")))
        beside.replace(file)
    return file.stat().st_size


def suffix_of(landing: Path, source: str) -> str:
    """Return the text format in which the demo lands a source."""
    names = [path.name for path in (landing / source).iterdir()]
    return next(suffix for suffix in (".jsonl", ".csv", ".log") if any(suffix in name for name in names))


def _plain_suffix(file: Path) -> tuple[str, ...]:
    return (file.suffix, f"{file.suffix}.gz")


def _lines(files: Iterable[Path], *, source: str, suffix: str) -> Iterator[str]:
    texts = [_text(path) for path in files]
    if suffix == ".log":
        lines = [line for text in texts for line in text.splitlines(keepends=True)]
        yield from (line for _ in count() for line in lines)
    elif suffix == ".csv":
        yield from _records([row for text in texts for row in csv.DictReader(text.splitlines())], source=source)
    else:
        rows = [json.loads(line) for text in texts for line in text.splitlines()]
        for copy in count():
            for row in rows:
                yield json.dumps(_renamed(row, source, f"-{copy}"), ensure_ascii=False, separators=(",", ":")) + "\n"


def _records(rows: list[dict[str, Any]], *, source: str) -> Iterator[str]:
    buffer = _Line()
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    yield buffer.text
    for copy in count():
        for row in rows:
            writer.writerow(_renamed(row, source, f"-{copy}"))
            yield buffer.text


class _Line:
    text = ""

    def write(self, text: str) -> None:
        self.text = text


def _renamed(row: Mapping[str, Any], source: str, suffix: str) -> dict[str, Any]:
    found = {name: _value(name, value, source, suffix) for name, value in row.items()}
    if source == "payments":
        signed = "".join(str(found[name]) for name in ("order_id", "status_code", "gross_amount"))
        found["signature_key"] = hashlib.sha512((signed + SERVER_KEY).encode()).hexdigest()
    return found


def _value(name: str, value: Any, source: str, suffix: str) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {inner: _value(inner, each, source, suffix) for inner, each in value.items()}
    if not isinstance(value, str) or not value:
        return value
    if name == "url" and source == "meta_pixel":
        return _EVENT_ID.sub(rf"eid=\1{suffix}", value)
    if f"{source}.{name}" in _NAMES or name == "user_id" or (name == "name" and source == "course_progress_xapi"):
        return f"{suffix[1:]}{value}" if "@" in value else value + suffix
    return value


def _text(path: Path) -> str:
    if path.suffix == ".gz":
        import gzip

        return gzip.decompress(path.read_bytes()).decode()
    return path.read_text(encoding="utf-8")
