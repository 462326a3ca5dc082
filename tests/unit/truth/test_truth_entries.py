from __future__ import annotations

from datetime import date

from tests.truth import entries
from tests.unit.truth.telling import page, track

MAY_4, MAY_5 = date(2026, 5, 4), date(2026, 5, 5)
COLUMNS = ("page_path", "entries", "bounces", "entry_visitors", "entry_learners")


def test_a_session_begins_with_its_first_page_view(tell):
    world = tell(
        web_calls=[
            track("a", "05-04T09:59:00", page_path="/harga"),
            page("b", "05-04T10:00:00", page_path="/blog"),
            page("c", "05-04T10:01:00", page_path="/harga"),
            page("d", "05-04T12:00:00", page_path="/blog"),
        ]
    )
    assert entries.daily(world).select(COLUMNS).rows() == [("/blog", 2, 1, 1, 0)]


def test_a_session_without_a_page_view_has_no_entry_page(tell):
    assert entries.daily(tell(web_calls=[track("a", "05-04T10:00:00")])).height == 0


def test_the_day_is_that_of_the_session(tell):
    calls = [track("a", "05-04T23:59:00"), page("b", "05-05T00:01:00", page_path="/blog")]
    assert entries.daily(tell(web_calls=calls)).select("dt", "page_path").rows() == [(MAY_4, "/blog")]


def test_the_same_page_view_told_twice_is_still_a_bounce(tell):
    calls = [page("a", "05-04T10:00:00", page_view_id="v"), page("b", "05-04T10:00:03", page_view_id="v")]
    assert entries.daily(tell(web_calls=calls)).select("entries", "bounces").rows() == [(1, 1)]


def test_persons_count_once_however_often_they_come(tell):
    world = tell(
        web_calls=[
            page("a", "05-04T10:00:00"),
            page("b", "05-04T12:00:00", user_id="ann"),
            page("c", "05-04T12:00:00", browser="b2", user_id="ann"),
            page("d", "05-04T12:00:00", browser="b3"),
            page("e", "05-05T12:00:00", browser="b1"),
        ]
    )
    rows = entries.daily(world).select("dt", *COLUMNS).rows()
    assert rows == [(MAY_4, "/", 4, 4, 2, 1), (MAY_5, "/", 1, 1, 1, 0)]


def test_pages_that_nobody_may_know_are_shown_as_such(tell):
    calls = [page("a", "05-04T10:00:00", page_path="/undangan/*"), page("b", "05-04T12:00:00", page_path=None)]
    assert entries.daily(tell(web_calls=calls))["page_path"].to_list() == ["/undangan/:masked", None]
