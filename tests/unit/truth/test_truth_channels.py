from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.truth import channels
from tests.unit.truth.telling import page, track

MAY_4, MAY_5 = date(2026, 5, 4), date(2026, 5, 5)
COUNTS = ("sessions", "page_views", "channel_visitors", "channel_learners")

# Source, medium, campaign, referrer; what the grouping says of them.
CAME = [
    (None, None, None, None, "Direct"),
    (None, None, "spring", None, "Direct"),
    (None, None, None, "mastery.crosslife.example", "Direct"),
    (None, None, None, "crosslife.example", "Direct"),
    ("google", "cpc", "pmax-cross-network", None, "Cross-network"),
    ("google", "cpc", None, "mastery.crosslife.example", "Paid Search"),
    ("Google", "CPC", None, None, "Paid Search"),
    (None, "ppc", None, "www.google.co.id", "Paid Search"),
    ("bing", "retargeting", None, None, "Paid Search"),
    ("instagram", "paid_social", None, "l.instagram.com", "Paid Social"),
    ("instagram", "cpm", None, None, "Paid Social"),
    (None, "paid", None, "t.co", "Paid Social"),
    ("youtube.com", "paid-video", None, None, "Paid Video"),
    ("detik", "cpm", None, None, "Display"),
    ("detik", "banner", None, None, "Display"),
    ("detik", "cpa", None, None, "Paid Other"),
    ("tiktok", "social", None, "www.tiktok.com", "Organic Social"),
    (None, None, None, "l.instagram.com", "Organic Social"),
    ("komunitas", "sm", None, None, "Organic Social"),
    (None, None, None, "lnkd.in", "Organic Social"),
    (None, None, None, "www.line.me", "Organic Social"),
    ("youtube", None, None, None, "Organic Video"),
    ("komunitas", "my-video", None, None, "Organic Video"),
    (None, None, None, "www.google.com", "Organic Search"),
    ("anything", "organic", None, None, "Organic Search"),
    ("newsletter", "email", None, None, "Email"),
    ("e-mail", None, None, None, "Email"),
    ("x-team", "affiliate", None, None, "Affiliates"),
    ("radio", "audio", None, None, "Audio"),
    ("sms", None, None, None, "SMS"),
    ("gateway", "sms", None, None, "SMS"),
    ("firebase", None, None, None, "Push"),
    ("app", "web-push", None, None, "Push"),
    ("app", "mobile-banner", None, None, "Push"),
    (None, None, None, "komunitas-kreatif.example", "Referral"),
    ("komunitas", "referral", None, None, "Referral"),
    ("komunitas", None, None, "mastery.crosslife.example", "Unassigned"),
    ("komunitas", "poster", None, None, "Unassigned"),
    ("detik", "prepaid", None, None, "Unassigned"),
    # A source that is told stands before the referrer, and a name is a whole label.
    ("komunitas", None, None, "www.google.com", "Referral"),
    (None, None, None, "notgoogle.example", "Referral"),
    (None, None, None, "not.t.co", "Referral"),
]


@pytest.mark.parametrize(("source", "medium", "campaign", "referrer", "expected"), CAME)
def test_the_channel_follows_from_source_medium_and_referrer(
    tell: Any, source: str | None, medium: str | None, campaign: str | None, referrer: str | None, expected: str
):
    came = {"utm_source": source, "utm_medium": medium, "utm_campaign": campaign, "referrer_host": referrer}
    found = channels.daily(tell(web_calls=[page("a", "05-04T10:00:00", **came)]))["channel"].to_list()
    assert found == [expected]


def test_a_session_came_by_its_first_call_on_the_day_on_which_it_begins(tell):
    world = tell(
        web_calls=[
            track("a", "05-04T23:50:00", utm_source="newsletter", utm_medium="email"),
            page("b", "05-05T00:10:00", utm_source="google", utm_medium="cpc"),
            page("c", "05-05T00:10:05"),
            page("d", "05-05T00:40:05.001", browser="b1"),  # a session of its own
        ]
    )
    rows = channels.daily(world).select("dt", "channel", *COUNTS).rows()
    assert rows == [(MAY_4, "Email", 1, 2, 1, 0), (MAY_5, "Direct", 1, 1, 1, 0)]


def test_a_session_is_whose_its_calls_name_be_they_page_views_or_not(tell):
    world = tell(
        web_calls=[
            page("a", "05-04T10:00:00"),
            track("b", "05-04T10:01:00", user_id="ann"),
            page("c", "05-04T12:00:00"),  # no page view of the day names ann
            page("d", "05-04T10:00:00", browser=None, user_id="ann"),  # the app
        ]
    )
    assert channels.daily(world).select(COUNTS).rows() == [(3, 3, 2, 1)]


def test_a_session_without_a_name_is_of_the_one_whom_page_views_of_the_day_name(tell):
    world = tell(
        web_calls=[
            page("a", "05-04T10:00:00"),
            page("b", "05-04T12:00:00", user_id="ann"),
            page("c", "05-05T10:00:00"),  # another day
        ]
    )
    assert channels.daily(world).select("dt", *COUNTS).rows() == [(MAY_4, 2, 2, 1, 1), (MAY_5, 1, 1, 1, 0)]


def test_a_person_with_two_browsers_is_one_visitor(tell):
    world = tell(
        web_calls=[
            page("a", "05-04T10:00:00", user_id="ann"),
            page("b", "05-04T10:00:00", browser="b2", user_id="ann"),
            page("c", "05-04T10:00:00", browser="b3"),
        ]
    )
    assert channels.daily(world).select(COUNTS).rows() == [(3, 3, 2, 1)]


def test_a_session_that_names_two_is_of_the_one_page_views_name_else_the_browsers(tell):
    calls = [
        page("a", "05-04T10:00:00", user_id="ann"),
        track("b", "05-04T10:05:00", user_id="ben"),
    ]
    assert channels.daily(tell(web_calls=calls)).select(COUNTS).rows() == [(1, 1, 1, 1)]
    both = [*calls, page("c", "05-04T10:06:00", user_id="ben")]
    assert channels.daily(tell(web_calls=both)).select(COUNTS).rows() == [(1, 2, 1, 0)]


def test_sessions_without_consent_and_of_crawlers_are_none(tell):
    calls = [
        page("a", "05-04T10:00:00", analytics=False),
        page("b", "05-04T10:00:00", browser="b2", is_bot=True),
    ]
    assert channels.daily(tell(web_calls=calls)).height == 0


def test_a_learner_came_by_the_earliest_session_of_any_browser_that_is_theirs(tell):
    mail = {"utm_source": "newsletter", "utm_medium": "email"}
    world = tell(
        web_calls=[
            page("a", "05-03T10:00:00", **mail),  # before anybody knew whose it is
            page("b", "05-04T10:00:00", user_id="ann", referrer_host="www.google.com"),
            page("c", "05-02T10:00:00", browser="shared", **mail),  # of two: nobody's
            page("d", "05-04T10:00:00", browser="shared", user_id="ben"),
            page("e", "05-05T10:00:00", browser="shared", user_id="cyn"),
        ]
    )
    assert channels.of_learners(world) == {"ann": "Email", "ben": "Direct", "cyn": "Direct"}
