"""How people find the platform: channels, and the campaigns with what they cost and whom they bring.

What was shown, clicked and paid on which day is in `sources.ads`; who came by which is kept in each story.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from pipelines.demo.world import streams
from pipelines.demo.world.catalogue import Catalogue
from pipelines.demo.world.span import World


@dataclass(frozen=True)
class Channel:
    """A way to the platform. `completion` and `payment` multiply the chances of those who come by it."""

    name: str
    source: str
    medium: str
    referrer: str
    share: float
    completion: float
    payment: float


@dataclass(frozen=True)
class Campaign:
    """An advertisement's campaign, for one course or for all (-1).

    `registration_idr` is what one registration costs, `conversion` the share of clicks that end in one, `click_rate` the
    share of impressions that are clicked. Without `utm_campaign` nobody can be traced to it. `renamed` is what it is called
    from the middle of the demo on, where that changes.
    """

    campaign_id: str
    name: str
    utm_campaign: str
    channel: str
    course: int
    registration_idr: int
    conversion: float
    click_rate: float
    renamed: str = ""

    @property
    def is_meta(self) -> bool:
        """Whether it is bought on Meta."""
        return self.channel in META


META = ("instagram_ads", "facebook_ads")
CHANNELS = (
    Channel("organic", "", "", "https://www.google.com/", 0.27, 1.05, 1.0),
    Channel("direct", "", "", "", 0.17, 1.10, 1.0),
    Channel("instagram_ads", "instagram", "paid_social", "https://l.instagram.com/", 0.20, 0.80, 0.85),
    Channel("facebook_ads", "facebook", "paid_social", "https://l.facebook.com/", 0.08, 0.78, 0.82),
    Channel("google_ads", "google", "cpc", "https://www.google.com/", 0.10, 0.92, 0.95),
    Channel("tiktok", "tiktok", "social", "https://www.tiktok.com/", 0.08, 0.65, 0.75),
    Channel("newsletter", "newsletter", "email", "", 0.06, 1.12, 1.1),
    Channel("referral", "komunitas", "referral", "https://komunitas-kreatif.example/", 0.04, 1.18, 1.1),
)
# Ids as the tools give them: Meta 17 digits, Google 11, TikTok 16.
# fmt: off
CAMPAIGNS = (
    Campaign("23850000000010000", "IG | Belajar Desain | Akuisisi", "ig-belajar-desain", "instagram_ads", -1,
             52_000, 0.034, 0.0105),
    Campaign("23850000000020000", "IG | Motion 30 Detik | Video", "ig-motion-30-detik", "instagram_ads", 2,
             47_000, 0.026, 0.0148, "IG | Motion 30 Detik | Reels v2"),
    Campaign("23850000000030000", "IG | Retargeting Keranjang", "ig-retargeting", "instagram_ads", -1,
             38_000, 0.055, 0.0165),
    Campaign("23850000000040000", "FB | Kelas Kreatif | Lookalike", "fb-kelas-kreatif", "facebook_ads", -1,
             61_000, 0.031, 0.0082),
    Campaign("23850000000050000", "FB | UI/UX | Minat", "fb-ui-ux", "facebook_ads", 6, 70_000, 0.028, 0.0090),
    Campaign("23850000000060000", "Promosi postingan: Karya Alumni", "", "instagram_ads", -1, 60_000, 0.020, 0.0128),
    Campaign("20950000101", "Search - Kursus Desain", "kursus-desain", "google_ads", -1, 72_000, 0.052, 0.0190),
    Campaign("20950000202", "Search - Belajar Web", "kursus-web", "google_ads", 0, 66_000, 0.048, 0.0178),
    Campaign("1790000000000303", "TikTok - Motion", "motion-30-detik", "tiktok", 2, 40_000, 0.017, 0.0096),
)
# fmt: on
NEWSLETTER_CAMPAIGN = "kabar-bulanan"


def channel_of(world: World, learner: int) -> Channel:
    """Return the way by which a learner found the platform."""
    roll = streams.unit(_key(world.seed, "channel"), learner)
    for candidate in CHANNELS:
        roll -= candidate.share
        if roll < 0:
            return candidate
    return CHANNELS[-1]


def acquired(world: World, learner: int, *, course: int) -> tuple[Channel, Campaign | None]:
    """Return how a learner found the platform, and by which campaign, where the channel has any.

    A campaign for their first course is four times as likely as one for all.
    """
    channel = channel_of(world, learner)
    running = _running(channel.name, course)
    if not running:
        return channel, None
    roll = streams.unit(_key(world.seed, "campaign"), learner) * sum(weight for _, weight in running)
    for candidate, weight in running:
        roll -= weight
        if roll < 0:
            return channel, candidate
    return channel, running[-1][0]


def expected(catalogue: Catalogue) -> Mapping[str, float]:
    """Return how many learners each campaign should bring in all, by its id.

    The one that cannot be traced brings a tenth of what the others of its channel do together: they count as direct.
    """
    learners, shares = catalogue.world.learners, [0.0, *catalogue.chances.tolist()]
    found = {campaign.campaign_id: 0.0 for campaign in CAMPAIGNS}
    for channel in CHANNELS:
        for cohort, (before, until) in zip(catalogue.cohorts, pairwise(shares), strict=True):
            running = _running(channel.name, cohort.course)
            total = sum(weight for _, weight in running)
            for campaign, weight in running:
                found[campaign.campaign_id] += learners * channel.share * (until - before) * weight / total
    for campaign in CAMPAIGNS:
        if not campaign.utm_campaign:
            others = [c.campaign_id for c in CAMPAIGNS if c.channel == campaign.channel]
            found[campaign.campaign_id] = 0.1 * sum(found[other] for other in others)
    return found


@lru_cache(maxsize=128)
def _running(channel: str, course: int) -> tuple[tuple[Campaign, float], ...]:
    """The traceable campaigns of a channel that may bring somebody to a course, with their weights."""
    return tuple(
        (c, 4.0 if c.course == course else 1.0)
        for c in CAMPAIGNS
        if c.channel == channel and c.course in (-1, course) and c.utm_campaign
    )


@lru_cache(maxsize=16)
def _key(seed: int, name: str) -> int:
    return streams.key(seed, "acquired", name)
