"""Requests of data subjects: who asks for what, and whether it is known who asks."""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from typing import Any

import pytest

from tests.desk import Desk

KINDS = ["access", "portability", "rectification", "erasure", "restriction", "lift_restriction", "objection"]


def request(number: int, **changes: Any) -> dict[str, Any]:
    row = {
        "request_id": f"request-{number}",
        "kind": "access",
        "user_id": "user-1",
        "received_at": "2026-05-04T10:00:00+07:00",
        "details": "Saya Sari, minta semua data saya.",
    }
    return {key: value for key, value in {**row, **changes}.items() if value is not None}


def test_every_right_can_be_asked_for(desk: Desk):
    desk.land("rights_requests", "a.jsonl", [request(n, kind=kind) for n, kind in enumerate(KINDS)])
    assert desk.run()["rights_requests"].accepted == len(KINDS)
    rows = desk.rows("rights_requests")
    assert sorted(rows["request_kind"]) == sorted(KINDS)
    assert rows["subject_pseudonym"].n_unique() == 1


def test_details_are_held_back_and_counted(desk: Desk):
    desk.land("rights_requests", "a.jsonl", [request(1), request(2, details=None), request(3, details={"a": "Sari"})])
    report = desk.run()["rights_requests"]
    assert (report.accepted, report.marks) == (3, {"held_back:details": 2})
    assert "Sari" not in str(desk.rows("rights_requests").to_dicts())


@pytest.mark.parametrize("is_one_batch", [True, False])
def test_a_check_of_identity_is_not_undone_by_an_older_export(desk: Desk, *, is_one_batch: bool):
    verified = {"identity_verified_at": "2026-05-05T10:00:00+07:00"}
    orders = list(permutations([{}, verified, {}]))
    for place in range(3):
        rows = [request(number, **order[place]) for number, order in enumerate(orders)]
        desk.land("rights_requests", f"{place}.jsonl", rows)
        if not is_one_batch:
            desk.run()
    desk.run()
    rows = desk.rows("rights_requests")
    assert (rows.height, rows["identity_verified_at"].null_count()) == (len(orders), 0)


def test_an_address_names_the_subject_where_there_is_no_account(desk: Desk):
    at = "2026-05-01T00:00:00Z"
    account = {"user_id": "user-1", "email": "sari@mail.example", "registered_at": at, "updated_at": at}
    desk.land("accounts", "a.jsonl", [account])
    by_mail = request(2, user_id=None, email="Sari@mail.example")
    stranger = request(3, user_id=None, email="lain@mail.example")
    with_both = request(4, email="kantor@mail.example")
    desk.land("rights_requests", "a.jsonl", [request(1), by_mail, stranger, with_both])
    desk.run()
    counts = desk.rows("rights_requests")["subject_pseudonym"].value_counts()["count"].to_list()
    assert sorted(counts) == [1, 3]
    # Nobody is made a subject by an address that stands beside an account.
    assert desk.subjects() == 2


def test_a_request_that_names_its_subject_in_its_details_alone_is_recorded(desk: Desk):
    desk.land("rights_requests", "a.jsonl", [request(1, user_id=None)])
    assert desk.run()["rights_requests"].accepted == 1
    assert desk.rows("rights_requests")["subject_pseudonym"].to_list() == [None]
    assert desk.subjects() == 0


BAD = [
    ({"request_id": None}, "missing_required:request_id"),
    ({"kind": "deletion"}, "not_allowed:kind"),
    ({"received_at": None}, "missing_required:received_at"),
    ({"user_id": None, "email": "tidak ada"}, "wrong_format:email"),
    ({"identity_verified_at": "2026-07-05T00:00:00Z"}, "in_the_future:identity_verified_at"),
]


def test_bad_rows_wait_and_the_others_go_on(desk: Desk):
    desk.land(
        "rights_requests",
        "a.jsonl",
        [request(100), *(request(number, **change) for number, (change, _) in enumerate(BAD))],
    )
    report = desk.run()["rights_requests"]
    assert (report.accepted, report.quarantined) == (1, Counter(reason for _, reason in BAD))
