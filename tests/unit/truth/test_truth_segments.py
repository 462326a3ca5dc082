from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.truth import segments
from tests.truth.reading import JAKARTA
from tests.unit.truth.telling import COHORTS, COURSES, Row, consent, event, page, quarantined

STATISTICS = "aggregate_statistics"
COLUMNS = ("segment_kind", "segment", "segment_learners", "completed")


def told(user: str, at: str = "01-10T00:00:00", **more: str | None) -> Row:
    return {"user_id": user, "updated_at": f"2026-{at}+07:00", "region": "Bali", "age_band": "25-34", **more}


def agreed(user: str, at: str = "01-01T00:00:00", *, granted: bool = True) -> Row:
    return consent(f"{user}-{at}", STATISTICS, at, granted=granted, user_id=user)


def table(tell: Any, *, as_of: datetime | None = None, **tables: Any) -> list[tuple[object, ...]]:
    world = tell(courses=COURSES, cohorts=COHORTS, **tables)
    rows: list[tuple[object, ...]] = segments.completion(world, as_of=as_of).select(COLUMNS).rows()
    return rows


def test_learners_count_by_what_they_told_and_how_they_came(tell):
    found = table(
        tell,
        learning_events=[
            event("1", "ann", "enrolled", "01-10T00:00:00"),
            event("2", "ann", "course_completed", "02-10T00:00:00"),
            event("3", "ben", "enrolled", "01-10T00:00:00"),
            event("4", "cyn", "enrolled", "01-10T00:00:00"),
        ],
        attributes=[told("ann"), told("ben", age_band=None), told("cyn", region="Aceh")],
        consents=[agreed("ann"), agreed("ben")],  # cyn never did
        web_calls=[page("a", "01-01T10:00:00", user_id="ann", referrer_host="www.google.com")],
    )
    assert found == [
        ("age_band", "25-34", 1, 1),
        ("channel", "Organic Search", 1, 1),
        ("region", "Bali", 2, 1),
    ]


def test_consent_counts_that_was_there_when_it_was_told_and_has_not_been_taken_back(tell):
    users = ("ann", "ben", "cyn", "dan", "eve")
    found = table(
        tell,
        learning_events=[event(user, user, "enrolled", "01-10T00:00:00") for user in users],
        attributes=[told(user, age_band=None) for user in users],
        consents=[
            agreed("ann", "01-11T00:00:00"),  # only afterwards
            agreed("ben"),
            agreed("ben", "01-11T00:00:00", granted=False),  # taken back afterwards
            agreed("ben", "01-12T00:00:00"),  # and given for the time to come
            agreed("cyn"),
            agreed("cyn", granted=False),  # at one instant a no wins
            agreed("dan", "01-02T00:00:00", granted=False),
            agreed("dan", "01-10T00:00:00"),  # just when it was told
            agreed("eve"),
            agreed("eve", "01-02T00:00:00", granted=False),
        ],
    )
    assert found == [("region", "Bali", 1, 0)]


def test_the_newest_answers_that_arrived_count(tell):
    answers = [told("ann", age_band=None), told("ann", "01-12T00:00:00", region="Aceh", age_band=None)]
    more = {"learning_events": [event("1", "ann", "enrolled", "01-10T00:00:00")], "consents": [agreed("ann")]}
    assert table(tell, attributes=answers, **more) == [("region", "Aceh", 1, 0)]
    planted = [quarantined("learner_attributes", "ann", occurred_at="2026-01-12T00:00:00+07:00")]
    assert table(tell, attributes=answers, planted=planted, **more) == [("region", "Bali", 1, 0)]


def test_only_closed_cohorts_count_and_a_learner_once_a_course(tell):
    events = [
        event("1", "ann", "enrolled", "01-10T00:00:00"),
        event("2", "ann", "unenrolled", "01-11T00:00:00"),
        event("3", "ann", "enrolled", "04-10T00:00:00", cohort="c2"),
        event("4", "ann", "course_completed", "04-20T00:00:00", cohort="c2"),
        event("5", "ben", "enrolled", "04-10T00:00:00", cohort="c2"),
        event("6", "cyn", "enrolled", "01-10T00:00:00"),
        event("7", "cyn", "course_completed", "01-20T00:00:00"),
        event("8", "cyn", "unenrolled", "01-21T00:00:00"),
        event("9", "cyn", "enrolled", "04-10T00:00:00", cohort="c2"),
    ]
    more = {
        "learning_events": events,
        "attributes": [told(user, age_band=None) for user in ("ann", "ben", "cyn")],
        "consents": [agreed("ann"), agreed("ben"), agreed("cyn")],
    }
    open_still = datetime(2026, 5, 10, 23, 59, 59, tzinfo=JAKARTA)
    closed = datetime(2026, 5, 11, tzinfo=JAKARTA)
    assert table(tell, as_of=open_still, **more) == [("region", "Bali", 2, 1)]
    assert table(tell, as_of=closed, **more) == [("region", "Bali", 3, 2)]


def test_a_learner_who_is_not_enrolled_is_in_no_segment(tell):
    assert table(tell, attributes=[told("ann")], consents=[agreed("ann")]) == []
