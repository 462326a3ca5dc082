from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from tests.truth import balances, reasons
from tests.truth.reading import World
from tests.truth.rules import Rules


def planted(source: str, kind: str, fate: str, key: str, line: int, **more: Any) -> dict[str, Any]:
    return {"source": source, "file": f"{source}/f", "line": line, "kind": kind, "fate": fate, "key": key, **more}


def state(user: str, at: str) -> dict[str, Any]:
    return {"user_id": user, "updated_at": at, "last_login_at": at, "is_deleted": False}


FIRST, SECOND = "2026-05-01T10:00:00+07:00", "2026-05-02T10:00:00+07:00"


def test_the_older_sound_states_of_an_account_are_superseded_and_repetitions_are_none(tell):
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
        superseded=1,
        duplicates=2,
        contradicting=0,
        quarantined={"missing_required:email": 1, "malformed": 1},
        refused={},
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
    assert (found.accepted, found.duplicates, found.refused) == (6, 1, {})
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
            event(2, "course_completed", "2025-06-29T00:00:00+07:00"),
        ],
        planted=[planted("course_progress", "duplicate", "duplicate", "e1", 2)],
    )
    found = balances.of_source(world, "course_progress")
    assert (found.rows_in, found.accepted, found.duplicates, found.refused) == (3, 0, 0, {"expired": 3})


def test_the_catalogue_is_accepted_as_it_stands(tell):
    world = tell(
        files=[{"source": "courses", "file": "courses/f", "rows": 2}],
        courses=[{"course_id": "a"}, {"course_id": "b"}],
    )
    found = balances.of_source(world, "courses")
    assert (found.accepted, found.out) == (2, found.rows_in)


def test_a_source_without_facts_to_count_is_refused(tell):
    with pytest.raises(KeyError):
        balances.of_source(tell(), "weather")


def test_an_enrolment_completed_in_the_app_alone_stays_until_one_clock_judges_both_formats(tell):
    told = {"user_id": "ann", "course_id": "web"}
    enrolled = {
        "event_id": "e1",
        "event_type": "enrolled",
        "occurred_at": "2025-01-01T00:00:00+07:00",
        "told_by": "native",
    }
    completed = {"event_id": "e2", "event_type": "course_completed", "told_by": "xapi"}
    world = tell(
        files=[{"source": "course_progress", "file": "f", "rows": 1}],
        learning_events=[{**told, **enrolled}, {**told, **completed, "occurred_at": "2025-06-29T00:00:00+07:00"}],
    )

    def refused(source: str, rules: Rules) -> dict[str, int]:
        return dict(balances.of_source(world, source, rules=rules).refused)

    each, both = Rules(one_clock=False), Rules(one_clock=True)
    assert [refused(source, each) for source in ("course_progress", "course_progress_xapi")] == [{}, {}]
    assert [refused(source, both) for source in ("course_progress", "course_progress_xapi")] == [{"expired": 1}] * 2


def test_of_a_statement_and_the_platforms_own_event_one_stays(tell):
    def event(name: str, told_by: str) -> dict[str, Any]:
        return {"event_id": name, "user_id": "ann", "course_id": "web", "occurred_at": FIRST, "told_by": told_by}

    statements = "course_progress_xapi"
    world = tell(
        files=[
            {"source": "course_progress", "file": "course_progress/f", "rows": 3},
            {"source": statements, "file": "x", "rows": 6},
        ],
        learning_events=[event("a", "both"), event("b", "both"), event("c", "xapi"), event("d", "native")],
        planted=[
            planted("course_progress", "broken_json", "quarantined", "b", 2),
            planted(statements, "told_twice", "duplicate", "a", 1),
            planted(statements, "duplicate", "duplicate", "c", 4),
            planted(statements, "unknown_verb", "accepted", "played", 5, field="verb.id"),
            planted(statements, "voids", "accepted", "c", 6, field="object.id"),
        ],
    )
    native, said = (balances.of_source(world, source) for source in ("course_progress", statements))
    assert (native.accepted, native.quarantined, native.out) == (2, {"malformed": 1}, 3)
    assert (said.accepted, said.duplicates, said.contradicting, said.refused) == (3, 2, 1, {"unknown_verb": 1})
    assert said.out == said.rows_in == 6


def test_an_old_list_brings_nobody_back_and_addresses_of_one_account_are_one_subscriber(tell):
    def subscriber(email: str, **more: str) -> dict[str, Any]:
        return {"email": email, "subscribed_at": FIRST, **more}

    source = "newsletter_subscribers"
    world = tell(
        files=[{"source": source, "file": "n", "rows": 6}],
        account_states=[{**state("ann", FIRST), "email": "ann@x.id"}, {**state("ann", SECOND), "email": "ann@y.id"}],
        subscribers=[
            subscriber("Ann@X.id"),
            subscriber("ann@y.id", unsubscribed_at=SECOND),
            subscriber("ann@x.id", origin="impor-2025"),
            subscriber("eve@x.id"),  # spoilt
            subscriber("zoe@x.id"),
        ],
        planted=[
            planted(source, "reimported", "superseded", "ann@x.id", 3, field="unsubscribed_at", occurred_at=FIRST),
            planted(source, "missing_field", "quarantined", "eve@x.id", 4, field="email", occurred_at=FIRST),
            planted(source, "duplicate", "duplicate", "zoe@x.id", 6, occurred_at=FIRST),
        ],
    )
    found = balances.of_source(world, source)
    assert (found.accepted, found.superseded, found.duplicates) == (2, 2, 1)
    assert found.out == found.rows_in == 6


def test_an_order_whose_every_row_is_spoilt_is_none(tell):
    header = "order_id,user_id,course_id,created_at,amount_idr,discount_idr,status"
    rows = [f"{order},ann,web,{FIRST},1,0,{status}" for order, status in [("a", "pending"), ("a", "paid")]]
    world = tell(
        files=[{"source": "orders", "file": "orders/f.csv", "rows": 5}],
        orders=[{"order_id": "a"}, {"order_id": "b"}],
        planted=[
            planted("orders", "duplicate", "duplicate", "a", 4),
            planted("orders", "missing_field", "quarantined", "b", 5, field="user_id"),
            planted("orders", "missing_field", "quarantined", "a", 6, field="course_id"),
        ],
    )
    world = _with_file(
        world, "orders/f.csv", [header, *rows, rows[1], f"b,,web,{FIRST},1,0,paid", f"a,ann,,{FIRST},1,0,refunded"]
    )
    found = balances.of_source(world, "orders")
    assert (found.accepted, found.superseded, found.duplicates) == (1, 1, 1)
    assert found.quarantined == {"missing_required:user_id": 1, "missing_required:course_id": 1}
    assert found.out == found.rows_in == 5


def _with_file(world: World, name: str, lines: list[str]) -> World:
    """Rows are counted in files as well; of files named twice the last stands."""
    path = world.folder.parent / "landing" / name
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(lines) + "\n")
    planted_in = world.frame("planted").with_columns(file=pl.lit(name))
    return World(world.folder, {"planted": planted_in})


def test_of_one_happening_that_browser_and_server_tell_one_telling_stays(tell):
    def told(name: str, event_id: str | None, by: str, at: str = FIRST) -> dict[str, Any]:
        return {"event_name": name, "event_id": event_id, "told_by": by, "occurred_at": at, "anonymous_id": "b1"}

    world = tell(
        files=[{"source": "meta_pixel", "file": "m", "rows": 9}],
        pixel_events=[
            told("Lead", "1", "server"),
            told("Lead", "1", "image", SECOND),
            told("Purchase", "1", "server"),  # spoilt, and told by the browser, too
            told("Purchase", "1", "image"),
            told("PageView", None, "image"),
            told("PageView", None, "image"),
            told("PageView", None, "image", SECOND),  # spoilt
            told("Search", "2", "server"),
        ],
        planted=[
            planted("meta_pixel", "broken_json", "quarantined", "Purchase/1", 3, occurred_at=FIRST),
            planted("meta_pixel", "missing_field", "quarantined", "PageView/b1/9", 7, field="url", occurred_at=SECOND),
            planted("meta_pixel", "duplicate", "duplicate", "Search/2", 9, occurred_at=FIRST),
        ],
    )
    found = balances.of_source(world, "meta_pixel")
    assert (found.accepted, found.duplicates, found.contradicting) == (5, 2, 1)
    assert found.quarantined == {"malformed": 1, "missing_required:event_name": 1}
    assert found.out == found.rows_in == 9


def test_a_notification_that_nobody_can_verify_waits_and_its_repetition_stays(tell):
    def sent(order: str, status: str, at: str = FIRST, **more: Any) -> dict[str, Any]:
        told = {"transaction_id": order, "transaction_status": status, "status_code": "200", "is_genuine": True}
        return {"order_id": order, "sent_at": at, "arrived_at": at, "is_repeated": False, **told, **more}

    typed = {"file": "payments/payments-2026-05-02.jsonl"}
    world = tell(
        files=[{"source": "payments", **typed, "rows": 7}],
        notifications=[
            sent("a", "settlement"),
            sent("a", "settlement", SECOND, is_repeated=True),
            sent("b", "settlement", SECOND),  # its amount is a number
            sent("b", "settlement", SECOND, is_repeated=True),
            sent("c", "settlement", is_genuine=False),
            sent("d", "refund"),
            sent("e", "settlement"),  # spoilt
        ],
        planted=[
            planted("payments", "retry", "duplicate", "a", 2, occurred_at=FIRST),
            {**planted("payments", "drift_typed", "quarantined", "b", 3, field="gross_amount"), **typed},
            {**planted("payments", "retry", "duplicate", "b", 4, occurred_at=SECOND), **typed},
            planted("payments", "forged_signature", "quarantined", "c", 5, occurred_at=FIRST),
            planted("payments", "broken_json", "quarantined", "e", 7, occurred_at=FIRST),
        ],
    )
    found = balances.of_source(world, "payments")
    assert (found.accepted, found.duplicates) == (3, 1)
    assert found.quarantined == {"wrong_type:gross_amount": 1, "forged_signature": 1, "malformed": 1}
    assert found.out == found.rows_in == 7
    # The service states no offset.
    assert reasons.marks(world, "payments") == {"without_offset:occurred_at": 6, "without_offset:refunds": 1}


def test_days_of_ads_that_were_corrected_count_once(tell):
    world = tell(
        files=[{"source": "ad_insights", "file": "ads", "rows": 4}],
        ad_days=[{"date": date(2026, 5, 1), "campaign_id": "1", "ad_id": ad} for ad in ("corrected", "told", "spoilt")],
        planted=[
            planted("ad_insights", "restated", "superseded", "2026-05-01/1/corrected", 1),
            planted("ad_insights", "missing_field", "quarantined", "2026-05-01/1/spoilt", 4, field="date"),
        ],
    )
    found = balances.of_source(world, "ad_insights")
    assert (found.accepted, found.superseded, found.out) == (2, 1, found.rows_in)


def test_of_answers_without_consent_the_newest_are_withheld(tell):
    def told(user: str, at: str) -> dict[str, Any]:
        return {"user_id": user, "updated_at": at}

    agreed = {"event_id": "c", "user_id": "ann", "purpose": "aggregate_statistics", "is_granted": True}
    world = tell(
        attributes=[told("ann", FIRST), told("ann", SECOND), told("ben", FIRST)],
        consents=[{**agreed, "occurred_at": "2026-05-01T12:00:00+07:00"}],
    )
    assert balances.withheld(world, "learner_attributes") == 1
    spoilt = planted(
        "learner_attributes", "missing_field", "quarantined", "ann", 2, field="updated_at", occurred_at=SECOND
    )
    world = tell(
        attributes=[told("ann", FIRST), told("ann", SECOND), told("ben", FIRST)],
        consents=[{**agreed, "occurred_at": "2026-05-01T12:00:00+07:00"}],
        planted=[spoilt],
    )
    assert balances.withheld(world, "learner_attributes") == 2


def test_each_waiting_row_has_its_place_and_the_products_reason(tell):
    rows = [
        ("rubbish", None, "malformed"),
        ("wrong_encoding", None, "wrong_encoding"),
        ("giant_line", None, "line_too_long"),
        ("missing_field", "anonymousId|userId", "missing_required:anonymousId|userId"),
        ("wrong_type", "timestamp", "wrong_type:timestamp"),
        ("unknown_course", "course_id", "unknown_course"),
        ("unknown_purpose", "purpose", "not_allowed:purpose"),
        ("truncated", None, "malformed"),
    ]
    world = tell(
        planted=[
            planted("web_events", kind, "quarantined", "", n, field=field) for n, (kind, field, _) in enumerate(rows)
        ]
    )
    expected = {("web_events", "web_events/f", n, reason) for n, (_, _, reason) in enumerate(rows)}
    assert reasons.waiting(world, "web_events") == expected


@pytest.mark.parametrize(
    ("source", "field", "missed"),
    [
        ("course_progress_xapi", "actor", "actor.account.name|actor.mbox"),
        ("course_progress_xapi", "object", "object.id"),
        ("meta_pixel", "url", "event_name"),
        ("meta_pixel", "event_time", "event_time"),
    ],
)
def test_what_is_missing_is_named_as_the_contract_names_it(source: str, field: str, missed: str):
    assert reasons.reason(source, "missing_field", field) == f"missing_required:{missed}"


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
