from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from pipelines.demo.world.campaigns import CAMPAIGNS, CHANNELS, acquired, channel_of, expected
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.population import blocks
from pipelines.demo.world.span import World

CATALOGUE = Catalogue(World(learners=4000, days=90, seed=3, end=date(2026, 6, 30)))


@pytest.fixture(scope="module")
def found():
    world, cohorts = CATALOGUE.world, CATALOGUE.cohorts
    return [
        (learner, course, *acquired(world, learner, course=course))
        for block in blocks(CATALOGUE)
        for learner, course in zip(
            block.learners.tolist(), (cohorts[c].course for c in block.cohorts.tolist()), strict=True
        )
    ]


def test_shares_of_the_channels_make_a_whole():
    assert sum(channel.share for channel in CHANNELS) == pytest.approx(1.0)


def test_a_campaign_is_of_the_channel_and_suits_the_course(found):
    for learner, course, channel, campaign in found:
        assert channel == channel_of(CATALOGUE.world, learner)
        assert campaign is None or (campaign.channel == channel.name and campaign.course in (-1, course))


def test_nobody_is_traced_to_the_campaign_without_a_label(found):
    assert [c.utm_campaign for c in CAMPAIGNS].count("") == 1
    assert all(campaign.utm_campaign for *_, campaign in found if campaign)


def test_channels_bring_their_shares(found):
    counts = Counter(channel.name for *_, channel, _ in found)
    for channel in CHANNELS:
        assert counts[channel.name] / len(found) == pytest.approx(channel.share, abs=0.025)


def test_each_campaign_brings_about_as_many_as_expected(found):
    counts = Counter(campaign.campaign_id for *_, campaign in found if campaign)
    for campaign in CAMPAIGNS:
        if campaign.utm_campaign:
            count = expected(CATALOGUE)[campaign.campaign_id]
            assert counts[campaign.campaign_id] == pytest.approx(count, abs=4 * count**0.5 + 1)


def test_ids_have_the_shape_that_each_tool_gives_them():
    assert len({campaign.campaign_id for campaign in CAMPAIGNS}) == len(CAMPAIGNS)
    for campaign in CAMPAIGNS:
        assert campaign.campaign_id.isdigit()
        assert len(campaign.campaign_id) == (17 if campaign.is_meta else 11 if "google" in campaign.channel else 16)
