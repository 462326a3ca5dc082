"""The newsletter's list: whoever left stays away until they come back themselves."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from itertools import permutations
from typing import Any

import pytest

from tests.desk import Desk

REPEATED_SPELLINGS = ["sari@mail.example", " Sari@Mail.Example ", "SARI@MAIL.EXAMPLE"]


def on(day: int) -> str:
    return f"2026-05-{day:02}T10:00:00Z"


def state(subscribed: int, left: int | None = None, **changes: Any) -> dict[str, Any]:
    row = {"email": "sari@mail.example", "subscribed_at": on(subscribed), "source": "formulir-beranda"}
    return {**row, "unsubscribed_at": on(left) if left else None, **changes}


def left(desk: Desk) -> datetime | None:
    found: list[datetime | None] = desk.rows("newsletter_subscribers")["unsubscribed_at"].to_list()
    assert len(found) == 1
    return found[0]


def test_who_left_is_not_brought_back_by_an_old_list_but_by_subscribing_anew(desk: Desk):
    desk.land("newsletter_subscribers", "1.jsonl", [state(1)])
    desk.run()
    assert left(desk) is None
    desk.land("newsletter_subscribers", "5.jsonl", [state(1, 5)])
    desk.run()
    assert left(desk) is not None
    desk.land("newsletter_subscribers", "9.jsonl", [state(1, source="impor-2025")])
    assert desk.run()["newsletter_subscribers"].superseded == 1
    assert left(desk) is not None
    desk.land("newsletter_subscribers", "12.jsonl", [state(12)])
    desk.run()
    assert left(desk) is None


@pytest.mark.parametrize("is_one_batch", [True, False])
def test_the_order_of_files_changes_nothing(desk: Desk, *, is_one_batch: bool):
    states = [state(1), state(1, 5), state(1, source="impor-2025"), state(12), state(12, 14)]
    orders = list(permutations(range(len(states))))
    for place in range(len(states)):
        rows = [{**states[order[place]], "email": f"s{n}@mail.example"} for n, order in enumerate(orders)]
        desk.land("newsletter_subscribers", f"{place}.jsonl", rows)
        if not is_one_batch:
            desk.run()
    desk.run()
    rows = desk.rows("newsletter_subscribers")
    assert rows.height == len(orders)
    assert rows["unsubscribed_at"].unique().to_list() == [datetime(2026, 5, 14, 10)]  # noqa: DTZ001 - stored as UTC


@pytest.mark.parametrize("rows", [[state(5), state(1, 5)], [state(1, 5), state(5)], [state(5, 5), state(5)]])
def test_of_one_instant_the_end_wins(desk: Desk, rows: list[dict[str, Any]]):
    for number, row in enumerate(rows):
        desk.land("newsletter_subscribers", f"{number}.jsonl", [row])
        desk.run()
    assert left(desk) is not None


def test_an_end_is_remembered_however_old_it_is_of_whoever_is_known(desk: Desk):
    desk.land("newsletter_subscribers", "young.jsonl", [state(1, subscribed_at="2026-01-01")])
    desk.run()
    old = [state(1, subscribed_at="2012-01-01", unsubscribed_at="2026-02-01"), state(1, subscribed_at="2012-01-01")]
    desk.land("newsletter_subscribers", "a.jsonl", old)
    report = desk.run()["newsletter_subscribers"]
    assert (report.accepted, report.superseded, report.refused) == (1, 1, {})
    assert left(desk) is not None


def test_an_old_state_of_whoever_is_known_from_nothing_else_is_refused_and_makes_nobody_known(desk: Desk):
    desk.land("newsletter_subscribers", "a.jsonl", [state(1, subscribed_at="2012-01-01", unsubscribed_at="2013-01-01")])
    report = desk.run()["newsletter_subscribers"]
    assert (report.accepted, report.refused, desk.subjects()) == (0, {"expired": 1}, 0)


def test_spellings_of_an_address_are_one_subscriber_and_the_learner_with_an_account(desk: Desk):
    account = {"user_id": "u", "email": "Sari@mail.example", "registered_at": on(1), "updated_at": on(1)}
    desk.land("accounts", "a.jsonl", [account])
    desk.land("newsletter_subscribers", "a.jsonl", [state(1, email=email) for email in REPEATED_SPELLINGS])
    desk.run()
    rows = desk.rows("newsletter_subscribers")
    assert rows.height == 1
    assert desk.subjects() == 1
    assert "@" not in str(rows.to_dicts())
    assert set(rows["subscriber_pseudonym"]).isdisjoint(desk.rows("accounts")["learner_pseudonym"])


BAD = [
    ({"email": None}, "missing_required:email"),
    ({"subscribed_at": None}, "missing_required:subscribed_at"),
    ({"unsubscribed_at": "kemarin"}, "wrong_type:unsubscribed_at"),
    ({"email": "tidak ada"}, "wrong_format:email"),
    ({"email": "   "}, "wrong_format:email"),
    ({"email": "Sari <sari@mail.example>"}, "wrong_format:email"),
    ({"email": f"{'x' * 201}@mail.example"}, "wrong_format:email"),
    ({"subscribed_at": "2026-07-05T00:00:00Z"}, "in_the_future:subscribed_at"),
    ({"unsubscribed_at": "2026-07-05T00:00:00Z"}, "in_the_future:unsubscribed_at"),
]


def test_bad_rows_wait_and_make_nobody_a_subject(desk: Desk):
    desk.land(
        "newsletter_subscribers",
        "a.jsonl",
        [
            state(1),
            *(state(1, **{"email": f"s{number}@mail.example", **change}) for number, (change, _) in enumerate(BAD)),
        ],
    )
    report = desk.run()["newsletter_subscribers"]
    assert (report.accepted, report.quarantined) == (1, Counter(reason for _, reason in BAD))
    assert desk.subjects() == 1
