from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import pytest
import yaml

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Row
from pipelines.demo.sources import consents
from pipelines.demo.world import people
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.choices import POLICY_VERSIONS, Choice, choices, is_withdrawn
from pipelines.demo.world.span import DAY, World
from pipelines.demo.world.story import stories

CATALOGUE = Catalogue(World(learners=1500, days=90, seed=3, end=date(2026, 6, 30)))
WORLD = CATALOGUE.world
POLICY = Path(__file__).parents[4] / "data_contracts" / "policy.yaml"
PURPOSES = {
    "service",
    "product_analytics",
    "newsletter",
    "marketing_messages",
    "ads_retargeting",
    "aggregate_statistics",
}
COLUMNS = (
    "event_id", "user_id", "anonymous_id", "email", "purpose", "granted", "occurred_at", "arrived_at",
    "policy_version", "source",
)  # fmt: skip


def told(*, level=0.0):
    dirt = Dirt(WORLD, level=level)
    mine = [item for story in stories(CATALOGUE) for item in consents.of_learner(story, CATALOGUE, dirt)]
    return mine, list(consents.of_others(CATALOGUE, dirt))


def rows(items):
    return [item for item in items if isinstance(item, Row)]


def facts(items, table="consents"):
    return [dict(zip(COLUMNS, i.values, strict=True)) for i in items if isinstance(i, Fact) and i.table == table]


def sound(items):
    return [row for row in rows(items) if not (row.plant and row.plant.fate == "quarantined")]


def seconds(text):
    return int(datetime.fromisoformat(text).timestamp())


MINE, OTHERS = told()


def test_the_same_arguments_tell_the_same():
    assert told(level=1.0) == told(level=1.0)


def test_every_sound_row_is_one_fact():
    for items in (MINE, OTHERS):
        landed = []
        for row in sound(items):
            cells = json.loads(row.line) | {"arrived_at": row.at}
            cells["occurred_at"] = seconds(cells["occurred_at"])
            assert cells.pop("evidence")
            landed.append({column: cells.get(column) for column in COLUMNS})
        assert landed == facts(items)
    everything = facts(MINE) + facts(OTHERS)
    assert len({fact["event_id"] for fact in everything}) == len(everything)


def test_nothing_arrives_before_it_happened_or_after_the_end():
    for fact in facts(MINE) + facts(OTHERS):
        assert fact["occurred_at"] < fact["arrived_at"] < WORLD.end_at
        assert fact["purpose"] in PURPOSES
        assert fact["user_id"] or fact["anonymous_id"] or fact["email"]


def test_policy_versions_are_those_of_the_policy():
    versions = yaml.safe_load(POLICY.read_text(encoding="utf-8"))["versions"]
    assert [(v["version"], v["effective_date"]) for v in versions] == list(POLICY_VERSIONS)
    choice = Choice("c", "u", "", "", "service", True, 0, 1, "pendaftaran")
    assert choice.policy_version == versions[0]["version"]


def test_everybody_accepts_the_service_when_they_register():
    registered = {story.person.user_id: story.registered_at for story in stories(CATALOGUE)}
    accepted = {f["user_id"]: f["occurred_at"] for f in facts(MINE) if f["purpose"] == "service" and f["granted"]}
    landed = {user_id: at for user_id, at in registered.items() if user_id in accepted}
    assert accepted == landed
    assert len(registered) - len(landed) < 3


def test_shares_of_the_boxes_are_as_intended():
    made = [f for f in facts(MINE) if f["source"] == "pendaftaran"]
    everybody = len({f["user_id"] for f in made})

    def share(purpose):
        return sum(f["granted"] for f in made if f["purpose"] == purpose) / everybody

    assert share("ads_retargeting") == pytest.approx(0.46, abs=0.05)
    assert share("newsletter") == pytest.approx(0.42, abs=0.05)
    assert share("product_analytics") == pytest.approx(0.72, abs=0.05)


def test_the_banner_in_the_ledger_agrees_with_the_browser_and_comes_before_its_first_visit():
    stated = {}
    for fact in facts(MINE):
        if fact["source"] == "banner":
            stated.setdefault(fact["anonymous_id"], {})[fact["purpose"]] = (fact["granted"], fact["occurred_at"])
    asked = 0
    for story in stories(CATALOGUE):
        device = people.browser(WORLD.seed, "learner", story.learner)
        asked += device.analytics is not None
        told_by = stated.get(device.anonymous_id)
        if told_by:
            assert told_by["product_analytics"][0] == device.analytics
            assert told_by["ads_retargeting"][0] == device.advertising
            assert all(at <= story.registered_at - 31 * DAY for _, at in told_by.values())
    assert len(stated) / asked == pytest.approx(0.7, abs=0.05)


def test_visitors_chose_before_the_demo_begins_and_crawlers_never():
    chosen = [f for f in facts(OTHERS) if f["anonymous_id"]]
    assert chosen
    assert all(WORLD.start_at - 21 * DAY < f["occurred_at"] < WORLD.start_at for f in chosen)
    bots = {
        device.anonymous_id
        for visitor in range(WORLD.learners // people.ANONYMOUS_SHARE)
        if (device := people.browser(WORLD.seed, "visitor", visitor)).is_bot
    }
    assert bots
    assert not bots & {f["anonymous_id"] for f in chosen}


def test_a_browser_with_global_privacy_control_ends_up_denied():
    for story in stories(CATALOGUE):
        device = people.browser(WORLD.seed, "learner", story.learner)
        own = [c for c in choices(story) if c.anonymous_id and not c.user_id]
        for purpose in {c.purpose for c in own} if device.gpc else ():
            last = max((c for c in own if c.purpose == purpose), key=lambda c: c.occurred_at)
            assert not last.is_granted


def test_an_old_grant_comes_back_long_after_its_withdrawal():
    everything = facts(MINE) + facts(OTHERS)
    by_id = {fact["event_id"]: fact for fact in everything}
    again = [row for row in rows(MINE) + rows(OTHERS) if row.plant and row.plant.kind == "reimported"]
    assert len(again) > 5
    for row in again:
        fact = by_id[row.plant.key]
        assert (row.plant.fate, fact["granted"], fact["source"]) == ("accepted", True, "impor")
        denied = [
            other
            for other in everything
            if not other["granted"]
            and other["purpose"] == fact["purpose"]
            and (
                (fact["user_id"] and other["user_id"] == fact["user_id"])
                or (fact["email"] and (other["email"] or "").lower() == fact["email"].lower())
            )
        ]
        assert any(fact["occurred_at"] < d["occurred_at"] and d["arrived_at"] < fact["arrived_at"] for d in denied)


def test_some_withdrawals_arrive_days_late_and_some_grants_come_again():
    late = [f for f in facts(MINE) if not f["granted"] and f["arrived_at"] - f["occurred_at"] > DAY]
    assert late
    again = 0
    for story in stories(CATALOGUE):
        settings = [c for c in choices(story) if c.origin == "pengaturan"]
        again += any(a.purpose == b.purpose and not a.is_granted and b.is_granted for a in settings for b in settings)
    assert again > 5


def test_rows_with_unknown_words_are_no_facts():
    wrong = [row for row in rows(MINE) if row.plant and row.plant.fate == "quarantined"]
    assert {row.plant.kind for row in wrong} == {"unknown_purpose", "unknown_policy_version"}
    for row in wrong:
        cells = json.loads(row.line)
        assert cells["event_id"] == row.plant.key
        assert cells["event_id"] not in {f["event_id"] for f in facts(MINE)}
        known = PURPOSES if row.plant.field == "purpose" else {version for version, _ in POLICY_VERSIONS}
        assert cells[row.plant.field] not in known


def test_spoilt_rows_name_the_fact_they_tell_of():
    mine, _ = told(level=8.0)
    known = {fact["event_id"] for fact in facts(mine)}
    spoilt = [row.plant for row in rows(mine) if row.plant and not row.plant.kind.startswith("unknown_p")]
    assert {plant.kind for plant in spoilt} >= {"duplicate", "late", "broken_json", "no_offset", "reimported"}
    assert {plant.key for plant in spoilt} <= known


def test_newsletter_readers_without_an_account_are_known_by_address_alone():
    readers = [f for f in facts(OTHERS) if f["purpose"] == "newsletter"]
    addresses = {people.subscriber(WORLD.seed, n).lower() for n in range(WORLD.learners // people.SUBSCRIBER_SHARE)}
    assert {f["email"].lower() for f in readers} <= addresses
    assert all(f["user_id"] is None and f["anonymous_id"] is None for f in readers)
    assert {f["granted"] for f in readers} == {True, False}


def test_in_the_same_second_the_withdrawal_wins_in_either_order():
    grant = Choice("a", "usr_1", "", "", "ads_retargeting", True, 100, 101, "pengaturan")
    denial = grant._replace(event_id="b", is_granted=False)
    for made in ((grant, denial), (denial, grant)):
        assert is_withdrawn(made, "ads_retargeting", at=100)
    assert not is_withdrawn((denial, grant._replace(occurred_at=101)), "ads_retargeting", at=101)
    assert not is_withdrawn((denial,), "ads_retargeting", at=99)
    assert not is_withdrawn((denial._replace(origin="pendaftaran"),), "ads_retargeting", at=100)
    assert not is_withdrawn((denial,), "newsletter", at=100)


def test_in_some_second_somebody_agrees_and_withdraws():
    catalogue = Catalogue(World(learners=6000, days=90, seed=3, end=date(2026, 6, 30)))
    both = 0
    for story in stories(catalogue):
        seen = {}
        for choice in choices(story):
            seen.setdefault((choice.purpose, choice.occurred_at, choice.user_id), set()).add(choice.is_granted)
        both += any(len(found) == 2 for found in seen.values())
    assert both
