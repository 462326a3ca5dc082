from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pytest

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Row
from pipelines.demo.sources import pixel
from pipelines.demo.truth import TABLES
from pipelines.demo.world import people
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.choices import choices
from pipelines.demo.world.courses import COURSES
from pipelines.demo.world.span import World
from pipelines.demo.world.story import stories

CATALOGUE = Catalogue(World(learners=600, days=90, seed=3, end=date(2026, 6, 30)))
WORLD = CATALOGUE.world
STORIES = list(stories(CATALOGUE))
NOON = (WORLD.start_at + 36 * 3600) * 1000
CLICK = re.compile(r"fb\.1\.\d{13}\.(IwAR|IwY2xjaw)[\w-]{56}(\.(AQYBAQAA|AQYCAQAA|AQIAAQAB|Bg))?")


def told(*, level=0.0):
    dirt = Dirt(WORLD, level=level)
    return {story.learner: list(pixel.of_learner(story, CATALOGUE, dirt)) for story in STORIES}


TOLD = told()


def rows(items):
    return [item for item in items if isinstance(item, Row)]


def facts(items, table="pixel_events"):
    return [dict(zip(TABLES[table], i.values, strict=True)) for i in items if isinstance(i, Fact) and i.table == table]


def hit(n=0, *, kind="learner", level=0.0, **changed):
    asked = {"event": "ViewContent", "at_ms": NOON, "path": "/kursus/ui-ux", "learner": None, "course": COURSES[6]}
    asked |= {"event_id": "pv1", "device": people.browser(WORLD.seed, kind, n)} | changed
    return list(pixel.image_hit(WORLD, dirt=Dirt(WORLD, level=level), **asked))


def query(items):
    parts = urlsplit(json.loads(rows(items)[0].line)["url"])
    assert parts.path == "/tr"
    return {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}


def sha(text):
    return sha256(text.encode()).hexdigest()


def test_the_same_arguments_tell_the_same():
    assert told(level=1.0) == told(level=1.0)
    assert hit(3, level=5.0) == hit(3, level=5.0)


def test_the_server_tells_of_every_registration_checkout_and_payment_within_the_span():
    for story in STORIES:
        instants = [("CompleteRegistration", story.registered_at)]
        for order in story.enrolments:
            instants += [("InitiateCheckout", order.ordered_at)]
            instants += [("Purchase", order.paid_at)] if order.paid_at else []
        due = Counter(name for name, at in instants if WORLD.start_at <= at < WORLD.end_at - 5)
        sent = Counter(json.loads(row.line)["event_name"] for row in rows(TOLD[story.learner]))
        assert sent - Counter(Lead=1) == due


def test_rows_arrive_within_the_span_after_what_they_tell():
    for items in TOLD.values():
        for row in rows(items):
            assert WORLD.start_at <= json.loads(row.line)["event_time"] < row.at < WORLD.end_at


@pytest.mark.parametrize(("before_end", "is_told"), [(60, True), (3, False), (-1, False)])
def test_what_would_arrive_after_the_end_is_neither_told_nor_stated(before_end, is_told):
    story = next(story for story in STORIES if not story.enrolments)
    story = replace(story, registered_at=WORLD.end_at - before_end)
    items = list(pixel.of_learner(story, CATALOGUE, Dirt(WORLD, level=0)))
    assert ("CompleteRegistration" in {fact["event_name"] for fact in facts(items)}) is is_told
    assert len(rows(items)) == len(facts(items))


def test_each_row_is_one_fact():
    for items in TOLD.values():
        landed = [json.loads(row.line) for row in rows(items)]
        assert [(e["event_name"], e["event_id"], e["event_time"]) for e in landed] == [
            (f["event_name"], f["event_id"], f["occurred_at"]) for f in facts(items)
        ]
        for event, fact in zip(landed, facts(items), strict=True):
            assert event["custom_data"].get("value") == fact["value_idr"]
            assert event["custom_data"].get("content_ids", [None])[0] == fact["course_id"]


def test_people_are_hashed_in_normal_form_and_the_rest_is_planted():
    raw, spellings = 0, Counter()
    for story in STORIES:
        someone = story.person
        for row in rows(TOLD[story.learner]):
            keys = json.loads(row.line)["user_data"]
            email = keys["em"][0] if isinstance(keys["em"], list) else keys["em"]
            spellings[type(keys["em"]).__name__] += 1
            phone = keys.get("ph", [""])
            phone = phone[0] if isinstance(phone, list) else phone
            if row.plant:
                raw += 1
                assert (row.plant.kind, row.plant.fate) == ("raw_identifier", "accepted")
                assert {"user_data.em": email, "user_data.ph": phone}[row.plant.field] in (
                    someone.email,
                    someone.phone,
                )
                continue
            assert email.strip().lower() == sha(someone.email.lower())
            spellings["upper"] += email == email.upper()
            spellings["padded"] += email != email.strip()
            assert phone in ("", sha(someone.phone_e164.removeprefix("+")))
            assert keys.get("external_id", [sha(someone.user_id)]) == [sha(someone.user_id)]
    assert raw
    assert all(spellings[kind] for kind in ("list", "str", "upper", "padded"))


def test_every_key_that_is_written_is_stated_as_an_identifier():
    by_others = {"fbp", "client_ip_address", "client_user_agent", "country"}
    for story in STORIES:
        items = TOLD[story.learner]
        stated = {fact["value"] for fact in facts(items, "identifiers")}
        values = [(fact["kind"], fact["value"]) for fact in facts(items, "identifiers")]
        for row in rows(items):
            for name, value in json.loads(row.line)["user_data"].items():
                for key in value if isinstance(value, list) else [value]:
                    known = stated | {story.person.email, story.person.phone}
                    assert name in by_others or key.strip() in known
        assert len(set(values)) == len(values)


def test_who_withdrew_from_advertising_is_told_as_opted_out_from_then_on():
    outs = 0
    catalogue = Catalogue(World(learners=6000, days=90, seed=3, end=date(2026, 6, 30)))
    dirt = Dirt(catalogue.world, level=0)
    for story in stories(catalogue):
        asked = [c for c in choices(story) if c.purpose == "ads_retargeting" and c.user_id]
        if not any(not c.is_granted and c.origin != "pendaftaran" for c in asked):
            continue
        for row in rows(pixel.of_learner(story, catalogue, dirt)):
            event = json.loads(row.line)
            before = [c for c in asked if c.occurred_at <= event["event_time"]]
            last_at = max((c.occurred_at for c in before), default=0)
            denials = [c for c in before if c.occurred_at == last_at and not c.is_granted]
            is_out = any(c.origin != "pendaftaran" for c in denials)
            assert event.get("opt_out", False) is is_out
            outs += is_out
    assert outs


def test_a_browser_with_global_privacy_control_is_marked_for_limited_use():
    for story in STORIES:
        device = people.browser(WORLD.seed, "learner", story.learner)
        for row, fact in zip(rows(TOLD[story.learner]), facts(TOLD[story.learner]), strict=True):
            assert (json.loads(row.line).get("data_processing_options") == ["LDU"]) is device.gpc
            assert fact["is_opted_out"] or not device.gpc
        seen = hit(story.learner)
        is_limited = query(seen).get("dpo") == "LDU"
        assert is_limited or not device.gpc
        assert not (is_limited and device.advertising)
        assert facts(seen)[0]["is_opted_out"] is is_limited


def test_browser_and_server_give_one_happening_one_id():
    story = next(s for s in STORIES if s.registered_at > WORLD.start_at and s.registered_at < WORLD.end_at - 60)
    shared = pixel.event_id(WORLD, story.learner, "CompleteRegistration")
    event = "CompleteRegistration"
    seen = hit(story.learner, event=event, at_ms=story.registered_at * 1000, event_id=shared, learner=story.learner)
    ids = {
        fact["told_by"]: fact["event_id"] for fact in facts(TOLD[story.learner] + seen) if fact["event_name"] == event
    }
    assert ids == {"server": shared, "image": shared}
    assert query(seen)["eid"] == shared
    assert pixel.event_id(WORLD, 1, "InitiateCheckout", 0) != pixel.event_id(WORLD, 1, "InitiateCheckout", 1)


def test_a_hit_says_what_the_real_pixel_says():
    seen = query(hit(1))
    assert seen["id"] == pixel.PIXEL_ID
    assert (seen["ev"], seen["ts"], seen["rqm"], seen["if"]) == ("ViewContent", str(NOON), "GET", "false")
    assert seen["dl"] == "https://mastery.crosslife.example/kursus/ui-ux"
    assert json.loads(seen["cd[content_ids]"]) == ["ui-ux"]
    assert (seen["cd[value]"], seen["cd[currency]"]) == ("750000", "IDR")
    assert re.fullmatch(r"2\.9\.2\d\d", seen["v"])
    assert re.fullmatch(r"fb\.1\.\d{13}\.\d{9,10}(\.(AQYBAQAA|AQYCAQAA|AQIAAQAB|Bg))?", seen["fbp"])


def test_a_page_view_names_no_course():
    seen = hit(event="PageView")
    assert not any(name.startswith("cd[") for name in query(seen))
    assert facts(seen)[0]["course_id"] is None


def test_a_hit_arrives_at_once_and_never_beyond_the_span():
    row = rows(hit())[0]
    received = datetime.fromisoformat(json.loads(row.line)["received_at"]).timestamp()
    assert 0 < received - NOON / 1000 < 1
    assert row.at == int(received)
    assert hit(at_ms=WORLD.end_at * 1000 - 1) == []
    assert hit(at_ms=WORLD.start_at * 1000 - 1) == []


def test_only_somebody_logged_in_is_matched_by_address():
    matched = Counter()
    for n in range(200):
        anonymous = query(hit(n))
        assert "ud[em]" not in anonymous
        assert anonymous.get("ud[external_id]") in (None, sha(people.browser(WORLD.seed, "learner", n).anonymous_id))
        known = query(hit(n, learner=n, at_ms=NOON + n))
        assert known["ud[external_id]"] == sha(people.user_id(WORLD.seed, n))
        email = sha(people.person(WORLD.seed, n).email.lower())
        assert known.get("ud[em]", email) == email
        matched["ud[em]" in known] += 1
    assert matched[True] > matched[False] > 0


def test_clicks_belong_to_those_whom_meta_brought():
    for story in STORIES:
        is_brought = story.channel.name in ("instagram_ads", "facebook_ads")
        seen = query(hit(story.learner, learner=story.learner))
        sent = {json.loads(row.line)["user_data"].get("fbc") for row in rows(TOLD[story.learner])}
        assert sent <= {seen.get("fbc")}
        assert ("fbc" in seen) is is_brought
        assert not is_brought or CLICK.fullmatch(seen["fbc"])


def test_appended_marks_occur_but_seldom():
    seen = [query(hit(n, learner=n)) for n in range(400)]
    for name in ("fbp", "fbc"):
        marked = sum(found[name].count(".") == 4 for found in seen if name in found)
        assert 0.1 < marked / sum(name in found for found in seen) < 0.4


def test_crawlers_have_no_cookies():
    assert not {"fbp", "fbc"} & query(hit(7, kind="visitor")).keys()


@pytest.mark.parametrize("level", [1.0, 12.0])
def test_hits_are_spoilt_at_the_usual_rates(level):
    kinds = Counter()
    for n in range(3000):
        found = rows(hit(n % 50, at_ms=NOON + n * 977, event_id=f"pv{n}", level=level))
        kinds.update(row.plant.kind for row in found if row.plant)
        assert all(row.plant.key == f"ViewContent/pv{n}" for row in found if row.plant)
    assert sum(kinds.values()) / 3000 == pytest.approx(0.021 * level, rel=0.35)


def test_a_hit_without_an_id_never_comes_twice():
    found = [hit(n % 50, at_ms=NOON + n * 977, event_id="", level=30.0) for n in range(1000)]
    assert all(len(rows(items)) == 1 for items in found)
    assert any(row.plant for items in found for row in rows(items))


def test_those_who_never_register_are_stated_too():
    stated = [item.values for item in pixel.of_others(CATALOGUE, Dirt(WORLD, level=0))]
    for n in range(20):
        device = people.browser(WORLD.seed, "visitor", n)
        assert ("hashed_anonymous_id", sha(device.anonymous_id), f"visitor/{n}") in stated
        click = pixel.click_id(WORLD, "visitor", n, device)
        assert not click or ("fbc", click, f"visitor/{n}") in stated
    assert sum(kind == "fbc" for kind, *_ in stated) > 10
