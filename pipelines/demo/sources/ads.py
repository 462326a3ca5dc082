"""Advertising figures: impressions, clicks and spend of every ad on every day, as the tools export them next morning.

Which campaigns there are and whom they bring is in `campaigns`; what Meta is told of visitors is in `pixel`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp
from typing import NamedTuple

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Plant, Row
from pipelines.demo.world import streams
from pipelines.demo.world.campaigns import CAMPAIGNS, Campaign, expected
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.span import DAY, World

_ADSETS, _ADS = 2, 2
_EXPORTED_AT = 6 * 3600 + 600  # ten past six in the morning, Jakarta
_PAUSED = 0.06
_PAUSE_DAYS = 3
# Shares of a week's budget, Monday first: social media is busiest when people are at home, searches on working days.
_SOCIAL = (0.92, 0.90, 0.95, 0.98, 1.05, 1.14, 1.06)
_SEARCH = (1.12, 1.13, 1.10, 1.06, 0.98, 0.78, 0.83)
_PAYDAY = 1.18
_AD_SHARES = (0.36, 0.24, 0.26, 0.14)


class Figures(NamedTuple):
    """What one ad did on one day."""

    impressions: int
    clicks: int
    spend_idr: int


@dataclass(frozen=True)
class _Ad:
    campaign: Campaign
    adset_id: str
    ad_id: str
    daily_idr: float

    @classmethod
    def of(cls, campaign: Campaign, place: int, *, daily_idr: float) -> _Ad:
        """Ids count on from the campaign's."""
        whole = int(campaign.campaign_id)
        adset = whole + 10 * (place // _ADS + 1)
        return cls(campaign, str(adset), str(adset + place % _ADS + 1), daily_idr * _AD_SHARES[place])


def of_campaigns(catalogue: Catalogue, dirt: Dirt) -> Iterator[Row | Fact]:
    """Yield every ad's days and, of Meta's, their later corrections."""
    world, bring = catalogue.world, expected(catalogue)
    for number, campaign in enumerate(CAMPAIGNS):
        daily_idr = bring[campaign.campaign_id] * campaign.registration_idr / (world.days * (1 - _PAUSED))
        for place in range(_ADSETS * _ADS):
            ad = _Ad.of(campaign, place, daily_idr=daily_idr)
            yield from _days(world, ad, number=number * 10 + place, dirt=dirt)


def _days(world: World, ad: _Ad, *, number: int, dirt: Dirt) -> Iterator[Row | Fact]:
    rng = streams.rng(streams.key(world.seed, "ads"), number)
    first = world.end - timedelta(days=world.days)
    for day in range(world.days):
        figures = _figures(ad, first + timedelta(days=day), rng=rng)
        if _is_paused(world, ad.campaign, day):
            if ad.campaign.is_meta:
                continue
            figures = Figures(0, 0, 0)
        yield from _told(world, ad, day, figures, rng=rng, dirt=dirt)


def _told(world: World, ad: _Ad, day: int, figures: Figures, *, rng: random.Random, dirt: Dirt) -> Iterator[Row | Fact]:
    """One day of one ad: told the next morning, by Meta corrected upwards on up to two of the mornings after."""
    told = [figures]
    while ad.campaign.is_meta and len(told) < 3 and rng.random() < (0.35 if len(told) == 1 else 0.3):
        told.append(_corrected(told[-1], rng=rng))
    exported_at = world.start_at + (day + 1) * DAY + _EXPORTED_AT + rng.randrange(90)
    landing = [(exported_at + turn * DAY, each) for turn, each in enumerate(told)]
    landing = [(at, each) for at, each in landing if at < world.end_at]
    if not landing:
        return
    dated = world.end - timedelta(days=world.days - day)
    key = f"{dated}/{ad.campaign.campaign_id}/{ad.ad_id}"
    name = ad.campaign.renamed if ad.campaign.renamed and day >= world.days // 2 else ad.campaign.name
    for at, each in landing[:-1]:
        yield Row("ad_insights", at, _line(ad, dated, name, each), Plant("restated", "superseded", key=key))
    at, final = landing[-1]
    row = Row("ad_insights", at, _line(ad, dated, name, final))
    # A corrected day's last row stays clean: spoilt, it would no longer supersede what came before.
    if len(landing) > 1:
        yield row
    else:
        yield from dirt.landed(row, key=key, rng=rng)
    ids = (dated, ad.campaign.campaign_id, ad.ad_id, ad.campaign.utm_campaign)
    yield Fact("ad_days", (*ids, final.impressions, final.clicks, final.spend_idr, "IDR"))


def _figures(ad: _Ad, day: date, *, rng: random.Random) -> Figures:
    """Spend follows the week and payday; clicks follow spend, impressions follow clicks."""
    week = _SEARCH if ad.campaign.channel == "google_ads" else _SOCIAL
    payday = _PAYDAY if day.day >= 25 or day.day == 1 else 1.0
    spend = ad.daily_idr * week[day.weekday()] * payday * rng.uniform(0.82, 1.15)
    click_idr = ad.campaign.registration_idr * ad.campaign.conversion * rng.uniform(0.85, 1.18)
    clicks = _poisson(spend / click_idr, rng=rng)
    shown = max(clicks, 0.6 * spend / click_idr) / (ad.campaign.click_rate * rng.uniform(0.85, 1.15))
    return Figures(int(shown) + 1, clicks, round(spend))


def _corrected(figures: Figures, *, rng: random.Random) -> Figures:
    """The same day, as it is known a day later: never less."""
    impressions = figures.impressions + 1 + int(figures.impressions * rng.uniform(0.002, 0.03))
    clicks = figures.clicks + (1 if rng.random() < figures.clicks * 0.03 else 0)
    return Figures(impressions, clicks, figures.spend_idr + int(figures.spend_idr * rng.uniform(0, 0.012)))


def _poisson(mean: float, *, rng: random.Random) -> int:
    """A count with this mean; above fifty by its normal approximation."""
    if mean > 50:
        return max(0, round(rng.gauss(mean, mean**0.5)))
    limit, count, product = exp(-mean), 0, rng.random()
    while product > limit:
        count, product = count + 1, product * rng.random()
    return count


def _is_paused(world: World, campaign: Campaign, day: int) -> bool:
    """Campaigns stand still for some days at a time."""
    stream = streams.key(world.seed, "paused", campaign.campaign_id)
    return streams.unit(stream, day // _PAUSE_DAYS) < _PAUSED


def _line(ad: _Ad, dated: date, name: str, figures: Figures) -> str:
    return (
        f'{{"date":"{dated}","campaign_id":"{ad.campaign.campaign_id}","campaign_name":"{name}"'
        f',"adset_id":"{ad.adset_id}","ad_id":"{ad.ad_id}","impressions":{figures.impressions}'
        f',"clicks":{figures.clicks},"spend":"{figures.spend_idr}.00","currency":"IDR"'
        f',"utm_campaign":"{ad.campaign.utm_campaign}"}}'
    )
