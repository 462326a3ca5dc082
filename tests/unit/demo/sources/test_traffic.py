from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact
from pipelines.demo.sources.traffic import Traffic
from pipelines.demo.world import people
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.population import blocks
from pipelines.demo.world.span import DAY, World

JAKARTA = timezone(timedelta(hours=7))
GONE = {"quarantined", "refused"}


def instant(call):
    return datetime.fromisoformat(call["timestamp"])


def milliseconds(call):
    return round(instant(call).timestamp() * 1000)


def visit_of(call):
    return "-".join(call["messageId"].split("-")[:2])


def ids_of_facts(site):
    pages = [(fact["message_id"], fact["heartbeats"]) for fact in site.facts["web_calls"]]
    return {i for i, _ in pages} | {f"{i}-{k}" for i, beats in pages for k in range(1, beats + 1)}


def test_rows_come_in_order_of_arrival_and_within_the_span(clean_website):
    rows = [row for rows in clean_website.slices for row in rows]
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    assert clean_website.world.start_at <= rows[0].at
    assert rows[-1].at < clean_website.world.end_at
    assert {row.source for row in rows} == {"web_events", "web_access_log", "meta_pixel"}


def test_every_call_has_its_fact_and_every_fact_its_call(clean_website):
    ids = [call["messageId"] for call in clean_website.calls()]
    assert len(ids) == len(set(ids))
    assert set(ids) == ids_of_facts(clean_website)


def test_facts_say_what_the_calls_say(clean_website):
    calls = {call["messageId"]: call for call in clean_website.calls()}
    for fact in clean_website.facts["web_calls"]:
        call = calls[fact["message_id"]]
        context, campaign = call["context"], call["context"].get("campaign", {})
        chosen = context.get("consent", {}).get("categoryPreferences", {})
        assert fact["occurred_at"] == milliseconds(call)
        assert (fact["call_type"], fact["event_name"]) == (call["type"], call.get("event"))
        assert (fact["anonymous_id"], fact["user_id"]) == (call.get("anonymousId"), call.get("userId"))
        assert fact["page_view_id"] == call["properties"].get("page_view_id")
        assert fact["page_path"] == re.sub(r"/undangan/.+", "/undangan/*", context["page"]["path"])
        assert (fact["analytics"], fact["gpc"]) == (chosen.get("analytics"), context.get("gpc", False))
        said = [campaign.get(member) for member in ("source", "medium", "name")]
        assert said == [fact["utm_source"], fact["utm_medium"], fact["utm_campaign"]]
        host = context["page"]["referrer"].split("/")[2] if context["page"]["referrer"] else None
        assert fact["referrer_host"] == host


def test_what_is_left_when_the_spoilt_calls_are_taken_away_is_what_the_facts_say(spoilt_website):
    plants = [row.plant for row in spoilt_website.rows("web_events") if row.plant]
    gone = {plant.key for plant in plants if plant.fate in GONE}
    found = set()
    for row in spoilt_website.rows("web_events"):
        if not (row.plant and row.plant.fate in GONE):
            found.add(json.loads(row.line)["messageId"])
    assert gone
    assert found == ids_of_facts(spoilt_website) - gone


def test_every_kind_of_mishap_happens_and_says_when_and_to_what(spoilt_website):
    plants = [row.plant for row in spoilt_website.rows("web_events") if row.plant]
    kinds = Counter(plant.kind for plant in plants)
    assert set(kinds) >= {
        "duplicate", "repeated_later", "late", "out_of_order", "broken_json", "wrong_encoding", "missing_field",
        "wrong_type", "unknown_field", "future", "no_offset", "malformed_ip", "clock_skew",
    }  # fmt: skip
    occurred = {fact["message_id"]: fact["occurred_at"] for fact in spoilt_website.facts["web_calls"]}
    ids = ids_of_facts(spoilt_website)
    for plant in plants:
        assert plant.key in ids
        if plant.about:
            assert plant.key.startswith(plant.about + "-")
            assert plant.occurred_at == occurred[plant.about] + 10_000 * int(plant.key.rpartition("-")[2])
        else:
            assert plant.occurred_at == occurred[plant.key]


def test_what_is_late_comes_in_the_next_file_and_says_when_it_came(spoilt_website):
    layout = Dirt(spoilt_website.world, level=0).layout
    late = [
        row for row in spoilt_website.rows("web_events") if row.plant and row.plant.kind in ("late", "repeated_later")
    ]
    for row in late:
        assert row.plant
        made_at = (row.plant.occurred_at or 0) // 1000
        assert layout.file("web_events", row.at) != layout.file("web_events", made_at)
        assert row.at - made_at < 4 * DAY
        if row.plant.kind == "late":
            received = datetime.fromisoformat(json.loads(row.line)["receivedAt"])
            assert int(received.timestamp()) == row.at


def test_what_is_out_of_order_comes_after_a_later_call_of_its_visit(spoilt_website):
    arrived = defaultdict(list)
    for row in spoilt_website.rows("web_events"):
        if row.plant is None:
            call = json.loads(row.line)
            arrived[visit_of(call)].append(milliseconds(call))
    passed = [row for row in spoilt_website.rows("web_events") if row.plant and row.plant.kind == "out_of_order"]
    assert passed
    for row in passed:
        assert row.plant
        assert any(row.plant.occurred_at < other < row.at * 1000 for other in arrived[visit_of(json.loads(row.line))])


def test_heartbeats_follow_their_page_every_ten_seconds(clean_website):
    views = defaultdict(list)
    for call in clean_website.calls():
        view = call["properties"].get("page_view_id")
        if view and call.get("event", "page_ping") == "page_ping":
            views[view].append(milliseconds(call))
    assert {b - a for times in views.values() for a, b in pairwise(times)} == {10_000}


def test_a_few_visits_have_no_ids_of_page_views(clean_website):
    pages = [fact for fact in clean_website.facts["web_calls"] if fact["call_type"] == "page"]
    share = sum(fact["page_view_id"] is None for fact in pages) / len(pages)
    assert 0.005 < share < 0.05
    ids = [fact["page_view_id"] for fact in pages if fact["page_view_id"]]
    assert len(ids) == len(set(ids))


def test_everybody_registers_and_checks_out_when_their_story_says_so(clean_website):
    told = {
        (fact["occurred_at"] // 1000, fact["user_id"], fact["event_name"])
        for fact in clean_website.facts["web_calls"]
        if fact["event_name"] in ("Signed Up", "Checkout Started")
    }
    assert len(told) == len(clean_website.milestones)
    assert Counter(at for at, _, _ in told) == Counter(stop.at for stop in clean_website.milestones)
    orders = [fact for fact in clean_website.facts["web_calls"] if fact["event_name"] == "Order Completed"]
    assert len(orders) in range(
        sum(stop.is_paid for stop in clean_website.milestones) - 3, len(clean_website.milestones)
    )


def test_nobody_is_logged_in_before_they_register(clean_website):
    facts = clean_website.facts["web_calls"]
    registered = {fact["user_id"]: fact["occurred_at"] for fact in facts if fact["event_name"] == "Signed Up"}
    known = [fact for fact in facts if fact["user_id"] in registered]
    assert len(known) > 1000
    assert all(fact["occurred_at"] // 1000 >= registered[fact["user_id"]] // 1000 for fact in known)


def test_a_login_states_both_ids_after_anonymous_calls(clean_website):
    calls = clean_website.calls()
    logins = [call for call in calls if call["type"] == "identify"]
    assert len(logins) > 100
    assert all(call["anonymousId"] and call["userId"] for call in logins)
    anonymous = {call["anonymousId"] for call in calls if "userId" not in call}
    assert sum(call["anonymousId"] in anonymous for call in logins) > 0.9 * len(logins)
    assert any("anonymousId" not in call for call in calls)
    assert any(call["type"] == "alias" for call in calls)


def test_some_browsers_are_used_by_two_learners_and_by_no_more(clean_website):
    users = defaultdict(set)
    for call in clean_website.calls():
        if call.get("anonymousId") and call.get("userId"):
            users[call["anonymousId"]].add(call["userId"])
    assert max(len(found) for found in users.values()) == 2


def test_every_id_and_address_in_the_calls_is_stated(clean_website):
    stated = defaultdict(Counter)
    for fact in clean_website.facts["identifiers"]:
        stated[fact["kind"]][fact["value"]] += 1
    for call in clean_website.calls():
        assert call["context"]["ip"] in stated["ip"]
        assert call.get("anonymousId") is None or call["anonymousId"] in stated["anonymous_id"]
        for kind, pattern in (("token", r"token=([0-9a-f]+)"), ("email", r"[?&]email=([^&]+%40[^&]+)")):
            for value in re.findall(pattern, call["context"]["page"]["search"]):
                assert value in stated[kind]
    for row in clean_website.rows("web_access_log"):
        assert row.line.split(" ")[0] in stated["ip"]
    facts = [tuple(fact.values()) for fact in clean_website.facts["identifiers"]]
    assert len(facts) == len(set(facts))


def test_evenings_are_busier_than_nights(clean_website):
    starts = {visit_of(call): instant(call).astimezone(JAKARTA).hour for call in reversed(clean_website.calls())}
    hours = Counter(starts.values())
    assert sum(hours[h] for h in range(19, 22)) > 1.5 * sum(hours[h] for h in range(1, 4))


def test_some_visits_run_past_midnight(clean_website):
    days = defaultdict(set)
    for call in clean_website.calls():
        days[visit_of(call)].add(instant(call).astimezone(JAKARTA).date())
    assert any(max(found) - min(found) == timedelta(days=1) for found in days.values())


def test_a_wrong_clock_is_corrected_and_said_so(clean_website):
    skewed = 0
    for row in clean_website.rows("web_events"):
        call = json.loads(row.line)
        made, sent, received = (
            datetime.fromisoformat(call[name]) for name in ("originalTimestamp", "sentAt", "receivedAt")
        )
        assert received - instant(call) == sent - made
        skewed += abs((made - instant(call)).total_seconds()) > 10
        if row.plant:
            assert row.plant.kind == "clock_skew"
            assert abs((made - instant(call)).total_seconds()) > 10
    assert 0.005 < skewed / len(clean_website.rows("web_events")) < 0.08


def test_nobody_comes_back_after_they_have_left():
    world = World(learners=60, days=400, seed=3, end=date(2026, 6, 30))
    catalogue = Catalogue(world)
    traffic, (everyone,) = Traffic(catalogue, Dirt(world, level=0)), blocks(catalogue)
    alone = [learner for learner in range(60) if learner % people.SHARING_STEP < people.SHARING_STEP - 2]
    leaves_at = {people.browser(3, "learner", learner).anonymous_id: everyone.leaves_at[learner] for learner in alone}
    last: dict[str, int] = {}
    for day in range(world.days):
        for items in traffic.day(day, []):
            for item in items:
                if isinstance(item, Fact) and item.table == "web_calls" and item.values[4] in leaves_at:
                    last[str(item.values[4])] = int(str(item.values[1])) // 1000
    assert len(last) > 30
    assert all(at < leaves_at[browser] + DAY for browser, at in last.items())
    assert any(at > leaves_at[browser] - 60 * DAY for browser, at in last.items())


def test_the_same_world_sends_the_same_rows(build_website):
    again = build_website(learners=40, days=20, dirt=2)
    assert build_website(learners=40, days=20, dirt=2).slices == again.slices


def test_dirt_leaves_the_calls_as_they_are(build_website):
    facts = [build_website(learners=40, days=20, dirt=dirt).facts["web_calls"] for dirt in (0, 5)]
    assert facts[0] == facts[1]


def test_more_learners_leave_the_visits_of_the_others_as_they_were(build_website):
    few, many = (build_website(learners=learners, days=30, dirt=0) for learners in (40, 80))
    mine = {fact["anonymous_id"] for fact in few.facts["browsers"]}
    found = {fact["message_id"] for fact in many.facts["web_calls"] if fact["anonymous_id"] in mine}
    assert {fact["message_id"] for fact in few.facts["web_calls"] if fact["anonymous_id"]} == found


@pytest.mark.parametrize("source", ["web_events", "meta_pixel"])
def test_clean_rows_are_json(clean_website, source):
    assert all(isinstance(json.loads(row.line), dict) for row in clean_website.rows(source))


def test_calls_keep_to_the_pages_that_the_contract_lists(clean_website):
    contract = Path("data_contracts/inbound/web_events.odcs.yaml").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\s+- (/\S*)$", contract, flags=re.MULTILINE))
    events = re.search(r"value: \[(page_ping.*)\]", contract)[1].split(", ")
    for fact in clean_website.facts["web_calls"]:
        path = re.sub(r"^/kursus/[^/]+$", "/kursus/{courses.course_id}", fact["page_path"])
        path = re.sub(r"^/belajar/[^/]+$", "/belajar/{courses.course_id}", path)
        path = re.sub(r"^/belajar/[^/]+/[^/]+$", "/belajar/{courses.course_id}/{course_modules.module_id}", path)
        assert path in listed
        assert fact["event_name"] is None or fact["event_name"] in events


def test_instants_are_utc(clean_website):
    assert all(instant(call).tzinfo == UTC for call in clean_website.calls()[:100])
