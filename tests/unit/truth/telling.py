"""Rows of hand-written truths: what a dozen tables need to be told, with the rest as it mostly is."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]
COURSES: list[Row] = [{"course_id": "web", "has_cohorts": True}, {"course_id": "biz", "has_cohorts": False}]
COHORTS: list[Row] = [
    {
        "course_id": "web",
        "cohort": "c1",
        "starts_at": "2026-01-05T09:00:00+07:00",
        "ends_at": "2026-03-01T00:00:00+07:00",
        "observation_days": 10,
    },
    {
        "course_id": "web",
        "cohort": "c2",
        "starts_at": "2026-04-05T09:00:00+07:00",
        "ends_at": "2026-05-01T00:00:00+07:00",
        "observation_days": 10,
    },
]


def event(name: str, user: str, kind: str, at: str, **more: Any) -> Row:
    """A learning event in the first cohort of the course `web`, told by the platform; `at` is Jakarta's clock in 2026."""
    return {
        "event_id": name,
        "user_id": user,
        "event_type": kind,
        "occurred_at": f"2026-{at}+07:00",
        "told_by": "native",
        "course_id": "web",
        "cohort": "c1",
        **more,
    }


def page(name: str, at: str, *, browser: str | None = "b1", **more: Any) -> Row:
    """A page call that was consented to, whose page view has the id `v-<name>`; `at` is Jakarta's clock in 2026."""
    return {
        "message_id": name,
        "occurred_at": f"2026-{at}+07:00",
        "call_type": "page",
        "anonymous_id": browser,
        "page_view_id": f"v-{name}",
        "page_path": "/",
        "heartbeats": 0,
        "analytics": True,
        "gpc": False,
        "is_bot": False,
        **more,
    }


def track(name: str, at: str, **more: Any) -> Row:
    """A call that is no page view."""
    return {**page(name, at), "call_type": "track", "event_name": "Video Played", "page_view_id": None, **more}


def consent(name: str, purpose: str, at: str, *, granted: bool = True, **who: str) -> Row:
    """A statement to the ledger; `at` is Jakarta's clock in 2026."""
    instant = f"2026-{at}+07:00"
    return {
        "event_id": name,
        "purpose": purpose,
        "is_granted": granted,
        "occurred_at": instant,
        "arrived_at": instant,
        **who,
    }


def quarantined(source: str, key: str, **more: Any) -> Row:
    """A row that was spoilt."""
    return {
        "source": source,
        "file": "f",
        "line": 1,
        "kind": "missing_field",
        "fate": "quarantined",
        "key": key,
        **more,
    }


def account(user: str, registered_at: str = "01-01T00:00:00") -> dict[str, list[Row]]:
    """The tables that tell of a learner with an account."""
    instant = f"2026-{registered_at}+07:00"
    return {
        "learners": [{"learner": 0, "user_id": user, "email": f"{user}@surat.example", "registered_at": instant}],
        "account_states": [{"user_id": user, "updated_at": instant, "email": f"{user}@surat.example"}],
    }
