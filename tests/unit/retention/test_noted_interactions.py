"""A person's five years run from what they did last, though what showed it has gone before them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest

from pipelines.identity import keys
from pipelines.identity.vault import open_vault
from tests.desk import COURSES, Desk, noon
from tests.desk import desk as desk
from tests.desk import progress as progress

Make = Callable[..., dict[str, Any]]
SIGNED_UP = "2026-01-10T09:00:00+07:00"


@pytest.fixture
def studied(desk: Desk, progress: Make) -> Desk:
    """Learner 1 signs up in January 2026 and completes a course in September; nothing else of her is known."""
    desk.land("courses", "c.jsonl", COURSES)
    account = {"user_id": "learner-1", "email": "sari@contoh.example", "registered_at": SIGNED_UP}
    desk.land("accounts", "a.jsonl", [{**account, "last_login_at": SIGNED_UP, "updated_at": SIGNED_UP}])
    rows = [
        progress(1, event_type="enrolled", occurred_at="2026-01-10T10:00:00+07:00"),
        progress(4, event_type="course_completed", occurred_at="2026-09-04T10:00:00+07:00"),
    ]
    desk.land("course_progress", "p.jsonl", rows)
    desk.run(as_of=noon("2026-10-01"))
    return desk


def test_the_years_run_from_what_fell_a_year_after_it(studied: Desk) -> None:
    studied.drop("2026-10-01")
    assert studied.drop("2027-09-05").plan.enrolments == 1
    assert studied.rows("course_progress").is_empty()
    # Her account alone would have to go in January 2031.
    assert studied.drop("2031-08-31").plan.subjects == 0
    assert (studied.drop("2031-09-01").plan.subjects, studied.subjects()) == (1, 0)


def test_the_day_leaves_with_its_subject(studied: Desk) -> None:
    studied.drop("2026-10-01")
    ring = keys.open_keyring(studied.home)
    with open_vault(studied.home, ring, purpose="test") as vault:
        assert vault.interactions.known()["last_on"].to_list() == [date(2026, 9, 4)]
        assert vault.forget(vault.known_since()["subject"]) == 1
        assert vault.interactions.known().is_empty()


def test_the_later_day_holds_and_strangers_have_none(studied: Desk) -> None:
    ring = keys.open_keyring(studied.home)
    with open_vault(studied.home, ring, purpose="test") as vault:
        (subject,) = vault.known_since()["subject"].to_list()
        for day in (date(2026, 9, 4), date(2027, 1, 1), date(2026, 1, 1)):
            vault.interactions.note(pl.DataFrame({"subject": [subject, 4711], "last_on": [day, day]}))
        assert vault.interactions.known().rows() == [(subject, date(2027, 1, 1))]
