from __future__ import annotations

from typing import Any

import pytest

from tests.truth import balances, reasons


def planted(source: str, kind: str, fate: str, key: str, line: int, **more: Any) -> dict[str, Any]:
    return {"source": source, "file": f"{source}/f", "line": line, "kind": kind, "fate": fate, "key": key, **more}


def state(user: str, at: str) -> dict[str, Any]:
    return {"user_id": user, "updated_at": at, "last_login_at": at, "is_deleted": False}


FIRST, SECOND = "2026-05-01T10:00:00+07:00", "2026-05-02T10:00:00+07:00"


def test_the_older_sound_states_of_an_account_are_superseded_and_so_are_their_repetitions(tell):
    world = tell(
        files=[
            {"source": "accounts", "file": "accounts/f", "rows": 8},
            {"source": "accounts", "file": "accounts/copy", "rows": 8, "copy_of": "accounts/f"},
        ],
        account_states=[
            state("ann", FIRST),
            state("ann", SECOND),
            state("ben", FIRST),
            state("ben", SECOND),  # spoilt: the first one stays
            state("cyn", FIRST),  # spoilt: nothing of her stays
            state("dan", FIRST),
        ],
        planted=[
            planted("accounts", "duplicate", "duplicate", "ann", 2, occurred_at=FIRST),
            planted("accounts", "duplicate", "duplicate", "dan", 3, occurred_at=FIRST),
            planted("accounts", "missing_field", "quarantined", "ben", 4, field="email", occurred_at=SECOND),
            planted("accounts", "broken_json", "quarantined", "cyn", 5, occurred_at=FIRST),
        ],
    )
    found = balances.of_source(world, "accounts")
    assert found == balances.Balance(
        rows_in=8,
        accepted=3,
        superseded=2,
        duplicates=1,
        quarantined={"missing_required:email": 1, "malformed": 1},
        refused_expired=0,
    )
    assert found.out == found.rows_in


def test_calls_are_counted_with_their_heartbeats(tell):
    call = {"call_type": "page", "occurred_at": FIRST, "is_bot": False}
    world = tell(
        files=[{"source": "web_events", "file": "web_events/f", "rows": 9}],
        web_calls=[{**call, "message_id": "a", "heartbeats": 3}, {**call, "message_id": "b", "heartbeats": 2}],
        planted=[
            planted("web_events", "repeated_later", "duplicate", "a", 5),
            planted("web_events", "future", "quarantined", "b-1", 6, field="timestamp", about="b"),
            planted("web_events", "giant_line", "quarantined", "", 7),
            planted("web_events", "late", "accepted", "a-1", 8),
        ],
    )
    found = balances.of_source(world, "web_events")
    assert (found.accepted, found.duplicates, found.refused_expired) == (6, 1, 0)
    assert found.quarantined == {"in_the_future:timestamp": 1, "line_too_long": 1}
    assert found.out == found.rows_in == 9


def test_what_retention_would_have_dropped_is_refused_with_its_repetition(tell):
    def event(number: int, kind: str, at: str) -> dict[str, Any]:
        told = {"user_id": "ann", "course_id": "web", "told_by": "native"}
        return {"event_id": f"e{number}", "event_type": kind, "occurred_at": at, **told}

    world = tell(
        files=[{"source": "course_progress", "file": "course_progress/f", "rows": 3}],
        learning_events=[
            event(1, "enrolled", "2025-01-01T00:00:00+07:00"),
            event(2, "course_completed", "2025-06-30T00:00:00+07:00"),
        ],
        planted=[planted("course_progress", "duplicate", "duplicate", "e1", 2)],
    )
    found = balances.of_source(world, "course_progress")
    assert (found.rows_in, found.accepted, found.duplicates, found.refused_expired) == (3, 0, 0, 3)


def test_the_catalogue_is_accepted_as_it_stands(tell):
    world = tell(
        files=[{"source": "courses", "file": "courses/f", "rows": 2}],
        courses=[{"course_id": "a"}, {"course_id": "b"}],
    )
    found = balances.of_source(world, "courses")
    assert (found.accepted, found.out) == (2, found.rows_in)


def test_a_source_without_facts_to_count_is_refused(tell):
    with pytest.raises(KeyError):
        balances.of_source(tell(), "payments")


def test_each_waiting_row_has_its_place_and_the_products_reason(tell):
    rows = [
        ("rubbish", None, "malformed"),
        ("wrong_encoding", None, "wrong_encoding"),
        ("giant_line", None, "line_too_long"),
        ("missing_field", "anonymousId|userId", "missing_required:anonymousId|userId"),
        ("wrong_type", "timestamp", "wrong_type:timestamp"),
        ("unknown_course", "course_id", "unknown_course"),
    ]
    world = tell(
        planted=[
            planted("web_events", kind, "quarantined", "", n, field=field) for n, (kind, field, _) in enumerate(rows)
        ]
    )
    expected = {("web_events", "web_events/f", n, reason) for n, (_, _, reason) in enumerate(rows)}
    assert reasons.waiting(world, "web_events") == expected


def test_a_kind_that_nobody_gave_a_reason_is_an_error_not_a_guess(tell):
    world = tell(planted=[planted("web_events", "brand_new", "quarantined", "a", 1)])
    with pytest.raises(KeyError):
        reasons.waiting(world, "web_events")
    assert not reasons.is_known("brand_new")


def test_fields_that_no_contract_knows_are_counted_by_the_name_they_bear(tell):
    typed = {**planted("accounts", "drift_added", "accepted", "dan", 4, field="extra"), "file": "accounts/f.parquet"}
    world = tell(
        files=[{"source": "accounts", "file": "accounts/f", "rows": 6}],
        planted=[
            planted("accounts", "drift_renamed", "accepted", "ann", 1, field="city"),
            planted("accounts", "drift_renamed", "accepted", "bob", 2, field="city"),
            planted("accounts", "unknown_field", "accepted", "ben", 3, field="traits"),
            planted("accounts", "broken_json", "quarantined", "eve", 4),
            typed,
        ],
    )
    # Renamed in the whole file of six rows, one of which cannot be read.
    assert reasons.unknown_fields(world, "accounts") == {"kota": 5, "traits": 1}


def test_times_without_offset_and_addresses_that_are_none_are_noted_beside_the_fate(tell):
    call = {"call_type": "page", "occurred_at": FIRST, "is_bot": False, "heartbeats": 0}
    world = tell(
        web_calls=[{**call, "message_id": "told", "analytics": True}, {**call, "message_id": "silent"}],
        planted=[
            planted("web_events", "no_offset", "accepted", "silent", 1, field="timestamp"),
            planted("web_events", "malformed_ip", "accepted", "told", 2, field="context.ip"),
            planted("web_events", "malformed_ip", "accepted", "silent", 3, field="context.ip"),
            planted("web_events", "wrong_type", "quarantined", "x", 4, field="timestamp"),
        ],
    )
    assert reasons.marks(world, "web_events") == {"without_offset:timestamp": 1, "dropped:context.ip": 1}
