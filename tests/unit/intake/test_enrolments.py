"""Which enrolment an event belongs to, and when that ended."""

from __future__ import annotations

from datetime import date, datetime

import duckdb
import pytest

from pipelines.intake import enrolments

Row = tuple[int, str | None, str, str, int | None]
"""Event key, course, kind, day, and the key of the event that it takes back."""


def ends(rows: list[Row]) -> list[date | None]:
    """The day on which the enrolment of each event ended, in the order of the rows."""
    with duckdb.connect() as connection:
        connection.execute("""
            create table told (row_id bigint, learner_pseudonym varchar, course_id varchar, event_type varchar,
                own_at timestamp, event_key bigint, enrolment_key bigint, voids_key bigint)""")
        for number, (key, course, kind, day, voids) in enumerate(rows):
            at = datetime.fromisoformat(f"{day}T03:00:00")
            values = [number, course, kind, at, key, voids]
            connection.execute("insert into told values (?, 'p', ?, ?, ?, ?, null, ?)", values)
        query = f"select row_id, ended_on from ({enrolments.with_end('select * from told')}) order by row_id"
        found = connection.execute(query).fetchall()
    assert [number for number, _ in found] == list(range(len(rows)))
    return [ended_on for _, ended_on in found]


LIFE: list[Row] = [
    (1, "web", "enrolled", "2026-03-01", None),
    (2, "web", "course_completed", "2026-05-04", None),
]


def test_an_enrolment_ends_with_its_first_completion() -> None:
    again: Row = (3, "web", "course_completed", "2026-06-04", None)
    assert set(ends([*LIFE, again])) == {date(2026, 5, 4)}


def test_what_takes_an_event_back_goes_where_that_event_goes() -> None:
    void: Row = (3, None, "voided", "2026-05-05", 2)
    assert ends([*LIFE, void]) == [None, None, None]
    again: Row = (4, "web", "course_completed", "2026-06-01", None)
    assert ends([*LIFE, void, again]) == [date(2026, 6, 1)] * 4


def test_an_event_that_two_formats_tell_is_taken_back_once() -> None:
    void: Row = (3, None, "voided", "2026-05-05", 1)
    assert ends([*LIFE, LIFE[0], void]) == [date(2026, 5, 4)] * 4


@pytest.mark.parametrize("kind", ["unenrolled", "refunded"])
def test_taking_something_back_opens_no_enrolment_that_was_left(kind: str) -> None:
    left: list[Row] = [
        LIFE[0],
        (2, "web", "started", "2026-03-02", None),
        (3, "web", kind, "2026-03-20", None),
        (4, None, "voided", "2026-03-25", 2),
    ]
    assert ends(left) == [date(2026, 3, 20)] * 4
