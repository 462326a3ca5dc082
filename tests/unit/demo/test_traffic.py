from __future__ import annotations

import json
from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise

import pytest

from pipelines.demo import traffic
from pipelines.demo.catalogue import Catalogue
from pipelines.demo.dirt import Dirt
from pipelines.demo.world import World

from .reading_landed import JAKARTA, instant


@pytest.fixture(scope="module")
def calls() -> list[dict[str, object]]:
    world = World(learners=400, days=60, seed=4, end=date(2026, 11, 22))
    batches = traffic.batches(Catalogue(world), dirt=Dirt(world, level=0))
    return [json.loads(line) for _, lines in batches for line in lines]


def test_clean_calls_come_in_order_of_time_with_ids_of_their_own(calls: list[dict[str, object]]) -> None:
    times = [str(call["timestamp"]) for call in calls]
    assert times == sorted(times)
    assert len({call["messageId"] for call in calls}) == len(calls)


def test_some_browsers_are_used_by_two_learners(calls: list[dict[str, object]]) -> None:
    users: dict[object, set[object]] = defaultdict(set)
    for call in calls:
        if call.get("anonymousId") and call.get("userId"):
            users[call["anonymousId"]].add(call["userId"])
    assert any(len(found) == 2 for found in users.values())
    assert all(len(found) <= 2 for found in users.values())


def test_a_login_states_both_ids_after_anonymous_calls(calls: list[dict[str, object]]) -> None:
    logins = [call for call in calls if call["type"] == "identify"]
    assert len(logins) > 50
    assert all(call["anonymousId"] and call["userId"] for call in logins)
    anonymous = {call["anonymousId"] for call in calls if "userId" not in call}
    assert sum(call["anonymousId"] in anonymous for call in logins) > 0.9 * len(logins)
    assert any("anonymousId" not in call for call in calls)


def test_heartbeats_follow_their_page_every_ten_seconds(calls: list[dict[str, object]]) -> None:
    views: dict[str, list[float]] = defaultdict(list)
    for call in calls:
        view = call["properties"].get("page_view_id")  # type: ignore[attr-defined]
        if view and call.get("event", "page_ping") == "page_ping":
            views[view].append(instant(call["timestamp"]).timestamp())  # type: ignore[union-attr]
    steps = {round(b - a, 3) for times in views.values() for a, b in pairwise(times)}
    assert steps == {10.0}


def test_some_visits_run_past_midnight(calls: list[dict[str, object]]) -> None:
    days: dict[str, set[date]] = defaultdict(set)
    for call in calls:
        days[str(call["messageId"]).split("-")[0]].add(instant(call["timestamp"]).astimezone(JAKARTA).date())  # type: ignore[union-attr]
    assert any(max(found) - min(found) == timedelta(days=1) for found in days.values())
