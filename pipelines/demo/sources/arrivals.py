"""How a visit begins: the link that was followed, the page it leads to, and what stands in its address.

Links that bear somebody's address or a secret are how such sites are built, not dirt.
"""

from __future__ import annotations

import random
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from pipelines.demo.sources import pages
from pipelines.demo.sources.pages import COURSE, HOME, LEARNING, LIST, LOG_IN, POSTS, Page
from pipelines.demo.sources.segment import NO_CAMPAIGN, Campaign
from pipelines.demo.world import campaigns
from pipelines.demo.world.campaigns import CAMPAIGNS, CHANNELS, NEWSLETTER_CAMPAIGN, Channel

PERSONAL_SHARE = 0.02  # of the visits that are not the first

_SEARCHED = {"kursus-desain": "kursus desain grafis", "kursus-web": "belajar web dari nol"}
_VARIANTS = ("video-1", "video-3", "gambar-2", "testimoni")
_CHANNEL = {channel.name: channel for channel in CHANNELS}
_RETARGETING = next(c for c in CAMPAIGNS if c.utm_campaign == "ig-retargeting")
# How people who know the site come back.
_RETURNS = (("direct", 0.46), ("organic", 0.22), ("newsletter", 0.20), ("instagram", 0.07), ("retargeting", 0.05))


class Arrival(NamedTuple):
    """The first page and its query, the campaign it states, the referrer, and what identifies a person in it."""

    page: Page
    search: str = ""
    campaign: Campaign = NO_CAMPAIGN
    referrer: str = ""
    identifiers: tuple[tuple[str, str], ...] = ()


def first(channel: Channel, campaign: campaigns.Campaign | None, *, interest: int, rng: random.Random) -> Arrival:
    """Return how somebody comes for the first time."""
    page = _landing(channel, campaign, interest=interest, rng=rng)
    referrer = channel.referrer if rng.random() < 0.9 else ""
    if not channel.source:
        return Arrival(page, referrer=referrer)
    name = campaign.utm_campaign if campaign else NEWSLETTER_CAMPAIGN if channel.name == "newsletter" else ""
    is_paid_for = campaign is not None
    content = rng.choice(_VARIANTS) if is_paid_for else ""
    link = _campaign(channel.source, channel.medium, name, _SEARCHED.get(name, ""), content)
    search = "?" + link.query
    if is_paid_for and rng.random() < 0.9:
        click, value = _click(channel.name, rng=rng)
        return Arrival(page, f"{search}&{click}={value}", link, referrer, ((click, value),))
    return Arrival(page, search, link, referrer)


def stranger(*, interest: int, rng: random.Random) -> Arrival:
    """Return how a visitor of whom nothing is known comes."""
    channel = rng.choices(CHANNELS, weights=[channel.share for channel in CHANNELS])[0]
    running = [c for c in CAMPAIGNS if c.channel == channel.name and c is not _RETARGETING]
    return first(channel, rng.choice(running) if running else None, interest=interest, rng=rng)


def again(*, interest: int, is_reachable: bool, rng: random.Random) -> Arrival:
    """Return how somebody comes back; `is_reachable` where advertising may follow them."""
    roll, way = rng.random(), "direct"
    for candidate, chance in _RETURNS:
        roll -= chance
        if roll < 0:
            way = candidate
            break
    if way == "retargeting" and is_reachable:
        return first(_CHANNEL["instagram_ads"], _RETARGETING, interest=interest, rng=rng)
    if way == "instagram":
        return Arrival(rng.choice((HOME, COURSE[interest])), referrer="https://l.instagram.com/")
    return first(_CHANNEL[way if way in _CHANNEL else "direct"], None, interest=interest, rng=rng)


def test_traffic(*, rng: random.Random) -> Arrival:
    """Return how somebody comes who tests the site and says so."""
    link = _campaign("test", "qa", "uji-coba", "", "")
    return Arrival(rng.choice((HOME, LIST, *COURSE)), "?" + link.query, link)


def personal(email: str, *, mark: str, is_registered: bool, interest: int, rng: random.Random) -> Arrival:
    """Return an arrival whose address bears the visitor's e-mail address, or the secret that lets them in."""
    quoted = ("email", quote(email, safe=""))
    kinds = (
        ("letter", "letter", "label", "key", "next")
        if is_registered
        else ("letter", "label", "invitation", "invitation")
    )
    kind = rng.choice(kinds)
    if kind == "invitation":
        return Arrival(pages.invitation(email))
    if kind == "key":
        secret = f"{mark[4:]}{rng.getrandbits(64):016x}"
        return Arrival(LOG_IN, f"?token={secret}", identifiers=(("token", secret),))
    if kind == "next":
        return Arrival(LOG_IN, f"?next=%2Fbelajar&email={email}")
    if kind == "label":
        link = _campaign("newsletter", "email", NEWSLETTER_CAMPAIGN, email, "")
        return Arrival(COURSE[interest], "?" + link.query, link, identifiers=(quoted,))
    link = _campaign("newsletter", "email", NEWSLETTER_CAMPAIGN, "", "")
    return Arrival(
        rng.choice((*POSTS, COURSE[interest])), f"?{link.query}&email={quoted[1]}", link, identifiers=(quoted,)
    )


def to_class(*, rng: random.Random) -> Arrival:
    """Return how learners come to their lessons: by a bookmark, the reminder in the mail, or from the home page."""
    roll = rng.random()
    if roll < 0.12:
        link = _campaign("pengingat", "email", "lanjutkan-belajar", "", "")
        return Arrival(LEARNING, "?" + link.query, link)
    return Arrival(HOME if roll < 0.30 else LEARNING, referrer="https://www.google.com/" if 0.12 < roll < 0.18 else "")


def _landing(channel: Channel, campaign: campaigns.Campaign | None, *, interest: int, rng: random.Random) -> Page:
    roll = rng.random()
    if campaign is not None:
        if campaign.course >= 0:
            return COURSE[campaign.course]
        return COURSE[interest] if roll < 0.6 or campaign is _RETARGETING else HOME if roll < 0.85 else LIST
    if channel.name == "organic":
        return HOME if roll < 0.30 else COURSE[interest] if roll < 0.68 else rng.choice(POSTS)
    if channel.name == "newsletter":
        return COURSE[interest] if roll < 0.5 else rng.choice(POSTS)
    return HOME if channel.name == "direct" and roll < 0.65 else COURSE[interest]


def _click(channel: str, *, rng: random.Random) -> tuple[str, str]:
    """The id that an advertising network hangs on a link: its parameter and value."""
    if channel == "google_ads":
        return "gclid", f"Cj0KCQjw{rng.getrandbits(120):030x}"
    return (
        ("ttclid", f"E.C.P.{rng.getrandbits(120):030x}")
        if channel == "tiktok"
        else ("fbclid", f"IwAR{rng.getrandbits(120):030x}")
    )


@lru_cache(maxsize=1024)
def _campaign(source: str, medium: str, name: str, term: str, content: str) -> Campaign:
    said = [("source", source), ("medium", medium), ("name", name), ("term", term), ("content", content)]
    said = [(member, value) for member, value in said if value]
    query = "&".join(f"utm_{'campaign' if m == 'name' else m}={quote_plus(value)}" for m, value in said)
    members = ",".join(f'"{member}":"{value}"' for member, value in said)
    return Campaign(query, f',"campaign":{{{members}}}', source, medium, name or None)
