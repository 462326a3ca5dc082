from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.truth import retention
from tests.truth.reading import JAKARTA
from tests.truth.rules import Rules


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JAKARTA)


def call(instant: str, beats: int = 0, **more: Any) -> dict[str, Any]:
    row = {"message_id": instant, "occurred_at": f"{instant}+07:00", "call_type": "page", "heartbeats": beats}
    return {**row, "is_bot": False, "analytics": True, **more}


def event(kind: str, instant: str, *, user: str = "ann", enrolment: str | None = None) -> dict[str, Any]:
    return {
        "event_id": f"{user} {kind} {instant}",
        "user_id": user,
        "course_id": "web",
        "enrolment_id": enrolment,
        "event_type": kind,
        "occurred_at": f"{instant}+07:00",
        "told_by": "native",
    }


@pytest.mark.parametrize(
    ("instant", "last"),
    [
        ("2020-05-31T23:59:59", "2025-05-31"),
        ("2020-06-01T00:00:00", "2025-06-01"),  # May in UTC
        ("2020-02-29T12:00:00", "2025-02-28"),  # no such day: never longer than promised
        ("2020-02-29T00:30:00", "2025-02-28"),  # 28 February in UTC
        ("2019-02-28T12:00:00", "2024-02-28"),
    ],
)
def test_a_call_is_due_after_five_years_by_jakartas_calendar(tell, instant: str, last: str):
    world = tell(web_calls=[call(instant)])
    ends = at(f"{last}T23:59:59")
    assert retention.due(world, at=ends).web_events == 0
    assert retention.due(world, at=ends + timedelta(seconds=1)).web_events == 1


def test_heartbeats_are_due_each_on_its_own(tell):
    world = tell(web_calls=[call("2020-05-04T23:59:50", beats=3)])
    assert retention.due(world, at=at("2025-05-05T00:00:00")).web_events == 1


def test_a_month_is_dropped_whole_so_that_none_of_it_is_overdue(tell):
    world = tell(web_calls=[call("2020-05-01T00:00:00"), call("2020-05-31T23:59:50", beats=1)])
    assert retention.web_months(world, at=at("2025-05-01T23:59:59")) == {}
    # The heartbeat of midnight is June's.
    assert retention.web_months(world, at=at("2025-05-02T00:00:00")) == {"2020-05": 2}


def test_an_enrolment_is_due_a_year_after_its_first_completion(tell):
    world = tell(
        learning_events=[
            event("enrolled", "2024-01-01T00:00:00", enrolment="a"),
            event("course_completed", "2024-02-29T23:00:00", enrolment="a"),
            event("course_completed", "2024-09-01T00:00:00", enrolment="a"),
            event("enrolled", "2024-06-01T00:00:00", enrolment="b"),
        ]
    )
    assert retention.due(world, at=at("2025-02-28T23:59:59")).course_progress == 0
    assert retention.due(world, at=at("2025-03-01T00:00:00")).course_progress == 3


def test_a_reopened_enrolment_is_not_over_until_it_is_completed_again(tell):
    events = [
        event("enrolled", "2024-01-01T00:00:00"),
        event("course_completed", "2024-02-01T00:00:00"),
        event("enrolled", "2024-12-01T00:00:00"),
    ]
    later = at("2025-06-01T00:00:00")
    assert retention.due(tell(learning_events=events), at=later).course_progress == 0
    again = event("course_completed", "2025-01-01T00:00:00")
    assert retention.due(tell(learning_events=[*events, again]), at=later).course_progress == 0
    assert retention.due(tell(learning_events=[*events, again]), at=at("2026-01-02T00:00:00")).course_progress == 4


def test_a_refund_or_withdrawal_that_nothing_follows_ends_the_purpose(tell):
    world = tell(
        learning_events=[
            event("enrolled", "2024-01-01T00:00:00"),
            event("refunded", "2024-01-10T00:00:00"),
            event("enrolled", "2024-01-01T00:00:00", user="ben", enrolment="b"),
            event("unenrolled", "2024-01-10T00:00:00", user="ben", enrolment="b"),
            event("started", "2024-01-11T00:00:00", user="ben", enrolment="b"),
        ]
    )
    over = at("2025-01-11T00:00:00")
    assert retention.due(world, at=at("2025-01-10T23:59:59")).course_progress == 0
    assert retention.due(world, at=over).course_progress == 2
    assert retention.due(world, at=over, rules=Rules(leaving_ends=False)).course_progress == 0


def test_never_completed_runs_for_five_years_from_the_last_interaction_of_any_kind(tell):
    world = tell(
        learning_events=[event("enrolled", "2020-01-01T00:00:00")],
        web_calls=[call("2020-03-01T00:00:00", user_id="ann")],
    )
    assert retention.due(world, at=at("2025-03-01T23:59:59")).course_progress == 0
    assert retention.due(world, at=at("2025-03-02T00:00:00")).course_progress == 1


def test_only_what_a_person_does_themselves_keeps_an_account(tell):
    def account(user: str, login: str = "2020-01-01", **more: Any) -> dict[str, Any]:
        instant = f"{login}T00:00:00+07:00"
        return {"user_id": user, "updated_at": instant, "last_login_at": instant, "is_deleted": False, **more}

    users = ["idle", "exported", "closed", "bot", "denied", "agent", "refund", "visits", "writes", "buys", "consents"]
    states = [account(user) for user in users if user != "closed"]
    exported = {"updated_at": "2024-01-01T00:00:00+07:00"}
    states += [account("exported", **exported), account("closed", **exported, is_deleted=True)]
    numbers = {user: n for n, user in enumerate(users)}
    recent = "2023-01-01T00:00:00"

    world = tell(
        learners=[{"learner": n, "user_id": user} for user, n in numbers.items()],
        account_states=states,
        web_calls=[
            call("2023-01-01T00:00:01", user_id="bot", is_bot=True),
            call("2023-01-01T00:00:02", user_id="denied", analytics=False),
            call("2023-01-01T00:00:03", user_id="visits"),
        ],
        learning_events=[event("refunded", recent, user="refund")],
        tickets=[
            {"learner": numbers["agent"], "author": "agent", "created_at": f"{recent}+07:00"},
            {"learner": numbers["writes"], "author": "customer", "created_at": f"{recent}+07:00"},
        ],
        orders=[{"user_id": "buys", "created_at": f"{recent}+07:00"}],
        consents=[{"user_id": "consents", "occurred_at": f"{recent}+07:00"}],
    )
    assert retention.accounts(world, at=at("2025-01-01T23:59:59")) == set()
    gone = {"idle", "exported", "bot", "denied", "agent", "refund"}
    assert retention.accounts(world, at=at("2025-01-02T00:00:00")) == gone
    assert retention.due(world, at=at("2025-01-02T00:00:00")).accounts == len(gone)
    assert retention.accounts(world, at=at("2028-01-02T00:00:00")) == gone | {"visits", "writes", "buys", "consents"}
