"""What of a row is looked at, and what is kept of one that is not taken in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from pipelines import engine, settings
from pipelines.contracts import Contracts, load
from pipelines.intake.judging import Judgement

EVENT = {
    "event_id": "e-1",
    "occurred_at": "2026-06-01T10:00:00+07:00",
    "purpose": "newsletter",
}
STATEMENT = {
    "id": "s-1",
    "actor": {"mbox": "mailto:a@contoh.example"},
    "verb": {"id": "https://x.example/nobody-knows"},
}


@pytest.fixture(scope="module")
def terms() -> Contracts:
    return load(settings.CONTRACTS_DIR, policy_file=settings.policy_file())


def judgement(terms: Contracts, source: str) -> Judgement:
    return Judgement(
        terms.inbound[source],
        as_of=datetime(2026, 6, 30, tzinfo=UTC),
        skew_hours=24,
        known_traffic=terms.traffic,
    )


def judged(told: Judgement, row: dict[str, Any]) -> dict[str, Any]:
    with engine.connect() as connection:
        engine.set_secret(connection, "event_key", "00" * 32)
        for reference in told.contract.references:
            connection.execute(f"create table known_{reference.source} as select '' as value limit 0")
        connection.execute("create table lines (file_no integer, place bigint, raw varchar, fault varchar)")
        connection.execute("insert into lines values (1, 1, ?, null)", [json.dumps(row)])
        found = connection.execute(told.judged("lines"))
        return dict(zip([name for name, *_ in found.description], found.fetchone() or (), strict=True))


@pytest.mark.parametrize("source", ["web_events", "payments", "course_progress_xapi", "meta_pixel"])
def test_what_nobody_asks_for_is_not_taken_out_of_a_row(terms: Contracts, source: str):
    told = judgement(terms, source)
    asked = told.leaves.named_in(told.judged("lines"))
    assert asked < {f.path for f in told.contract.fields}
    pointers = told.leaves.sql("lines", read=())
    assert "json_extract_string" not in pointers or told.leaves.dialect.inside is not None


def test_every_field_that_is_stored_or_required_is_asked_for(terms: Contracts):
    for source in terms.inbound:
        told = judgement(terms, source)
        asked = told.leaves.named_in(told.judged("lines"))
        needed = {f.path for f in told.contract.fields if f.stored_as or f.required or f.treatment == "hold_back"}
        assert needed <= asked, source


def test_a_row_that_waits_keeps_its_text_and_one_that_is_refused_does_not(terms: Contracts):
    waiting = judged(judgement(terms, "consents"), EVENT)
    assert waiting["reason"]
    assert json.loads(waiting["raw"]) == EVENT
    refused = judged(judgement(terms, "course_progress_xapi"), STATEMENT | {"timestamp": "2026-06-01T03:00:00Z"})
    assert (refused["reason"], refused["raw"]) == ("unknown_verb", None)


def test_an_instant_that_is_dropped_is_still_marked_where_it_states_no_offset(terms: Contracts):
    told = judgement(terms, "web_events")
    path = next(f.path for f in told.contract.fields if f.logical_type == "timestamp" and f.treatment == "drop")
    bit = 1 << told.marks.index(f"without_offset:{path}")
    for text, is_marked in (
        ("2026-06-01 10:00:00", True),
        ("2026-06-01T10:00:00Z", False),
        ("kemarin", False),
        ("", False),
    ):
        assert bool(judged(told, {path: text})["marks"] & bit) is is_marked, text


def test_a_name_that_stands_twice_is_seen_whatever_else_the_row_bears(terms: Contracts):
    told = judgement(terms, "consents")
    with duckdb.connect() as connection:
        connection.execute("set variable event_key = 'x'")
        connection.execute("create table lines (file_no integer, place bigint, raw varchar, fault varchar)")
        twice = json.dumps(EVENT)[:-1] + ', "purpose": "service"}'
        connection.execute("insert into lines values (1, 1, ?, null), (1, 2, ?, null)", [json.dumps(EVENT), twice])
        known = [each for (each, _) in connection.execute(told.shapes("(from lines limit 1)")).fetchall()]
        found = connection.execute(f"select reason from ({told.judged('lines', known_shapes=known)}) order by place")
        assert [reason == "repeated_field" for (reason,) in found.fetchall()] == [False, True]
