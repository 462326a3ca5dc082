"""Advertising figures: days that are corrected afterwards, and nobody in them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.desk import Desk


def day(**changes: Any) -> dict[str, Any]:
    row = {
        "date": "2026-05-04",
        "campaign_id": "23850000000010000",
        "campaign_name": "IG | Belajar Desain | Akuisisi",
        "adset_id": "23850000000010010",
        "ad_id": "23850000000010011",
        "impressions": 120,
        "clicks": 2,
        "spend": "4419.50",
        "currency": "IDR",
        "utm_campaign": "ig-belajar-desain",
    }
    return {key: value for key, value in {**row, **changes}.items() if value is not None}


def test_figures_are_typed_and_stored_as_the_tool_tells_them(desk: Desk):
    desk.land("ad_insights", "a.jsonl", [day()])
    assert desk.run()["ad_insights"].accepted == 1
    (row,) = desk.rows("ad_insights").drop("folder", "policy_version").to_dicts()
    assert row.pop("report_date").isoformat() == "2026-05-04"
    assert row == {key: value for key, value in day(spend=4419.5).items() if key != "date"}


def test_a_corrected_day_replaces_what_was_told_before(desk: Desk):
    desk.land("ad_insights", "2026-05-05.jsonl", [day(clicks=2), day(date="2026-05-05")])
    desk.land("ad_insights", "2026-05-06.jsonl", [day(clicks=3), day(clicks=4)])
    report = desk.run()["ad_insights"]
    assert (report.accepted, report.superseded) == (2, 2)
    desk.land("ad_insights", "2026-05-07.jsonl", [day(clicks=3), day(clicks=3)])
    report = desk.run()["ad_insights"]
    assert (report.accepted, report.duplicates) == (1, 1)
    assert desk.rows("ad_insights").sort("report_date")["clicks"].to_list() == [3, 2]


def test_another_ad_or_day_is_another_row(desk: Desk):
    rows = [day(), day(ad_id="2"), day(adset_id="2"), day(campaign_id="2"), day(date="2026-05-05")]
    desk.land("ad_insights", "a.jsonl", rows)
    assert desk.run()["ad_insights"].accepted == 5


@pytest.mark.parametrize("missing", [{"ad_id": None}, {"ad_id": None, "adset_id": None}])
def test_a_whole_campaigns_day_is_corrected_too(desk: Desk, missing: dict[str, None]):
    desk.land("ad_insights", "a.jsonl", [day(clicks=1, **missing), day(clicks=2, **missing)])
    desk.run()
    desk.land("ad_insights", "b.jsonl", [day(clicks=3, **missing)])
    desk.run()
    desk.land("ad_insights", "c.csv", [",".join(day(**missing)), ",".join(map(str, day(clicks=3, **missing).values()))])
    assert desk.run()["ad_insights"].duplicates == 1
    assert desk.rows("ad_insights")["clicks"].to_list() == [3]


def test_a_renamed_column_is_counted_and_leaves_its_own_empty(desk: Desk):
    desk.land("ad_insights", "a.jsonl", [day(spend=None, amount_spent="4419.00")])
    assert desk.run()["ad_insights"].unknown_fields == {"amount_spent": 1}
    assert desk.rows("ad_insights")["spend"].to_list() == [None]


BAD = [
    ({"date": None}, "missing_required:date"),
    ({"campaign_id": None}, "missing_required:campaign_id"),
    ({"date": "04/05/2026"}, "wrong_type:date"),
    ({"campaign_id": "one two"}, "wrong_format:campaign_id"),
    ({"impressions": "1.204"}, "wrong_type:impressions"),
    ({"clicks": -1}, "out_of_range:clicks"),
    ({"spend": "4.419,50"}, "wrong_type:spend"),
    ({"spend": "-1.00"}, "out_of_range:spend"),
    ({"currency": "IDX"}, "not_allowed:currency"),
]


def test_bad_rows_wait_and_the_others_go_on(desk: Desk):
    desk.land(
        "ad_insights",
        "a.jsonl",
        [day(ad_id="good"), *(day(**{"ad_id": str(number), **change}) for number, (change, _) in enumerate(BAD))],
    )
    report = desk.run()["ad_insights"]
    assert (report.accepted, report.quarantined) == (1, Counter(reason for _, reason in BAD))


def test_a_marketers_own_words_bear_nobody_and_nobody_becomes_a_subject(desk: Desk):
    names = ["Promosi: Karya Alumni", "Lookalike sari@mail.example", "Retarget 0812 0000 12345"]
    desk.land("ad_insights", "a.jsonl", [day(ad_id=str(n), campaign_name=name) for n, name in enumerate(names)])
    assert desk.run()["ad_insights"].marks == {"dropped:campaign_name": 2}
    assert desk.rows("ad_insights").sort("ad_id")["campaign_name"].to_list() == [names[0], None, None]
    assert desk.subjects() == 0
