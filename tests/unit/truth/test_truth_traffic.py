from __future__ import annotations

from datetime import date
from typing import Any

from tests.truth import traffic
from tests.truth.rules import Rules

MAY_4, MAY_5 = date(2026, 5, 4), date(2026, 5, 5)


def page(name: str, at: str, *, browser: str | None = "b1", beats: int = 0, **more: Any) -> dict[str, Any]:
    """A page call whose page view has the id `v-<name>`."""
    return {
        "message_id": name,
        "occurred_at": f"2026-05-{at}+07:00",
        "call_type": "page",
        "anonymous_id": browser,
        "page_view_id": f"v-{name}",
        "page_path": "/",
        "heartbeats": beats,
        "analytics": True,
        "gpc": False,
        "is_bot": False,
        **more,
    }


def track(name: str, at: str, event: str = "Video Played", **more: Any) -> dict[str, Any]:
    return {
        **page(name, at, **more),
        "call_type": "track",
        "event_name": event,
        "page_view_id": more.get("page_view_id"),
    }


def lost(key: str, about: str | None = None) -> dict[str, Any]:
    return {"source": "web_events", "fate": "quarantined", "kind": "broken_json", "key": key, "about": about}


def only(frame: Any) -> dict[str, Any]:
    assert frame.height == 1, frame
    return frame.row(0, named=True)


def test_engaged_seconds_are_ten_for_each_further_bucket_and_five(tell):
    world = tell(web_calls=[page("a", "04T10:00:00.500", beats=3), page("b", "04T11:00:00", beats=0)])
    row = only(traffic.daily(world))
    assert (row["page_views"], row["visitors"], row["sessions"]) == (2, 1, 2)
    assert row["median_engaged_seconds"] == 25.0  # of the first alone: the second has no heartbeat


def test_a_lost_heartbeat_is_missing_and_those_of_a_lost_page_call_are_stray(tell):
    world = tell(
        web_calls=[page("a", "04T10:00:00", beats=4), page("b", "04T10:05:00", beats=4)],
        planted=[lost("a-2", about="a"), lost("b")],
    )
    row = only(traffic.daily(world))
    assert (row["page_views"], row["median_engaged_seconds"]) == (1, 25.0)  # 3 heartbeats are left of the first


def test_heartbeats_without_an_id_go_to_the_latest_page_view_of_their_browser(tell):
    unkeyed = {"page_view_id": None}
    world = tell(
        web_calls=[
            page("a", "04T10:00:00", beats=6, page_path="/masuk", **unkeyed),  # to 10:01:00
            page("b", "04T10:00:25", page_path="/akun", user_id="ann"),  # takes the beats of 30, 40, 50 and 60 seconds
            page("c", "04T10:00:40", page_path="/daftar", browser="b2"),  # somebody else
        ]
    )
    rows = {row["page_path"]: row for row in traffic.daily(world).iter_rows(named=True)}
    assert rows["/masuk"]["median_engaged_seconds"] == 15.0
    assert rows["/akun"]["median_engaged_seconds"] == 35.0
    assert rows["/daftar"]["median_engaged_seconds"] is None
    assert [rows[path]["engaged_learners"] for path in ("/masuk", "/akun", "/daftar")] == [1, 1, 0]


def test_an_unkeyed_heartbeat_counts_until_thirty_minutes_after_the_page_view(tell):
    beats = [track(f"h{n}", f"04T10:{n}:00", event="page_ping") for n in (29, 30)]
    late = track("h31", "04T10:30:00.001", event="page_ping")
    assert (
        only(traffic.daily(tell(web_calls=[page("a", "04T10:00:00"), *beats, late])))["median_engaged_seconds"] == 15.0
    )


def test_a_heartbeat_after_a_pause_of_more_than_thirty_minutes_is_stray(tell):
    def beat(name: str, at: str) -> dict[str, Any]:
        return track(name, at, event="page_ping", page_view_id="v-a")

    world = tell(
        web_calls=[
            page("a", "04T10:00:00"),
            beat("x", "04T10:30:00"),  # thirty minutes to the instant
            beat("y", "04T11:00:01"),  # a second more
            beat("z", "04T11:00:11"),
        ]
    )
    assert only(traffic.daily(world))["median_engaged_seconds"] == 5.0


def test_one_page_view_per_id_at_its_earliest_call(tell):
    world = tell(
        web_calls=[
            page("late", "04T10:00:09", page_view_id="v", page_path="/harga"),
            page("early", "04T10:00:00", page_view_id="v", page_path="/blog", beats=2),
        ]
    )
    row = only(traffic.daily(world))
    assert (row["page_path"], row["page_views"], row["median_engaged_seconds"]) == ("/blog", 1, 15.0)


def test_the_earliest_call_of_a_page_view_may_be_another_browsers(tell):
    world = tell(
        web_calls=[
            track("first", "04T09:50:00"),
            page("late", "04T10:00:09", page_view_id="v", page_path="/harga"),
            page("early", "04T10:00:00", browser="b2", page_view_id="v", page_path="/blog"),
        ]
    )
    assert only(traffic.daily(world))["page_path"] == "/blog"


def test_a_session_goes_on_over_midnight_and_through_calls_of_any_kind(tell):
    world = tell(
        web_calls=[
            page("a", "04T23:50:00"),
            page("b", "05T00:10:00"),
            track("c", "05T00:40:00"),  # thirty minutes to the instant: the same session
            page("d", "05T00:50:00"),
            page("e", "05T01:20:00.001"),  # a new one
        ]
    )
    rows = traffic.daily(world).select("dt", "page_views", "sessions").rows()
    assert rows == [(MAY_4, 1, 1), (MAY_5, 3, 2)]


def test_the_day_is_that_of_jakarta(tell):
    call = page("a", "04T00:00:00")
    call["occurred_at"] = "2026-05-04T17:00:00+00:00"
    assert only(traffic.daily(tell(web_calls=[call])))["dt"] == MAY_5


def test_denied_calls_count_among_the_page_views_alone(tell):
    denied = [
        page("a", "04T10:00:00", beats=3, analytics=None),
        page("b", "04T10:00:00", beats=3, analytics=False, user_id="ann"),
        page("c", "04T10:00:00", beats=3, gpc=True),
        track("d", "04T10:00:00", analytics=None),
    ]
    row = only(traffic.daily(tell(web_calls=denied)))
    assert row == {
        "dt": MAY_4,
        "page_path": "/",
        "page_views": 3,
        "visitors": 0,
        "learners": 0,
        "sessions": 0,
        "engaged_learners": 0,
        "median_engaged_seconds": None,
    }


def test_a_person_is_the_learner_known_of_the_browser(tell):
    calls = [
        page("a", "04T10:00:00"),
        page("b", "04T11:00:00", user_id="ann"),
        page("c", "05T10:00:00"),  # another day
        page("d", "05T10:00:00", browser=None, user_id="ann"),  # the app: no browser
        page("e", "05T10:00:00", browser="b2"),  # a call that is no page view names ben
        track("f", "05T10:01:00", browser="b2", user_id="ben"),
    ]
    of_the_day = traffic.daily(tell(web_calls=calls)).select("visitors", "learners").rows()
    ever = traffic.daily(tell(web_calls=calls), rules=Rules(persons="ever")).select("visitors", "learners").rows()
    assert of_the_day == [(1, 1), (3, 1)]  # on 5 May b1, ann and b2
    assert ever == [(1, 1), (2, 2)]  # ann with b1, ben with b2


def test_a_shared_browser_is_nobodys_where_it_names_nobody(tell):
    calls = [
        page("a", "04T10:00:00"),
        page("b", "04T11:00:00", user_id="ann"),
        page("c", "04T12:00:00", user_id="ben"),
    ]
    for persons in ("ever", "of_the_day"):
        row = only(traffic.daily(tell(web_calls=calls), rules=Rules(persons=persons)))
        assert (row["visitors"], row["learners"], row["sessions"]) == (3, 2, 3)


def test_crawlers_staff_and_declared_tests_count_nowhere(tell):
    calls = [
        page("a", "04T10:00:00"),
        page("b", "04T10:00:00", browser="b2", is_bot=True),
        page("c", "04T10:00:00", browser="b3"),
        page("d", "04T10:00:00", browser="b4", utm_source="test"),
    ]
    world = tell(web_calls=calls, browsers=[{"anonymous_id": "b3", "is_internal": True}])
    assert only(traffic.daily(world))["page_views"] == 1
    assert only(traffic.daily(world, rules=Rules(bots_out=False)))["page_views"] == 4


def test_the_ledger_says_no_beside_the_calls_own_yes_and_yes_where_the_call_is_silent(tell):
    def consent(number: int, at: str, *, granted: bool, **who: str) -> dict[str, Any]:
        instant = f"2026-05-{at}+07:00"
        return {
            "event_id": f"c{number}",
            "purpose": "product_analytics",
            "is_granted": granted,
            "occurred_at": instant,
            "arrived_at": instant,
            **who,
        }

    world = tell(
        web_calls=[
            page("a", "04T10:00:00"),
            page("b", "04T12:00:00"),  # after the browser's withdrawal
            page("c", "04T12:00:00", browser="b2", user_id="ann", analytics=None),  # silent, but ann has granted
            page("d", "04T12:00:00", browser="b3", user_id="ann", analytics=False),
        ],
        consents=[
            consent(1, "04T11:00:00", granted=False, anonymous_id="b1"),
            consent(2, "04T09:00:00", granted=True, user_id="ann"),
        ],
    )
    counted = ("page_views", "visitors", "learners", "sessions")
    row = only(traffic.daily(world, rules=Rules(withdrawals=False)))
    assert tuple(row[name] for name in counted) == (4, 2, 1, 2)
    # What the browser had allowed before its withdrawal says no more who made it.
    row = only(traffic.daily(world))
    assert tuple(row[name] for name in counted) == (4, 1, 1, 1)


def test_a_minor_leaves_with_the_browser_that_nobody_else_used(tell):
    world = tell(
        learners=[{"user_id": "ann", "is_minor": True, "minority_told_at": "2026-05-01T00:00:00+07:00"}],
        web_calls=[
            page("a", "04T10:00:00"),
            page("b", "04T11:00:00", user_id="ann"),
            page("c", "04T10:00:00", browser="b2"),
            page("d", "04T11:00:00", browser="b2", user_id="ann"),
            page("e", "04T12:00:00", browser="b2", user_id="ben"),
        ],
    )
    row = only(traffic.daily(world, rules=Rules(minors_out=True)))
    assert (row["page_views"], row["learners"]) == (2, 1)


def test_only_pages_of_the_site_are_shown_and_nothing_of_a_person(tell):
    paths = {
        "/kursus/web": "/kursus/web",
        "/kursus/other": "/:unlisted",
        "/belajar/web/m1": "/belajar/web/m1",
        "/undangan/*": "/undangan/:masked",
        "/atur-ulang-sandi": "/:unlisted",
        None: None,
    }
    calls = [page(str(n), "04T10:00:00", page_path=path) for n, path in enumerate(paths)]
    world = tell(
        web_calls=calls, courses=[{"course_id": "web"}], course_modules=[{"course_id": "web", "module_id": "m1"}]
    )
    shown = {row["page_path"]: row["page_views"] for row in traffic.daily(world).iter_rows(named=True)}
    assert shown == {"/kursus/web": 1, "/:unlisted": 2, "/belajar/web/m1": 1, "/undangan/:masked": 1, None: 1}
