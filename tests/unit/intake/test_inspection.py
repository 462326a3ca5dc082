"""What people may see of quarantined rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipelines.intake import inspection
from pipelines.intake.inspection import NoPurpose, Waiting, mask, safe, types
from pipelines.intake.quarantine import Selection
from pipelines.intake.wording import in_words
from tests.desk import COURSES, Desk

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def school(desk: Desk, progress: Make) -> Desk:
    desk.land("courses", "c.jsonl", COURSES)
    rows = [progress(n, score=f"R4h4sia-{n}") for n in range(5)]
    desk.land("course_progress", "a.jsonl", [*rows, '{"event_id":"x\u001b[31m'])
    desk.run()
    return desk


def look(desk: Desk, *, limit: int = 20, skip: int = 0, purpose: str | None = None, **chosen: str) -> list[Waiting]:
    return inspection.waiting(
        desk.home,
        desk.ring,
        Selection(**chosen),
        contracts=desk.terms.inbound,
        limit=limit,
        skip=skip,
        purpose=purpose,
    )


def log(desk: Desk) -> str:
    return (desk.home.vault / "access.jsonl").read_text()


def test_a_row_is_shown_by_types_and_a_mask_and_by_no_value(school: Desk):
    (row,) = look(school, reason="wrong_type", limit=1)
    assert (row.file, row.line, row.reason, row.mask) == ("a.jsonl", 1, "wrong_type:score", "a9a9aaa-9")
    assert row.fields["course_id"] == row.fields["score"] == "string"
    assert "R4h4sia" not in repr(row)
    assert row.raw is None


def test_pages_hold_every_row_once(school: Desk):
    found = [row.line for skip in range(0, 6, 2) for row in look(school, limit=2, skip=skip)]
    assert sorted(found) == [1, 2, 3, 4, 5, 6]
    assert look(school, skip=6) == []


def test_the_row_itself_is_shown_for_a_purpose_which_is_logged_first(school: Desk):
    before = log(school)
    (row,) = look(school, reason="wrong_type", limit=1, purpose="mend the export")
    assert json.loads(row.raw or "")["score"] == "R4h4sia-0"
    (line,) = log(school).removeprefix(before).splitlines()
    assert "mend the export" in json.loads(line)["purpose"]


@pytest.mark.parametrize("purpose", ["", "  ", "two\nlines", "x" * 201])
def test_without_a_purpose_nothing_is_opened(school: Desk, purpose: str):
    before = log(school)
    with pytest.raises(NoPurpose):
        look(school, purpose=purpose)
    assert log(school) == before


def test_what_is_shown_commands_no_terminal(school: Desk):
    (row,) = look(school, reason="malformed", purpose="a trial")
    assert row.raw == '{"event_id":"x\\x1b[31m'
    assert row.fields == {}
    assert safe("a\u202eb\r\n") == "a\\u202eb\\r\\n"


def test_a_mask_keeps_no_digit_and_no_letter():
    assert mask("Ayu.Lestari+2@contoh.example") == "aaa.aaaaaaa+9@aaaaaa.aaaaaaa"
    assert mask("١٢é界\x1b😀") == "99aa??"
    assert len(mask("x" * 100)) == 41


def test_the_name_of_a_member_that_reads_like_more_than_a_name_is_not_shown():
    assert types('{"ayu@contoh.example": 1, "a": {"b": null, "c": []}}') == {
        "(unprintable)": "integer",
        "a.b": "null",
        "a.c": "array",
    }
    assert types("[" * 20_000) == {}


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("wrong_type:score", "`score` must be a number"),
        ("out_of_range:progress_percent", "`progress_percent` must be at least 0 and at most 100"),
        ("missing_required:user_id", "`user_id` must be there"),
        ("not_allowed:event_type", "`event_type` must be one of enrolled"),
        ("unknown_course", "`course_id` names no known row of courses"),
        ("wrong_type:long_gone", "an earlier contract"),
        ("malformed", "sent again"),
    ],
)
def test_a_reason_is_told_as_the_rule_of_the_contract(desk: Desk, reason: str, said: str):
    assert said in in_words(reason, desk.terms.inbound["course_progress"])
