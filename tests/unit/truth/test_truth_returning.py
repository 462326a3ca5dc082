from __future__ import annotations

from tests.truth import returning
from tests.unit.truth.telling import COHORTS, COURSES, event

COLUMNS = ("cohort", "enrolled_learners", "first_time_learners", "returning_learners", "completed_again")


def test_whoever_was_in_an_earlier_cohort_of_the_course_comes_back(tell):
    world = tell(
        courses=COURSES,
        cohorts=COHORTS,
        learning_events=[
            event("1", "ann", "enrolled", "01-10T00:00:00"),
            event("2", "ann", "course_completed", "01-20T00:00:00"),
            event("3", "ann", "unenrolled", "01-21T00:00:00"),
            event("4", "ann", "enrolled", "04-10T00:00:00", cohort="c2"),
            event("5", "ann", "course_completed", "04-20T00:00:00", cohort="c2"),
            event("6", "ben", "enrolled", "01-10T00:00:00"),
            event("7", "ben", "unenrolled", "01-11T00:00:00"),
            event("8", "ben", "enrolled", "04-10T00:00:00", cohort="c2"),
            event("9", "ben", "course_completed", "05-11T00:00:01", cohort="c2"),  # a second late
            event("10", "cyn", "enrolled", "04-10T00:00:00", cohort="c2"),
            event("11", "cyn", "course_completed", "04-20T00:00:00", cohort="c2"),
        ],
    )
    assert returning.re_enrolments(world).sort("cohort").select(COLUMNS).rows() == [
        ("c1", 2, 2, 0, 0),
        ("c2", 3, 1, 2, 1),
    ]


def test_nobody_comes_back_within_a_cohort_or_from_another_course(tell):
    biz = {"course_id": "biz", "cohort": None}
    world = tell(
        courses=COURSES,
        cohorts=COHORTS,
        learning_events=[
            event("1", "ann", "enrolled", "01-10T00:00:00"),
            event("2", "ann", "unenrolled", "01-11T00:00:00"),
            event("3", "ann", "enrolled", "01-12T00:00:00"),
            event("4", "ben", "enrolled", "01-10T00:00:00"),
            event("5", "ben", "enrolled", "02-10T00:00:00", **biz),
        ],
    )
    assert returning.re_enrolments(world)["returning_learners"].to_list() == [0, 0]


def test_in_two_cohorts_at_one_instant_nobody_has_come_back(tell):
    at = "01-10T00:00:00"
    events = [
        event(cohort, "ann", "enrolled", at, cohort=cohort, enrolment_id=f"e-{cohort}") for cohort in ("c1", "c2")
    ]
    world = tell(courses=COURSES, cohorts=COHORTS, learning_events=events)
    assert returning.re_enrolments(world).select("enrolled_learners", "returning_learners").rows() == [(1, 0), (1, 0)]


def test_a_month_is_a_cohort_where_the_course_lists_none(tell):
    biz = {"course_id": "biz", "cohort": None}
    world = tell(
        courses=COURSES,
        cohorts=COHORTS,
        learning_events=[
            event("1", "ann", "enrolled", "01-31T23:59:59", **biz),
            event("2", "ann", "refunded", "01-31T23:59:59", **biz),
            event("3", "ann", "enrolled", "02-01T00:00:00", **biz),
        ],
    )
    found = returning.re_enrolments(world).sort("cohort").select("cohort", "returning_learners").rows()
    assert found == [("2026-01", 0), ("2026-02", 1)]
