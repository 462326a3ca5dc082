"""By which channel a session came, in the web's usual default grouping as far as source, medium and referrer can tell; by day.

Source: Google Analytics' "Default channel group", reduced to what these fields can tell.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

import polars as pl

from tests.truth import persons, sessions, views
from tests.truth.reading import World
from tests.truth.rules import TODAY, Rules
from tests.truth.sessions import Call, Session

_OWN = "crosslife.example"
_SEARCH = "google bing yahoo duckduckgo baidu yandex ecosia naver ask"
_SOCIAL = (
    "facebook fb instagram ig threads tiktok twitter t.co x linkedin lnkd.in pinterest reddit quora whatsapp wa.me telegram "
    "t.me line meta"
)
_VIDEO = "youtube youtu.be vimeo dailymotion twitch"
_PAID = re.compile(r"(.*cp.*|ppc|retargeting|paid.*)")
_DISPLAY = ("display", "banner", "expandable", "interstitial", "cpm")
_SOCIAL_MEDIA = ("social", "social-network", "social-media", "sm", "social network", "social media")
_MAIL = ("email", "e-mail", "e_mail", "e mail")
_COLUMNS = {
    "dt": pl.Date,
    "channel": pl.String,
    "sessions": pl.Int64,
    "page_views": pl.Int64,
    "channel_visitors": pl.Int64,
    "channel_learners": pl.Int64,
}


def daily(world: World, *, as_of: datetime | None = None, rules: Rules = TODAY) -> pl.DataFrame:
    """Return one row per Jakarta day on which a session begins and channel by which it came.

    `dt`, `channel`, `sessions`, `page_views`, `channel_visitors`, `channel_learners`.
    """
    now = as_of or world.as_of
    browsers = sessions.of_calls(sessions.counted(world, rules=rules, as_of=now))
    known = persons.of_web(world, views.of_sessions(browsers), rules=rules, as_of=now)
    came: defaultdict[tuple[date, str], list[Session]] = defaultdict(list)
    for session in (each for of_browser in browsers for each in of_browser):
        came[session.first.day, channel(session.first)].append(session)
    rows = [
        (
            day,
            by,
            len(found),
            sum(session.page_views for session in found),
            len({known.of_session(session) or session.first.browser for session in found}),
            len({known.of_session(session) for session in found} - {None}),
        )
        for (day, by), found in came.items()
    ]
    return pl.DataFrame(rows, schema=_COLUMNS, orient="row").sort("dt", "channel")


def of_learners(world: World, *, as_of: datetime | None = None, rules: Rules = TODAY) -> dict[str, str]:
    """Return the channel of the earliest session of each learner, of those whom their browser is known by."""
    now = as_of or world.as_of
    browsers = sessions.of_calls(sessions.counted(world, rules=rules, as_of=now))
    known = persons.ever(world, rules=rules, as_of=now)
    earliest: dict[str, Session] = {}
    for session in (each for of_browser in browsers for each in of_browser):
        learner = known.of_session(session)
        if learner and (learner not in earliest or session.first.at < earliest[learner].first.at):
            earliest[learner] = session
    return {learner: channel(session.first) for learner, session in earliest.items()}


def channel(call: Call) -> str:
    """Return the channel by which somebody came whose session begins with this call."""
    source, medium, campaign, referrer = (
        (text or "").lower() for text in (call.utm_source, call.utm_medium, call.utm_campaign, call.referrer_host)
    )
    if referrer == _OWN or referrer.endswith(f".{_OWN}"):
        referrer = ""
    if not (source or medium or referrer):
        return "Direct"
    if "cross-network" in campaign:
        return "Cross-network"
    origin = source or referrer
    is_search, is_social, is_video = (_is_one_of(origin, names) for names in (_SEARCH, _SOCIAL, _VIDEO))
    is_paid = _PAID.fullmatch(medium) is not None
    return next(
        name for name, holds in _later(origin, medium, referrer, is_search, is_social, is_video, is_paid) if holds
    )


def _later(
    origin: str, medium: str, referrer: str, is_search: bool, is_social: bool, is_video: bool, is_paid: bool
) -> Iterable[tuple[str, bool]]:
    """The channels in the order in which they are asked; the first that holds is it."""
    yield "Paid Search", is_paid and is_search
    yield "Paid Social", is_paid and is_social
    yield "Paid Video", is_paid and is_video
    yield "Display", medium in _DISPLAY
    yield "Paid Other", is_paid
    yield "Organic Social", is_social or medium in _SOCIAL_MEDIA
    yield "Organic Video", is_video or "video" in medium
    yield "Organic Search", is_search or medium == "organic"
    yield "Email", origin in _MAIL or medium in _MAIL
    yield "Affiliates", medium == "affiliate"
    yield "Audio", medium == "audio"
    yield "SMS", "sms" in (origin, medium)
    yield "Push", medium.endswith("push") or "mobile" in medium or "notification" in medium or origin == "firebase"
    yield "Referral", bool(referrer) or medium in ("referral", "app", "link")
    yield "Unassigned", True


def _is_one_of(site: str, names: str) -> bool:
    """Whether a site is called by one of the names: one with a dot is a whole host, another one of a host's labels."""
    return any(site == name or ("." not in name and name in site.split(".")) for name in names.split())
