"""What learners tell for statistics: closed answers, and one of them only with consent."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.desk import Desk

MONDAY, TUESDAY, WEDNESDAY = (f"2026-05-0{day}T10:00:00Z" for day in (4, 5, 6))


def told(at: str = TUESDAY, **changes: Any) -> dict[str, Any]:
    row = {
        "user_id": "user-1",
        "gender": "female",
        "region": "Jawa Barat",
        "highest_education": "S1",
        "age_band": "25-34",
        "disability": "hearing",
        "updated_at": at,
    }
    return {key: value for key, value in {**row, **changes}.items() if value is not None}


def statement(at: str, *, granted: bool, **changes: Any) -> dict[str, Any]:
    row = {
        "purpose": "aggregate_statistics",
        "policy_version": "1",
        "source": "settings",
        "evidence": f"{at}/{granted}/{changes}",
    }
    return {**row, "event_id": f"{at}/{granted}", "granted": granted, "occurred_at": at, **changes}


ANSWERS = ("gender", "region", "highest_education", "age_band", "disability")


# What was stated, and whether it bears an answer of Tuesday. The region tells the cases apart.
CASES: dict[str, tuple[list[dict[str, Any]], bool]] = {
    "Aceh": ([], False),
    "Bali": ([statement(MONDAY, granted=True)], True),
    "Banten": ([statement(TUESDAY, granted=True)], True),
    "Bengkulu": ([statement(MONDAY, granted=False)], False),
    "Gorontalo": ([statement(WEDNESDAY, granted=True)], False),
    "Jambi": ([statement(MONDAY, granted=True), statement(TUESDAY, granted=False)], False),
    "Lampung": ([statement(MONDAY, granted=True), statement(WEDNESDAY, granted=False)], True),
    "Maluku": ([statement(MONDAY, granted=False), statement(TUESDAY, granted=True)], True),
    "Papua": ([statement(MONDAY, granted=True, purpose="product_analytics")], False),
    "Riau": ([statement(MONDAY, granted=True, user_id="somebody else")], False),
}


def test_the_special_category_is_stored_with_consent_alone_and_the_rest_always(desk: Desk):
    desk.land("learner_attributes", "a.jsonl", [told(user_id=region, region=region) for region in CASES])
    stated = [{"user_id": region, **each} for region, (statements, _) in CASES.items() for each in statements]
    desk.land("consents", "c.jsonl", [{**each, "event_id": str(number)} for number, each in enumerate(stated)])
    report = desk.run()["learner_attributes"]
    bearing = {region for region, (_, is_stored) in CASES.items() if is_stored}
    assert (report.accepted, report.denied_consent) == (len(CASES), len(CASES) - len(bearing))
    rows = desk.rows("learner_attributes")
    assert set(rows.filter(rows["disability"] == "hearing")["region"]) == bearing
    assert set(rows.filter(rows["is_consented"])["region"]) == bearing
    assert rows["disability"].null_count() == len(CASES) - len(bearing)
    assert rows.select("gender", "highest_education", "age_band").unique().rows() == [("female", "S1", "25-34")]
    assert rows["learner_pseudonym"].n_unique() == desk.subjects() == len(CASES)


def test_having_none_is_told_with_consent_alone_too(desk: Desk):
    desk.land("learner_attributes", "a.jsonl", [told(disability="none")])
    desk.run()
    assert desk.rows("learner_attributes")["disability"].to_list() == [None]


def test_newer_answers_take_back_what_they_leave_out_or_what_consent_no_longer_bears(desk: Desk):
    desk.land(
        "consents",
        "c.jsonl",
        [statement(MONDAY, granted=True, user_id="user-1"), statement(WEDNESDAY, granted=False, user_id="user-1")],
    )
    both = [told(user_id=user) for user in ("user-1", "user-2")]
    desk.land("learner_attributes", "a.jsonl", both)
    desk.run()
    desk.land("learner_attributes", "b.jsonl", [told(WEDNESDAY), told(MONDAY, user_id="user-2", gender="male")])
    desk.land("learner_attributes", "c.jsonl", [told(WEDNESDAY, user_id="user-2", region=None)])
    report = desk.run()["learner_attributes"]
    assert (report.accepted, report.superseded) == (2, 1)
    rows = desk.rows("learner_attributes")
    assert rows["disability"].to_list() == [None, None]
    assert sorted(rows["region"].to_list(), key=str) == ["Jawa Barat", None]
    assert rows["gender"].to_list() == ["female", "female"]


def test_an_answer_that_is_not_listed_is_dropped_and_counted(desk: Desk):
    own_words = dict.fromkeys(ANSWERS, "Rumah Sari")
    desk.land("learner_attributes", "a.jsonl", [told(**own_words), told(user_id="user-2")])
    assert desk.run()["learner_attributes"].marks == {f"dropped:{name}": 1 for name in own_words}
    assert "Sari" not in str(desk.rows("learner_attributes").to_dicts())


BAD = [
    ({"user_id": None}, "missing_required:user_id"),
    ({"updated_at": None}, "missing_required:updated_at"),
    ({"updated_at": "kemarin"}, "wrong_type:updated_at"),
    ({"updated_at": "2026-07-05T00:00:00Z"}, "in_the_future:updated_at"),
]


def test_bad_rows_wait_and_the_others_go_on(desk: Desk):
    desk.land(
        "learner_attributes",
        "a.jsonl",
        [told(user_id="good"), *(told(**{"user_id": str(number), **change}) for number, (change, _) in enumerate(BAD))],
    )
    report = desk.run()["learner_attributes"]
    assert (report.accepted, report.quarantined) == (1, Counter(reason for _, reason in BAD))
