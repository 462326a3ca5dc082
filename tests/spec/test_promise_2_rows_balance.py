"""Promise 2: rows in = accepted + superseded + duplicate + quarantined + refused, for every batch, always."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import intake, lake
from tests.desk import COURSES, make_desk

_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        ["2026-05-04T10:00:00Z", "2019-01-01T00:00:00Z", "2031-01-01T00:00:00Z", "page", "started", "web-1"]
    ),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)
_WEB = ["messageId", "anonymousId", "userId", "type", "timestamp", "receivedAt", "context", "properties", "other"]
_PROGRESS = ["event_id", "user_id", "course_id", "event_type", "occurred_at", "score", "attempt", "enrolment_id"]


def _rows(names: list[str], sound: dict[str, Any]) -> st.SearchStrategy[list[str]]:
    changed = st.dictionaries(st.sampled_from(names), _VALUES, max_size=3).map(
        lambda change: json.dumps({**sound, **change})
    )
    numbered = st.integers(0, 6).map(lambda n: json.dumps({**sound, "messageId": f"m{n}", "event_id": f"e{n}"}))
    rubbish = st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=30)
    return st.lists(st.one_of(changed, numbered, rubbish), max_size=12)


_CALL = {
    "messageId": "m",
    "anonymousId": "b",
    "type": "page",
    "timestamp": "2026-05-04T10:00:00Z",
    "context": {"consent": {"categoryPreferences": {"analytics": True}}},
}
_EVENT = {
    "event_id": "e",
    "user_id": "u",
    "course_id": "web-1",
    "event_type": "started",
    "occurred_at": "2026-05-04T10:00:00Z",
}


@pytest.mark.slow
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(first=_rows(_WEB, _CALL), second=_rows(_WEB, _CALL), learning=_rows(_PROGRESS, _EVENT))
def test_whatever_lands_every_row_is_accounted_for(first: list[str], second: list[str], learning: list[str]):
    with tempfile.TemporaryDirectory() as folder:
        desk = make_desk(Path(folder) / "home")
        desk.land("courses", "c.jsonl", COURSES)
        landed = {"web_events": 0, "course_progress": 0}
        for number, calls in enumerate((first, second)):
            for source, rows in (("web_events", calls), ("course_progress", learning if number else [])):
                desk.land(source, f"{number}.jsonl", rows)
                landed[source] += sum(1 for row in rows if row.encode().strip())
            desk.run()
        with lake.open_manifest(desk.home) as manifest:
            batches = manifest.batches()
            for source, rows_landed in landed.items():
                balances = [batch.balance for batch in batches if batch.source == source]
                repeated = 0 if first != second else len([row for row in first if row.encode().strip()])
                seen = sum(balance["rows_in"] for balance in balances)
                assert seen == rows_landed - (repeated if source == "web_events" else 0)
                assert sum(balance["accepted"] for balance in balances) == desk.rows(source).height


def test_a_batch_that_does_not_balance_is_refused():
    report = intake.BatchReport(batch_id="b", source="web_events", files=1, rows_in=3, accepted=1, duplicates=1)
    with pytest.raises(intake.BalanceError, match="3 rows came in, 2 are accounted for"):
        report.check()
