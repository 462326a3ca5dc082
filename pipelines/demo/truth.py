"""The truth of a demo: its tables, and the Parquet files they are written to beside the landing zone.

The world writes down what it did, in its own terms: what became of a row, not which code a product gives it. Expected
figures are computed from these tables elsewhere, by code that shares nothing with the product.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import pyarrow as pa

from pipelines.demo.groups import BATCH_ROWS, RowGroups
from pipelines.demo.rows import Fact

_TEXT, _WHOLE, _TRUE, _REAL, _DAY = pa.string(), pa.int64(), pa.bool_(), pa.float64(), pa.date32()
_SECONDS, _MILLISECONDS = pa.timestamp("s", tz="UTC"), pa.timestamp("ms", tz="UTC")

# Instants are integers when they are handed over: seconds or milliseconds since 1970 UTC, by their column's type.
TABLES: Mapping[str, Mapping[str, pa.DataType]] = {
    # One row: the arguments.
    "world": {"seed": _WHOLE, "learners": _WHOLE, "days": _WHOLE, "start_date": _DAY, "end_date": _DAY, "dirt": _REAL},
    # Every finished file, by its path inside the landing zone; `rows` counts data lines, broken ones included.
    "files": {"source": _TEXT, "file": _TEXT, "rows": _WHOLE, "copy_of": _TEXT},
    # Every landed row that is not plainly accepted as it stands; `line` counts as an editor does (Parquet: rows from 1).
    "planted": {
        "source": _TEXT,
        "file": _TEXT,
        "line": _WHOLE,
        "kind": _TEXT,
        "fate": _TEXT,
        "field": _TEXT,
        "key": _TEXT,
        "about": _TEXT,
        "occurred_at": _MILLISECONDS,
    },
    # Every direct or online identifier that was written anywhere, as it was written, and whose it is.
    "identifiers": {"kind": _TEXT, "value": _TEXT, "owner": _TEXT},
    "learners": {
        "learner": _WHOLE,
        "user_id": _TEXT,
        "name": _TEXT,
        "nickname": _TEXT,
        "email": _TEXT,
        "second_email": _TEXT,
        "phone": _TEXT,
        "born_on": _DAY,
        "city": _TEXT,
        "registered_at": _SECONDS,
        "channel": _TEXT,
        "campaign": _TEXT,
        "is_minor": _TRUE,
        "minority_told_at": _SECONDS,
        "minority_told_by": _TEXT,
    },
    "account_states": {
        "user_id": _TEXT,
        "updated_at": _SECONDS,
        "last_login_at": _SECONDS,
        "email": _TEXT,
        "birth_date": _TEXT,
        "city": _TEXT,
        "is_deleted": _TRUE,
    },
    "attributes": {
        "user_id": _TEXT,
        "gender": _TEXT,
        "region": _TEXT,
        "highest_education": _TEXT,
        "age_band": _TEXT,
        "disability": _TEXT,
        "updated_at": _SECONDS,
    },
    "subscribers": {
        "email": _TEXT,
        "subscribed_at": _SECONDS,
        "unsubscribed_at": _SECONDS,
        "origin": _TEXT,
        "learner": _WHOLE,
    },
    "consents": {
        "event_id": _TEXT,
        "user_id": _TEXT,
        "anonymous_id": _TEXT,
        "email": _TEXT,
        "purpose": _TEXT,
        "is_granted": _TRUE,
        "occurred_at": _SECONDS,
        "arrived_at": _SECONDS,
        "policy_version": _TEXT,
        "origin": _TEXT,
    },
    "courses": {"course_id": _TEXT, "category": _TEXT, "price_idr": _WHOLE, "has_cohorts": _TRUE},
    "course_modules": {"course_id": _TEXT, "module_id": _TEXT, "position": _WHOLE, "is_required": _TRUE},
    "cohorts": {
        "course_id": _TEXT,
        "cohort": _TEXT,
        "starts_at": _SECONDS,
        "ends_at": _SECONDS,
        "observation_days": _WHOLE,
    },
    # `outcome`: paid, refunded, denied, expired, pending.
    "orders": {
        "order_id": _TEXT,
        "user_id": _TEXT,
        "course_id": _TEXT,
        "cohort": _TEXT,
        "created_at": _SECONDS,
        "amount_idr": _WHOLE,
        "discount_idr": _WHOLE,
        "outcome": _TEXT,
        "paid_at": _SECONDS,
        "refunded_at": _SECONDS,
    },
    # Notifications as they landed; one that is not genuine bears a signature that nobody with the key made. `begun_at` is the
    # transaction's beginning, `settled_at` when its money was settled, `refunded_idr` all that was given back by then.
    "notifications": {
        "order_id": _TEXT,
        "transaction_id": _TEXT,
        "transaction_status": _TEXT,
        "status_code": _TEXT,
        "gross_amount": _TEXT,
        "fraud_status": _TEXT,
        "sent_at": _SECONDS,
        "arrived_at": _SECONDS,
        "is_genuine": _TRUE,
        "is_repeated": _TRUE,
        "begun_at": _SECONDS,
        "settled_at": _SECONDS,
        "refunded_idr": _WHOLE,
    },
    # `told_by`: native, xapi or both (then one id in both).
    "learning_events": {
        "event_id": _TEXT,
        "user_id": _TEXT,
        "course_id": _TEXT,
        "cohort": _TEXT,
        "enrolment_id": _TEXT,
        "module_id": _TEXT,
        "event_type": _TEXT,
        "occurred_at": _SECONDS,
        "progress_percent": _REAL,
        "score": _REAL,
        "max_score": _REAL,
        "attempt": _WHOLE,
        "told_by": _TEXT,
    },
    # `owner`: learner, visitor or crawler; `number` counts within them. What the banner says: null is nothing.
    "browsers": {
        "anonymous_id": _TEXT,
        "owner": _TEXT,
        "number": _WHOLE,
        "shared_with_learner": _WHOLE,
        "analytics": _TRUE,
        "advertising": _TRUE,
        "gpc": _TRUE,
        "fbp": _TEXT,
        "is_internal": _TRUE,
    },
    # Every call but the heartbeats; `heartbeats` follow a page call every ten seconds, under ids that end in its number.
    "web_calls": {
        "message_id": _TEXT,
        "occurred_at": _MILLISECONDS,
        "call_type": _TEXT,
        "event_name": _TEXT,
        "anonymous_id": _TEXT,
        "user_id": _TEXT,
        "page_view_id": _TEXT,
        "page_path": _TEXT,
        "heartbeats": _WHOLE,
        "analytics": _TRUE,
        "gpc": _TRUE,
        "is_bot": _TRUE,
        "utm_source": _TEXT,
        "utm_medium": _TEXT,
        "utm_campaign": _TEXT,
        "referrer_host": _TEXT,
    },
    "log_lines": {
        "requested_at": _SECONDS,
        "address": _TEXT,
        "path": _TEXT,
        "status": _WHOLE,
        "is_bot": _TRUE,
    },
    # `told_by`: image (a pixel hit of the browser) or server (Conversions API). `advertising`: the browser's own choice.
    "pixel_events": {
        "event_name": _TEXT,
        "event_id": _TEXT,
        "occurred_at": _SECONDS,
        "told_by": _TEXT,
        "learner": _WHOLE,
        "anonymous_id": _TEXT,
        "advertising": _TRUE,
        "gpc": _TRUE,
        "is_opted_out": _TRUE,
        "course_id": _TEXT,
        "value_idr": _WHOLE,
    },
    "ad_days": {
        "date": _DAY,
        "campaign_id": _TEXT,
        "ad_id": _TEXT,
        "utm_campaign": _TEXT,
        "impressions": _WHOLE,
        "clicks": _WHOLE,
        "spend": _WHOLE,
        "currency": _TEXT,
    },
    "tickets": {
        "message_id": _TEXT,
        "ticket_id": _TEXT,
        "learner": _WHOLE,
        "author": _TEXT,
        "topic": _TEXT,
        "language": _TEXT,
        "created_at": _SECONDS,
        "owner": _TEXT,
    },
    # Personal data in free text: `start` and `end` in code points, `member` is subject or body, `owner` whose it is.
    "ticket_spans": {
        "message_id": _TEXT,
        "member": _TEXT,
        "start": _WHOLE,
        "end": _WHOLE,
        "kind": _TEXT,
        "value": _TEXT,
        "owner": _TEXT,
    },
    "requests": {
        "request_id": _TEXT,
        "kind": _TEXT,
        "learner": _WHOLE,
        "known_by": _TEXT,
        "received_at": _SECONDS,
        "identity_verified_at": _SECONDS,
        "owner": _TEXT,
    },
}


class Truth:
    """The open tables of one demo. Memory is bounded; a table without rows is a file without rows.

    Without a folder nothing is kept.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._waiting: dict[str, list[tuple[object, ...]]] = {table: [] for table in TABLES}
        self._writers: dict[str, RowGroups] = {}

    def __enter__(self) -> Truth:
        if self._folder is None:
            return self
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for table, columns in TABLES.items():
            schema = pa.schema(list(columns.items()))
            self._writers[table] = RowGroups(self._folder / f"{table}.parquet.part", schema=schema)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for table, writer in self._writers.items():
            self._flush(table)
            writer.close()
            if kind is None and self._folder is not None:
                (self._folder / f"{table}.parquet.part").replace(self._folder / f"{table}.parquet")

    def state(self, fact: Fact) -> None:
        """Write down one row of a table."""
        if not self._writers:
            return
        waiting = self._waiting[fact.table]
        waiting.append(fact.values)
        if len(waiting) >= BATCH_ROWS:
            self._flush(fact.table)

    def _flush(self, table: str) -> None:
        rows = self._waiting[table]
        if rows:
            types = TABLES[table]
            arrays = [
                pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), types.values(), strict=True)
            ]
            self._writers[table].put(pa.Table.from_arrays(arrays, schema=pa.schema(list(types.items()))))
            rows.clear()
