from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Row
from pipelines.demo.sources import ads
from pipelines.demo.world.campaigns import CAMPAIGNS
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.span import World
from pipelines.demo.world.story import stories

CATALOGUE = Catalogue(World(learners=300, days=90, seed=3, end=date(2026, 6, 30)))
META = {campaign.campaign_id for campaign in CAMPAIGNS if campaign.is_meta}


def told(catalogue=CATALOGUE, *, level=0.0):
    items = list(ads.of_campaigns(catalogue, Dirt(catalogue.world, level=level)))
    rows = [item for item in items if isinstance(item, Row)]
    return rows, [item.values for item in items if isinstance(item, Fact) and item.table == "ad_days"]


ROWS, FACTS = told()


def by_key(rows):
    found = defaultdict(list)
    for row in rows:
        cells = json.loads(row.line)
        found[cells["date"], cells["campaign_id"], cells["ad_id"]].append((row, cells))
    return found


def test_the_same_arguments_tell_the_same():
    assert told(level=1.0) == told(level=1.0)


def test_figures_arrive_on_the_mornings_after_their_day():
    for row in ROWS:
        assert CATALOGUE.world.start_at <= row.at < CATALOGUE.world.end_at
        arrived = datetime.fromtimestamp(row.at, UTC) + timedelta(hours=7)
        told_of = date.fromisoformat(json.loads(row.line)["date"])
        assert 1 <= (arrived.date() - told_of).days <= 3
        assert (arrived.hour, 10 <= arrived.minute <= 11) == (6, True)


def test_the_last_figures_of_an_ad_and_day_are_the_truth():
    last = {}
    for key, versions in by_key(ROWS).items():
        _, cells = max(versions, key=lambda version: version[0].at)
        last[key] = (cells["utm_campaign"], cells["impressions"], cells["clicks"], Decimal(cells["spend"]))
    stated = {(str(f[0]), f[1], f[2]): (f[3], f[4], f[5], Decimal(f[6])) for f in FACTS}
    assert last == stated
    assert len(FACTS) == len(stated)


def test_only_meta_corrects_and_only_upwards():
    corrected = [versions for versions in by_key(ROWS).values() if len(versions) > 1]
    assert len(corrected) > 100
    for versions in corrected:
        assert versions[0][1]["campaign_id"] in META
        for (earlier, before), (later, after) in pairwise(versions):
            assert later.at > earlier.at
            assert after["impressions"] > before["impressions"]
            assert after["clicks"] >= before["clicks"]
            assert Decimal(after["spend"]) >= Decimal(before["spend"])
            assert (earlier.plant.kind, earlier.plant.fate) == ("restated", "superseded")
        assert versions[-1][0].plant is None


@pytest.mark.parametrize("learners", [300, 3000])
def test_costs_are_believable_for_few_and_for_many_learners(learners):
    catalogue = Catalogue(World(learners=learners, days=90, seed=3, end=date(2026, 6, 30)))
    _, facts = told(catalogue)
    world = catalogue.world
    arrived = [s.campaign for s in stories(catalogue) if s.campaign and s.registered_at >= world.start_at]
    traceable = [fact for fact in facts if fact[3]]
    per_registration = sum(fact[6] for fact in traceable) / len(arrived)
    assert 20_000 < per_registration < 120_000
    for campaign in CAMPAIGNS:
        own = [fact for fact in facts if fact[1] == campaign.campaign_id]
        clicks = sum(fact[5] for fact in own)
        assert 0.005 < clicks / sum(fact[4] for fact in own) < 0.02
        assert 300 < sum(fact[6] for fact in own) / clicks < 6000


def test_a_campaign_is_renamed_half_way_and_keeps_its_label():
    names = defaultdict(dict)
    for row in ROWS:
        cells = json.loads(row.line)
        names[cells["campaign_id"]].setdefault(cells["campaign_name"], []).append(cells["date"])
    renamed = [found for found in names.values() if len(found) > 1]
    assert len(renamed) == 1
    (before, after) = renamed[0].values()
    assert max(before) < min(after) == str(CATALOGUE.world.end - timedelta(days=45))


def test_a_paused_day_is_missing_at_meta_and_empty_elsewhere():
    days = defaultdict(set)
    for fact in FACTS:
        days[fact[1]].add(fact[0])
    assert any(len(days[campaign_id]) < 88 for campaign_id in META)
    others = [fact for fact in FACTS if fact[1] not in META]
    assert any(fact[4:7] == (0, 0, 0) for fact in others)
    assert all(fact[4] > 0 for fact in FACTS if fact[1] in META)


def test_every_campaign_of_meta_has_two_sets_of_two_ads():
    ads_of = defaultdict(lambda: defaultdict(set))
    for row in ROWS:
        cells = json.loads(row.line)
        ads_of[cells["campaign_id"]][cells["adset_id"]].add(cells["ad_id"])
    for campaign_id in META:
        assert [len(found) for found in ads_of[campaign_id].values()] == [2, 2]
        assert all(len(ad) == 17 for found in ads_of[campaign_id].values() for ad in found)


def test_spoilt_rows_name_the_day_they_tell_of():
    rows, facts = told(level=10.0)
    keys = {f"{fact[0]}/{fact[1]}/{fact[2]}" for fact in facts}
    spoilt = [row.plant for row in rows if row.plant]
    assert {plant.kind for plant in spoilt} >= {"restated", "duplicate", "late", "missing_field"}
    assert {plant.key for plant in spoilt} <= keys
