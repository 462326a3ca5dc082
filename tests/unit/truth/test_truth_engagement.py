from __future__ import annotations

from datetime import date, datetime

from tests.truth import engagement
from tests.truth.reading import JAKARTA
from tests.unit.truth.telling import COHORTS, COURSES, event, quarantined

# 5 January 2026 is a Monday.


def test_days_weeks_and_months_begin_at_seventeen_hours_utc(tell):
    before, after = "2026-02-01T16:59:59+00:00", "2026-02-01T17:00:00+00:00"  # Sunday's last second, and Monday
    world = tell(
        learning_events=[
            {**event("1", "ann", "started", "01-01T00:00:00"), "occurred_at": before},
            {**event("2", "ann", "started", "01-01T00:00:00"), "occurred_at": after},
            {**event("3", "ben", "started", "01-01T00:00:00"), "occurred_at": after},
        ]
    )
    rows = engagement.active_learners(world).select("period", "period_starts_on", "active_learners").rows()
    assert rows == [
        ("day", date(2026, 2, 1), 1),
        ("day", date(2026, 2, 2), 2),
        ("month", date(2026, 2, 1), 2),
        ("week", date(2026, 1, 26), 1),
        ("week", date(2026, 2, 2), 2),
    ]


def test_a_period_is_over_at_the_first_instant_after_it(tell):
    world = tell(learning_events=[event("1", "ann", "started", "01-31T12:00:00")])  # a Saturday
    instants = ["2026-01-31T23:59:59+07:00", "2026-02-01T00:00:00+07:00", "2026-02-02T00:00:00+07:00"]
    found = [
        dict(
            engagement.active_learners(world, as_of=datetime.fromisoformat(at))
            .select("period", "is_period_over")
            .rows()
        )
        for at in instants
    ]
    assert found == [
        {"day": False, "week": False, "month": False},
        {"day": True, "week": False, "month": True},
        {"day": True, "week": True, "month": True},
    ]


def test_events_that_were_lost_make_nobody_active(tell):
    events = [event("1", "ann", "started", "01-05T12:00:00")]
    assert engagement.active_learners(tell(learning_events=events)).height == 3
    planted = [quarantined("course_progress", "1")]
    assert engagement.active_learners(tell(learning_events=events, planted=planted)).height == 0


def test_learners_are_followed_from_the_week_of_their_first_enrolment(tell):
    biz = {"course_id": "biz", "cohort": None}
    world = tell(
        courses=COURSES,
        cohorts=COHORTS,
        learning_events=[
            event("1", "ann", "enrolled", "01-11T23:59:59"),  # Sunday's last second
            event("2", "ann", "started", "01-12T00:00:00"),  # Monday: a week later
            event("3", "ann", "enrolled", "01-20T00:00:00", **biz),  # a second course begins no week of its own
            event("4", "ben", "enrolled", "01-05T00:00:00"),
            event("5", "ben", "started", "01-11T23:59:59"),  # in the week itself
            event("6", "cyn", "started", "01-20T00:00:00"),  # never enrolled
        ],
    )
    as_of = datetime(2026, 1, 26, tzinfo=JAKARTA)  # the first instant of the third week after
    rows = engagement.retention_weekly(world, as_of=as_of).rows()
    week = date(2026, 1, 5)
    assert rows == [(week, 1, True, 2, 1), (week, 2, True, 2, 1), (week, 3, False, 2, 0)]


def test_nobody_is_followed_beyond_twelve_weeks(tell):
    events = [event("1", "ann", "enrolled", "01-05T00:00:00"), event("2", "ann", "started", "04-06T00:00:00")]
    found = engagement.retention_weekly(tell(courses=COURSES, cohorts=COHORTS, learning_events=events))
    assert found["week_number"].to_list() == list(range(1, 13))
    assert found["retained_learners"].sum() == 0
