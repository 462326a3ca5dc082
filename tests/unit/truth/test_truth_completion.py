from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.truth import completion, funnel
from tests.truth.rules import Rules

COURSES = [{"course_id": "web", "has_cohorts": True}, {"course_id": "biz", "has_cohorts": False}]
COHORTS = [
    {
        "course_id": "web",
        "cohort": "c1",
        "starts_at": "2026-01-05T09:00:00+07:00",
        "ends_at": "2026-03-01T00:00:00+07:00",
        "observation_days": 10,
    }
]


def event(number: int, user: str, kind: str, at: str, **more: Any) -> dict[str, Any]:
    course = {"course_id": "web", "cohort": "c1"}
    return {
        "event_id": f"e{number}",
        "user_id": user,
        "event_type": kind,
        "occurred_at": f"{at}+07:00",
        "told_by": "native",
        **course,
        **more,
    }


def spoilt(key: str, source: str = "course_progress") -> dict[str, Any]:
    return {"source": source, "file": "f", "line": 1, "kind": "broken_json", "fate": "quarantined", "key": key}


def by_cohort(frame: Any) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["course_id"], row["cohort"]): row for row in frame.iter_rows(named=True)}


def test_a_completion_counts_up_to_the_end_of_the_window_and_not_after(tell):
    world = tell(
        courses=COURSES,
        cohorts=COHORTS,
        learning_events=[
            event(1, "ann", "enrolled", "2026-01-10T00:00:00"),
            event(2, "ann", "course_completed", "2026-01-12T12:00:00"),  # 2.5 days
            event(3, "ben", "enrolled", "2026-01-10T00:00:00"),
            event(4, "ben", "course_completed", "2026-03-11T00:00:00"),  # the last instant: 60 days
            event(5, "cyn", "enrolled", "2026-01-10T00:00:00"),
            event(6, "cyn", "course_completed", "2026-03-11T00:00:01"),  # a second late
            event(7, "dan", "enrolled", "2026-01-10T00:00:00"),
            event(8, "dan", "refunded", "2026-01-11T00:00:00"),  # ever enrolled
        ],
    )
    (row,) = completion.rates(world).to_dicts()
    assert (row["enrolled"], row["completed"], row["completion_rate"]) == (4, 2, 0.5)
    assert row["median_days_to_complete"] == (2.5 + 60) / 2
    assert row["is_window_closed"]
    assert row["window_closes_at"] == datetime(2026, 3, 10, 17, tzinfo=UTC).timestamp() * 1000


def test_the_quartiles_lie_between_the_days_of_those_who_completed(tell):
    events = []
    for number, days in enumerate((1, 2, 4, 8)):
        events.append(event(2 * number, f"u{number}", "enrolled", "2026-01-10T00:00:00"))
        events.append(event(2 * number + 1, f"u{number}", "course_completed", f"2026-01-{10 + days}T00:00:00"))
    events += [
        event(8, "late", "enrolled", "2026-01-10T00:00:00"),
        event(9, "late", "course_completed", "2026-03-30T00:00:00"),
    ]
    (row,) = completion.rates(tell(courses=COURSES, cohorts=COHORTS, learning_events=events)).to_dicts()
    found = tuple(row[f"{name}_days_to_complete"] for name in ("lower_quartile", "median", "upper_quartile"))
    assert found == (1.75, 3.0, 5.0)


def test_without_cohorts_the_cohort_is_the_month_of_enrolment_in_jakarta(tell):
    biz = {"course_id": "biz", "cohort": None}
    world = tell(
        courses=COURSES,
        cohorts=COHORTS,
        learning_events=[
            event(1, "ann", "enrolled", "2026-02-01T00:30:00", **biz),  # still January in UTC
            event(2, "ann", "course_completed", "2026-05-02T00:30:00", **biz),  # the 90th day's last instant
            event(3, "ben", "enrolled", "2026-01-31T23:59:59", **biz),
            event(4, "ben", "course_completed", "2026-05-02T00:00:00", **biz),  # past his 90 days
        ],
    )
    rates = by_cohort(completion.rates(world))
    assert rates.keys() == {("biz", "2026-01"), ("biz", "2026-02")}
    assert (rates["biz", "2026-02"]["enrolled"], rates["biz", "2026-02"]["completed"]) == (1, 1)
    assert (rates["biz", "2026-01"]["enrolled"], rates["biz", "2026-01"]["completed"]) == (1, 0)
    for name in ("lower_quartile", "median", "upper_quartile"):
        assert rates["biz", "2026-01"][f"{name}_days_to_complete"] is None
    # 90 days after 1 March, by Jakarta's clock: 30 May.
    assert rates["biz", "2026-02"]["window_closes_at"] == datetime(2026, 5, 29, 17, tzinfo=UTC).timestamp() * 1000


def test_a_completion_whose_enrolment_was_lost_implies_it_at_that_instant(tell):
    world = tell(
        cohorts=COHORTS,
        learning_events=[
            event(1, "ann", "enrolled", "2026-01-10T00:00:00"),
            event(2, "ann", "course_completed", "2026-02-10T00:00:00"),
            event(3, "ben", "enrolled", "2026-01-10T00:00:00"),
            event(4, "ben", "started", "2026-01-11T00:00:00"),
        ],
        planted=[spoilt("e1"), spoilt("e3")],
    )
    (row,) = completion.rates(world).to_dicts()
    assert (row["enrolled"], row["completed"], row["median_days_to_complete"]) == (1, 1, 0.0)


def test_a_reenrolment_is_the_same_learner_once_in_a_cohort_and_another_in_the_next_month(tell):
    biz = {"course_id": "biz", "cohort": None}
    world = tell(
        cohorts=COHORTS,
        learning_events=[
            event(1, "ann", "enrolled", "2026-01-10T00:00:00", enrolment_id="x"),
            event(2, "ann", "unenrolled", "2026-01-12T00:00:00", enrolment_id="x"),
            event(3, "ann", "enrolled", "2026-01-20T00:00:00", enrolment_id="xb"),
            event(4, "ben", "enrolled", "2026-01-10T00:00:00", **biz),
            event(5, "ben", "unenrolled", "2026-01-12T00:00:00", **biz),
            event(6, "ben", "enrolled", "2026-02-20T00:00:00", **biz),
            event(7, "ben", "course_completed", "2026-02-22T00:00:00", **biz),
            event(8, "cyn", "enrolled", "2026-01-10T00:00:00", **biz),
            event(9, "cyn", "enrolled", "2026-02-10T00:00:00", **biz),  # nothing between: the same enrolment
        ],
    )
    rates = by_cohort(completion.rates(world))
    assert {key: (row["enrolled"], row["completed"]) for key, row in rates.items()} == {
        ("web", "c1"): (1, 0),
        ("biz", "2026-01"): (2, 0),
        ("biz", "2026-02"): (1, 1),
    }
    assert rates["biz", "2026-02"]["median_days_to_complete"] == 2.0


def test_a_cohort_that_the_course_does_not_list_is_unlisted(tell):
    world = tell(
        cohorts=COHORTS,
        learning_events=[
            event(1, "ann", "enrolled", "2026-01-10T00:00:00", cohort="of my own"),
            event(2, "ben", "enrolled", "2026-01-10T00:00:00", cohort=None),
        ],
    )
    assert by_cohort(completion.rates(world)).keys() == {("web", "(unlisted)"), ("web", "2026-01")}


def test_what_either_format_tells_counts_unless_statements_are_left_out(tell):
    events = [
        event(1, "ann", "enrolled", "2026-01-10T00:00:00", told_by="xapi"),
        event(2, "ben", "enrolled", "2026-01-10T00:00:00", told_by="both"),
        event(3, "cyn", "enrolled", "2026-01-10T00:00:00", told_by="both"),
        event(4, "dan", "enrolled", "2026-01-10T00:00:00", told_by="both"),
    ]
    planted = [spoilt("e3"), spoilt("e4"), spoilt("e4", "course_progress_xapi")]
    world = tell(cohorts=COHORTS, learning_events=events, planted=planted)
    # A statement names no cohort: ann, and cyn of whom nothing else arrived, are in that of the month.
    found = {cohort: row["enrolled"] for (_, cohort), row in by_cohort(completion.rates(world)).items()}
    assert found == {"2026-01": 2, "c1": 1}
    assert completion.rates(world, rules=Rules(xapi=False))["enrolled"].to_list() == [1]


def test_a_statement_that_is_taken_back_counts_nowhere(tell):
    told = [("enrolled", "native"), ("course_completed", "xapi")]
    events = [event(n, "ann", kind, "2026-01-10T00:00:00", told_by=by) for n, (kind, by) in enumerate(told)]
    voiding = {"source": "course_progress_xapi", "kind": "voids", "fate": "accepted", "key": "e1"}
    (before,) = completion.rates(tell(cohorts=COHORTS, learning_events=events)).to_dicts()
    (after,) = completion.rates(tell(cohorts=COHORTS, learning_events=events, planted=[voiding])).to_dicts()
    assert (before["completed"], after["completed"], after["enrolled"]) == (1, 0, 1)


def test_minors_count_nowhere_from_the_instant_they_are_known(tell):
    learner = {"user_id": "ann", "is_minor": True, "minority_told_at": "2026-02-01T00:00:00+07:00"}
    world = tell(
        cohorts=COHORTS,
        learners=[learner],
        learning_events=[
            event(1, "ann", "enrolled", "2026-01-10T00:00:00"),
            event(2, "ben", "enrolled", "2026-01-10T00:00:00"),
        ],
    )
    january, february = datetime(2026, 1, 30, tzinfo=UTC), datetime(2026, 2, 2, tzinfo=UTC)
    assert completion.rates(world, rules=Rules(minors_out=False))["enrolled"].to_list() == [2]
    out = Rules(minors_out=True)
    assert completion.rates(world, as_of=january, rules=out)["enrolled"].to_list() == [2]
    assert completion.rates(world, as_of=february, rules=out)["enrolled"].to_list() == [1]


def test_the_funnel_has_every_listed_module_and_counts_enrolled_learners_within_the_window(tell):
    def module(name: str, position: int) -> dict[str, Any]:
        return {"course_id": "web", "module_id": name, "position": position, "is_required": True}

    def done(number: int, user: str, name: str, at: str) -> dict[str, Any]:
        return event(number, user, "module_completed", at, module_id=name)

    world = tell(
        cohorts=COHORTS,
        course_modules=[module("m1", 1), module("m2", 2)],
        learning_events=[
            event(1, "ann", "enrolled", "2026-01-10T00:00:00"),
            done(2, "ann", "m1", "2026-01-11T00:00:00"),
            done(3, "ann", "m1", "2026-01-12T00:00:00"),  # the same learner once
            event(4, "ben", "enrolled", "2026-01-10T00:00:00"),
            done(5, "ben", "m1", "2026-03-11T00:00:01"),  # after the window
            done(6, "ben", "unheard-of", "2026-01-11T00:00:00"),  # in no funnel
            done(7, "cyn", "m1", "2026-01-11T00:00:00"),  # never enrolled
        ],
    )
    rows = funnel.modules(world).select("module_id", "position", "enrolled", "completed_module").rows()
    assert rows == [("m1", 1, 2, 1), ("m2", 2, 2, 0)]
    assert funnel.modules(world)["module_completion_rate"].to_list() == [0.5, 0.0]
