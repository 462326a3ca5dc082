from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from datetime import datetime
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest

from pipelines.demo.world.campaigns import acquired
from pipelines.demo.world.courses import COURSES
from pipelines.demo.world.population import block
from pipelines.demo.world.span import DAY


@pytest.fixture(scope="module")
def visits(clean_website):
    """Calls by visit, without heartbeats, in order of time."""
    found = defaultdict(list)
    for call in clean_website.calls():
        if call.get("event") != "page_ping":
            found["-".join(call["messageId"].split("-")[:2])].append(call)
    return list(found.values())


def page(call):
    return call["context"]["page"]


def pages_of(visit):
    return [call for call in visit if call["type"] == "page"]


def is_crawler(visit):
    return "bot" in visit[0]["context"]["userAgent"].lower()


def events_of(visit):
    return [call.get("event") or call["type"] for call in visit if call["type"] != "page"]


def test_each_page_was_reached_from_the_page_before(visits):
    links = 0
    for visit in visits:
        if not is_crawler(visit):
            for before, after in pairwise(pages_of(visit)):
                assert page(after)["referrer"] == page(before)["url"]
                links += 1
    assert links > 1000


def test_nobody_opens_a_page_twice_in_a_row(visits):
    people = [visit for visit in visits if not is_crawler(visit)]
    same = sum(page(a)["path"] == page(b)["path"] for visit in people for a, b in pairwise(pages_of(visit)))
    assert same < 0.01 * len(people)


def test_the_address_says_the_same_as_its_parts(visits):
    for visit in visits:
        for call in visit:
            told, parts = page(call), urlsplit(page(call)["url"])
            assert (parts.path, f"?{parts.query}" if parts.query else "") == (told["path"], told["search"])
            said = call["context"].get("campaign", {})
            query = {name: values[0] for name, values in parse_qs(parts.query).items() if name.startswith("utm_")}
            assert {f"utm_{'campaign' if name == 'name' else name}": value for name, value in said.items()} == query


def test_calls_of_a_visit_share_browser_and_language(visits):
    for visit in visits:
        assert (
            len({(call["context"]["userAgent"], call["context"]["locale"], call["context"]["ip"]) for call in visit})
            == 1
        )


def test_a_registration_is_anonymous_up_to_the_form_and_tells_who_it_is(visits):
    registrations = [visit for visit in visits if "Signed Up" in events_of(visit)]
    assert len(registrations) > 100
    for visit in registrations:
        at = next(n for n, call in enumerate(visit) if call.get("event") == "Signed Up")
        identify = visit[at - 1]
        assert identify["type"] == "identify"
        assert set(identify["traits"]) == {"email", "name"}
        assert all("userId" not in call for call in visit[: at - 1])
        assert page(visit[at])["path"] == "/daftar"
        assert any(page(call)["path"] == "/daftar" for call in visit[: at - 1])


def test_a_first_visit_bears_the_campaign_that_brought_the_learner(clean_website, visits):
    world, catalogue = clean_website.world, clean_website.catalogue
    learners = {f["anonymous_id"]: f["number"] for f in clean_website.facts["browsers"] if f["owner"] == "learner"}
    first = {}
    for visit in visits:
        first.setdefault(learners.get(visit[0].get("anonymousId")), visit)
    checked = 0
    for learner, visit in first.items():
        if learner is None or learner % 20 in (18, 19) or "Signed Up" not in events_of(visit):
            continue
        one = block(catalogue, first=learner, last=learner + 1)
        if one.registered_at[0] < world.start_at + 16 * DAY:
            continue  # may have been there before the demo began
        course = catalogue.cohorts[one.cohorts[0]].course
        channel, campaign = acquired(world, learner, course=course)
        said = visit[0]["context"].get("campaign", {})
        assert (said.get("source", ""), said.get("medium", "")) == (channel.source, channel.medium)
        if campaign:
            assert said["name"] == campaign.utm_campaign
            if campaign.course >= 0:
                assert page(visit[0])["path"] == f"/kursus/{COURSES[campaign.course].course_id}"
        checked += 1
    assert checked > 50


def test_a_checkout_goes_from_cart_to_payment_by_somebody_who_is_logged_in(visits):
    checkouts = [visit for visit in visits if "Checkout Started" in events_of(visit)]
    assert len(checkouts) > 100
    for visit in checkouts:
        at = next(n for n, call in enumerate(visit) if call.get("event") == "Checkout Started")
        assert visit[at]["userId"]
        assert page(visit[at])["path"] == "/keranjang"
        after = [page(call)["path"] for call in visit[at:] if call["type"] == "page"]
        assert after[:1] in (["/pembayaran"], [])
        if "Order Completed" in events_of(visit):
            assert "/pembayaran/selesai" in after


def test_learners_go_through_their_lessons_one_by_one(visits):
    steps = Counter()
    for visit in visits:
        lessons = [page(call)["path"] for call in pages_of(visit) if page(call)["path"].count("/") == 3]
        for before, after in pairwise(lessons):
            steps[int(after[-2:]) - int(before[-2:]), before.split("/")[2] == after.split("/")[2]] += 1
    assert steps[1, True] > 20
    assert set(steps) == {(1, True)}


def test_a_few_addresses_bear_what_is_personal(clean_website, visits):
    personal = [visit for visit in visits if re.search("@|%40|token=", page(visit[0])["url"])]
    assert 0.003 < len(personal) / len(visits) < 0.03
    assert any("/undangan/" in page(visit[0])["path"] for visit in personal)
    shown = {fact["page_path"] for fact in clean_website.facts["web_calls"]}
    assert "/undangan/*" in shown
    assert not any("@" in path for path in shown)


def test_crawlers_and_staff_are_told_apart(clean_website):
    owners = {fact["anonymous_id"]: fact for fact in clean_website.facts["browsers"]}
    calls = [fact for fact in clean_website.facts["web_calls"] if fact["anonymous_id"]]
    assert any(fact["is_bot"] for fact in calls)
    assert all(fact["is_bot"] == (owners[fact["anonymous_id"]]["owner"] == "crawler") for fact in calls)
    tests = [fact for fact in calls if fact["utm_source"] == "test"]
    assert all(owners[fact["anonymous_id"]]["is_internal"] for fact in tests)


def test_the_browser_tells_meta_only_where_that_was_not_refused_but_for_a_few_mistakes(clean_website):
    hits = [json.loads(row.line) for row in clean_website.rows("meta_pixel")]
    told = clean_website.facts["pixel_events"]
    assert len(hits) == len(told) > 500
    assert {fact["event_name"] for fact in told} >= {
        "PageView",
        "ViewContent",
        "Lead",
        "CompleteRegistration",
        "InitiateCheckout",
    }
    refused = sum(fact["advertising"] is False for fact in told)
    assert 0 < refused / len(told) < 0.15


def test_calls_of_one_second_are_in_the_order_in_which_they_happened(visits):
    for visit in visits:
        by_number = sorted((c for c in visit if c["type"] in ("page", "identify")), key=lambda c: c["messageId"])
        times = [datetime.fromisoformat(call["timestamp"]) for call in by_number]
        assert times == sorted(times)


def test_who_registers_is_sent_on(visits):
    registrations = [visit for visit in visits if "Signed Up" in events_of(visit)]
    left = sum(visit[-1].get("event") == "Signed Up" for visit in registrations)
    assert left < 0.08 * len(registrations)


def test_a_film_is_as_long_for_everybody_but_for_the_speed(visits):
    lengths = defaultdict(set)
    for visit in visits:
        began = {}
        for call in visit:
            module, at = call["properties"].get("module_id"), datetime.fromisoformat(call["timestamp"])
            if call.get("event") == "Video Played":
                began[module] = at
            elif call.get("event") == "Video Completed":
                lengths[module].add(round((at - began[module]).total_seconds() / 3))
    assert len(lengths) > 20
    for module, seen in lengths.items():
        speeds = {round(max(seen) / each, 1) for each in seen}
        assert speeds <= {0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6}, module


def test_a_browser_keeps_the_clock_of_where_it_is(clean_website, visits):
    zones = Counter(visit[0]["context"]["timezone"] for visit in visits if not is_crawler(visit))
    assert set(zones) == {"Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "Asia/Pontianak"}
    assert zones["Asia/Jakarta"] > 0.7 * zones.total()
    assert {call["context"]["timezone"] for visit in visits if is_crawler(visit) for call in visit} == {"UTC"}


def test_who_is_logged_in_does_not_sign_up(visits):
    calls = [call for visit in visits for call in pages_of(visit) if page(call)["path"] == "/daftar"]
    assert len(calls) > 100
    assert not any("userId" in call for call in calls)
