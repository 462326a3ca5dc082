from __future__ import annotations

from datetime import date
from typing import Any

from tests.truth import campaigns
from tests.unit.truth.telling import COHORTS, COURSES, Row, account, consent, event, page, quarantined, track

STEPS = ("reached_learners", "registered", "paid", "started", "completed")


def ad(day: str, *, ad_id: str = "1", campaign: str = "spring", **more: Any) -> Row:
    return {
        "date": date.fromisoformat(f"2026-{day}"),
        "campaign_id": f"id-{campaign}",
        "ad_id": ad_id,
        "utm_campaign": campaign,
        "impressions": 100,
        "clicks": 3,
        "spend": 1_000,
        "currency": "IDR",
        **more,
    }


def renamed(key: str, kind: str = "drift_renamed", fate: str = "accepted", file: str = "drifted") -> Row:
    return {"source": "ad_insights", "file": file, "line": 1, "kind": kind, "fate": fate, "key": key, "field": "spend"}


def paid(order: str, user: str, at: str, **more: Any) -> dict[str, list[Row]]:
    instant = f"2026-{at}+07:00"
    told = {
        "order_id": order,
        "transaction_id": f"t-{order}",
        "transaction_status": "settlement",
        "status_code": "200",
        "gross_amount": "1000.00",
        "sent_at": instant,
        "arrived_at": instant,
        "is_genuine": True,
        "is_repeated": False,
        "begun_at": instant,
        "settled_at": instant,
        **more,
    }
    return {"orders": [{"order_id": order, "user_id": user, "course_id": "web"}], "notifications": [told]}


def steps(world: Any) -> dict[str, tuple[int, ...]]:
    return {row[0]: row[1:] for row in campaigns.reached(world).select("utm_campaign", *STEPS).rows()}


def test_figures_of_a_campaign_are_added_over_its_ads_and_days(tell):
    world = tell(
        ad_days=[
            ad("05-01"),
            ad("05-02"),
            ad("05-01", ad_id="2", spend=500),
            ad("05-03", spend=7, currency="USD"),
            ad("05-01", campaign="other"),
            ad("05-01", campaign=""),  # nobody can be traced to it
            ad("05-04"),
        ],
        planted=[quarantined("ad_insights", "2026-05-04/id-spring/1")],
    )
    rows = campaigns.reached(world).select("utm_campaign", "impressions", "clicks", "spend_idr").rows()
    assert rows == [("other", 100, 3, 1_000), ("spring", 400, 12, 2_500)]


def test_nobody_knows_what_was_spent_where_the_column_is_called_otherwise(tell):
    world = tell(
        ad_days=[ad("05-01"), ad("05-02"), ad("05-03"), ad("05-04")],
        planted=[
            renamed("2026-05-01/id-spring/1"),
            renamed("2026-05-02/id-spring/1", kind="late"),  # a row of the same file keeps its own plant
            renamed("2026-05-03/id-spring/1", kind="restated", fate="superseded"),  # corrected since, in another file
            renamed("2026-05-04/id-spring/1", kind="late", file="sound"),
        ],
    )
    rows = campaigns.reached(world).select("impressions", "spend_idr").rows()
    assert rows == [(400, 2_000)]


def test_the_first_campaign_that_a_learner_ever_met_reached_them(tell):
    world = tell(
        ad_days=[ad("05-01"), ad("05-01", campaign="other")],
        web_calls=[
            page("a", "05-01T10:00:00", utm_source="x"),  # names no campaign
            track("b", "05-02T10:00:00", utm_campaign="spring"),  # anonymous still, and no page view
            page("c", "05-03T10:00:00", utm_campaign="other", user_id="ann"),
            page("d", "05-01T10:00:00", browser="b2", utm_campaign="other"),  # nobody's
            page("e", "05-01T10:00:00", browser="b3", utm_campaign="unpaid", user_id="ben"),
            page("f", "05-02T10:00:00", browser="b3", utm_campaign="other", user_id="ben"),
            page("g", "05-02T10:00:00", browser="b4", utm_campaign="other", user_id="cyn", analytics=False),
            page("h", "05-02T10:00:00", browser="b5", utm_campaign="other", user_id="dan", is_bot=True),
        ],
    )
    assert steps(world) == {"other": (0, 0, 0, 0, 0), "spring": (1, 0, 0, 0, 0)}


def test_a_shared_browser_stays_shared_when_one_of_its_users_refuses(tell):
    world = tell(
        ad_days=[ad("05-01")],
        web_calls=[
            page("a", "05-01T10:00:00", utm_campaign="spring"),
            page("b", "05-02T10:00:00", user_id="ann"),
            page("c", "05-03T10:00:00", user_id="ben"),
        ],
        consents=[consent("1", "product_analytics", "05-04T10:00:00", granted=False, user_id="ann")],
    )
    assert steps(world) == {"spring": (0, 0, 0, 0, 0)}


def test_steps_count_from_the_day_or_the_instant_of_the_touch(tell):
    touch = page("a", "02-01T10:00:00", utm_campaign="spring", user_id="ann")
    before = tell(
        courses=COURSES,
        cohorts=COHORTS,
        ad_days=[ad("05-01")],
        web_calls=[touch],
        **account("ann", "01-31T23:59:59"),
        **paid("o1", "ann", "01-31T23:59:59"),
        learning_events=[
            event("1", "ann", "enrolled", "02-01T12:00:00"),
            event("2", "ann", "started", "02-01T09:59:59"),
            event("3", "ann", "course_completed", "02-01T09:59:59"),
        ],
    )
    assert steps(before) == {"spring": (1, 0, 0, 0, 0)}
    after = tell(
        courses=COURSES,
        cohorts=COHORTS,
        ad_days=[ad("05-01")],
        web_calls=[touch],
        **account("ann", "02-01T00:00:00"),  # earlier than the touch, and of its day
        **paid("o1", "ann", "02-01T00:00:00"),
        learning_events=[
            event("1", "ann", "enrolled", "01-10T00:00:00"),
            event("2", "ann", "course_completed", "02-01T10:00:00"),
        ],
    )
    assert steps(after) == {"spring": (1, 1, 1, 1, 1)}


def test_an_order_that_was_given_back_and_a_completion_that_came_late_are_no_steps(tell):
    world = tell(
        courses=COURSES,
        cohorts=COHORTS,
        ad_days=[ad("05-01")],
        web_calls=[page("a", "02-01T10:00:00", utm_campaign="spring", user_id="ann")],
        **paid("o1", "ann", "02-02T00:00:00", transaction_status="refund", refunded_idr=1_000),
        learning_events=[
            event("1", "ann", "enrolled", "01-10T00:00:00"),
            event("2", "ann", "course_completed", "03-11T00:00:01"),
        ],
    )
    assert steps(world) == {"spring": (1, 0, 0, 1, 0)}


def test_an_account_that_never_arrived_is_not_registered(tell):
    world = tell(
        ad_days=[ad("05-01")],
        web_calls=[page("a", "02-01T10:00:00", utm_campaign="spring", user_id="ann")],
        **account("ann", "02-01T00:00:00"),
        planted=[quarantined("accounts", "ann", occurred_at="2026-02-01T00:00:00+07:00")],
    )
    assert steps(world) == {"spring": (1, 0, 0, 0, 0)}
