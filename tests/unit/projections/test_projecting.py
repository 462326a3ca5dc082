from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import polars as pl
import pytest

from pipelines import lake, projections
from pipelines.identity import keys
from pipelines.identity.vault import open_vault
from pipelines.lake import open_manifest
from pipelines.lake.readers import Readers
from pipelines.projections import Projected
from tests.desk import AS_OF, COURSES, Desk

SERVER_KEY = "kunci-server-uji"
PSEUDONYM = r"^[0-9a-f]{32}$"


def order(number: int, user_id: str, **changes: Any) -> dict[str, Any]:
    # 23.30 UTC is the next day in Jakarta.
    facts = {"course_id": "web-1", "created_at": "2026-05-04T23:30:00Z", "amount_idr": 500, "status": "pending"}
    return {"order_id": f"order-{number}", "user_id": user_id, **facts, **changes}


def settlement(number: int) -> dict[str, Any]:
    told = f"order-{number}200500.00{SERVER_KEY}"
    return {
        "order_id": f"order-{number}",
        "transaction_id": f"t-{number}",
        "transaction_status": "settlement",
        "status_code": "200",
        "gross_amount": "500.00",
        "signature_key": hashlib.sha512(told.encode()).hexdigest(),
        "transaction_time": "2026-05-05 06:31:00",
        "settlement_time": "2026-05-07 00:10:00",
        "fraud_status": "accept",
        "payment_type": "gopay",
    }


def learnt(user_id: str) -> dict[str, Any]:
    facts = {"course_id": "web-1", "event_type": "started", "occurred_at": "2026-05-06T10:00:00Z"}
    return {"event_id": f"e-{user_id}", "user_id": user_id, **facts}


@pytest.fixture
def shop(desk: Desk) -> Desk:
    """Two who learn and order, and one who orders and is nobody in the analytics domain."""
    keys.keep_secret(desk.home, "midtrans_server_key", SERVER_KEY)
    desk.ring = keys.open_keyring(desk.home)
    desk.land("courses", "c.jsonl", COURSES)
    desk.land("course_progress", "p.jsonl", [learnt("u1"), learnt("u2")])
    desk.land("orders", "o.jsonl", [order(1, "u1"), order(2, "u2"), order(3, "u3")])
    desk.land("payments", "n.jsonl", [settlement(1), settlement(3)])
    desk.run()
    return desk


def project(desk: Desk) -> Projected:
    with lake.writer_lock(desk.home):
        return projections.project(desk.home, desk.ring, desk.terms, as_of=AS_OF)


def test_a_learner_pays_under_the_pseudonym_by_which_they_learn(shop: Desk):
    done = project(shop)
    assert (done.rows, done.left_out) == (
        {"order_payments": 3, "learner_payments": 2},
        {"order_payments": 0, "learner_payments": 1},
    )
    with open_vault(shop.home, shop.ring, purpose="test") as vault:
        asked = pl.DataFrame({"kind": "user_id", "value": ["u1", "u2"]})
        u1, u2 = vault.resolve(asked, domain="analytics", at=AS_OF)["pseudonym"]
    rows = shop.rows("learner_payments").drop("folder").to_dicts()
    expected = [
        {"learner_pseudonym": u1, "payment_state": "paid", "paid_date": date(2026, 5, 7)},
        {"learner_pseudonym": u2, "payment_state": "pending", "paid_date": None},
    ]
    same = {"course_id": "web-1", "ordered_date": date(2026, 5, 5)}
    assert rows == [{**same, **each} for each in sorted(expected, key=lambda each: str(each["learner_pseudonym"]))]


def test_nothing_crosses_but_pseudonyms_of_the_domain_course_state_and_days(shop: Desk):
    project(shop)
    rows = shop.rows("learner_payments").drop("folder")
    assert rows.schema == {
        "learner_pseudonym": pl.String,
        "course_id": pl.String,
        "payment_state": pl.String,
        "ordered_date": pl.Date,
        "paid_date": pl.Date,
    }
    buyers = set(shop.rows("orders")["buyer_pseudonym"])
    assert rows["learner_pseudonym"].str.contains(PSEUDONYM).all()
    assert not buyers & set(rows["learner_pseudonym"])
    assert set(rows["learner_pseudonym"]) <= set(shop.rows("course_progress")["learner_pseudonym"])


def test_nobody_gets_a_pseudonym_by_being_projected(shop: Desk):
    before = shop.subjects()
    project(shop)
    assert shop.subjects() == before
    assert project(shop) == Projected()


def test_whoever_becomes_known_in_the_domain_later_is_projected_then(shop: Desk):
    project(shop)
    assert not projections.waits(shop.home, shop.terms)
    shop.land("course_progress", "q.jsonl", [learnt("u3")])
    shop.run()
    assert projections.waits(shop.home, shop.terms)
    assert project(shop).rows["learner_payments"] == 3
    assert set(shop.rows("learner_payments")["learner_pseudonym"]) == set(
        shop.rows("course_progress")["learner_pseudonym"]
    )


def test_a_late_notification_changes_what_is_projected(shop: Desk):
    project(shop)
    shop.land("payments", "late.jsonl", [settlement(2)])
    shop.run()
    project(shop)
    assert shop.rows("learner_payments")["payment_state"].to_list() == ["paid", "paid"]


def test_a_projection_that_is_declared_otherwise_is_written_anew(shop: Desk):
    project(shop)
    declared = shop.terms.internal["learner_payments"]
    other = declared.model_copy(update={"query": declared.query.replace("where", "where payment_state = 'paid' and")})
    shop.terms = shop.terms.model_copy(update={"internal": {**shop.terms.internal, "learner_payments": other}})
    assert projections.waits(shop.home, shop.terms)
    assert project(shop).rows == {"learner_payments": 1}


def test_a_projection_is_written_anew_with_one_that_it_reads(shop: Desk):
    project(shop)
    read = shop.terms.internal["order_payments"]
    other = read.model_copy(update={"query": read.query.replace("then 'paid'", "then 'refunded'")})
    shop.terms = shop.terms.model_copy(update={"internal": {**shop.terms.internal, "order_payments": other}})
    assert project(shop).rows == {"order_payments": 3, "learner_payments": 2}
    assert set(shop.rows("learner_payments")["payment_state"]) == {"refunded", "pending"}


def test_an_intervention_of_another_kind_asks_for_a_new_look(shop: Desk):
    project(shop)
    with open_manifest(shop.home) as manifest:
        told = lake.Intervention("w1", "withdrawal", AS_OF.isoformat(), {})
        manifest.prepare_intervention(told, moves=[], stale={})
        manifest.finish("w1")
    assert projections.waits(shop.home, shop.terms)


def test_the_models_are_told_that_a_projection_changed(shop: Desk):
    lake.clear_stale(shop.home, lake.stale_days(shop.home))
    project(shop)
    assert lake.stale_days(shop.home).keys() == {"order_payments", "learner_payments"}


def test_an_empty_home_projects_nothing(desk: Desk):
    assert not projections.waits(desk.home, desk.terms)
    desk.land("courses", "c.jsonl", COURSES)
    desk.run()
    assert project(desk) == Projected()


@pytest.mark.parametrize(
    ("room", "dies_at"),
    [(lake.Manifest, "prepare_intervention"), (lake.Manifest, "finish"), (Readers, "note_seen")],
)
def test_a_death_in_the_middle_is_completed_by_the_next(
    shop: Desk, room: type, dies_at: str, monkeypatch: pytest.MonkeyPatch
):
    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(room, dies_at, die)
        with pytest.raises(Killed):
            project(shop)
    assert projections.waits(shop.home, shop.terms)
    project(shop)
    assert shop.rows("learner_payments").height == 2
    assert not projections.waits(shop.home, shop.terms)
