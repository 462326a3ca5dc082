from __future__ import annotations

from datetime import date

import duckdb
import pytest

from pipelines.contracts.ages import of_age_on


@pytest.mark.parametrize(
    ("birth", "expected"),
    [
        ("2008-05-04", date(2026, 5, 4)),
        ("2008-05", date(2026, 5, 31)),
        ("2008-02", date(2026, 3, 1)),
        ("2008", date(2026, 12, 31)),
        # Of a year without the day the one after it.
        ("2008-02-29", date(2026, 3, 1)),
        ("2008-12-31", date(2026, 12, 31)),
        # What no calendar has says no more than what stands before it.
        ("2008-02-31", date(2026, 3, 1)),
        ("2008-13-01", date(2026, 12, 31)),
        ("2008-13", date(2026, 12, 31)),
        ("9981", date(9999, 12, 31)),
        ("text", None),
    ],
)
def test_the_first_day_of_age_is_the_latest_that_a_birth_date_leaves_open(birth: str, expected: date | None) -> None:
    found = duckdb.sql(f"select {of_age_on('birth', years=18)} from (select '{birth}' as birth)").fetchone()
    assert found == (expected,)
