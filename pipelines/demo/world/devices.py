"""What a browser is made of: user agents, network addresses, languages, and the choices of the consent banner.

Addresses are of ranges that are never routed (RFC 2544, 3849, 5737, 6598). Whose browser it is stands in `people`.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from typing import NamedTuple

OFFICE = "203.0.113.0/28"  # the platform's own staff browse from here, and nobody else


class Choice(NamedTuple):
    """What somebody chose in the banner (None: nothing), and the `context` members that say so, as JSON text."""

    analytics: bool | None
    advertising: bool | None
    gpc: bool
    consent: str


_CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) {} Safari/537.36"
_APPLE = "Mozilla/5.0 ({}) AppleWebKit/605.1.15 (KHTML, like Gecko) {}"
_PHONES = (
    _CHROME.format("Linux; Android 14; SM-A546E", "Chrome/126.0.0.0 Mobile"),
    _CHROME.format("Linux; Android 14; SM-A155F", "Chrome/127.0.0.0 Mobile"),
    _CHROME.format("Linux; Android 13; Redmi Note 12", "Chrome/124.0.6367.113 Mobile"),
    _CHROME.format("Linux; Android 13; 23028RN4DG", "Chrome/125.0.0.0 Mobile"),
    _CHROME.format("Linux; Android 13; V2247", "Chrome/126.0.0.0 Mobile"),
    _CHROME.format("Linux; Android 12; CPH2239", "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile"),
    _CHROME.format("Linux; Android 11; RMX3261", "Chrome/120.0.6099.144 Mobile"),
    _CHROME.format("Linux; Android 10; K", "Chrome/126.0.0.0 Mobile"),
    _APPLE.format("iPhone; CPU iPhone OS 17_5 like Mac OS X", "Version/17.5 Mobile/15E148 Safari/604.1"),
    _APPLE.format("iPhone; CPU iPhone OS 16_7_8 like Mac OS X", "Version/16.6 Mobile/15E148 Safari/604.1"),
    _APPLE.format("iPhone; CPU iPhone OS 17_4 like Mac OS X", "CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1"),
    # Links in social media open inside the app that showed them.
    _CHROME.format("Linux; Android 14; SM-A346E Build/UP1A.231005.007; wv", "Version/4.0 Chrome/126.0.6478.122 Mobile")
    + " Instagram 337.0.0.35.102 Android (34/14; 450dpi; 1080x2125; samsung; SM-A346E; a34x; mt6877; id_ID; 612420103)",
    _APPLE.format("iPhone; CPU iPhone OS 17_5_1 like Mac OS X", "Mobile/15E148")
    + " Instagram 338.0.2.30.88 (iPhone14,5; iOS 17_5_1; id_ID; id; scale=3.00; 1170x2532; 614180213)",
    _CHROME.format(
        "Linux; Android 13; M2101K7BNY Build/TP1A.220624.014; wv", "Version/4.0 Chrome/125.0.6422.165 Mobile"
    )
    + " [FB_IAB/FB4A;FBAV/468.1.0.56.78;]",
)
_DESKS = (
    _CHROME.format("Windows NT 10.0; Win64; x64", "Chrome/126.0.0.0"),
    _CHROME.format("Windows NT 10.0; Win64; x64", "Chrome/127.0.0.0"),
    _CHROME.format("Windows NT 10.0; Win64; x64", "Chrome/125.0.0.0") + " Edg/125.0.0.0",
    _CHROME.format("Macintosh; Intel Mac OS X 10_15_7", "Chrome/126.0.0.0"),
    _APPLE.format("Macintosh; Intel Mac OS X 10_15_7", "Version/17.5 Safari/605.1.15"),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0",
    _APPLE.format("iPad; CPU OS 17_5 like Mac OS X", "Version/17.5 Mobile/15E148 Safari/604.1"),
)
_CRAWLERS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
)
_LOCALES = ("id-ID",) * 74 + ("id",) * 6 + ("en-US",) * 17 + ("en-GB", "jv-ID", "ms-MY")

_STATED = ',"consent":{"categoryPreferences":{"analytics":%s,"advertising":%s}},"gpc":%s'
_SILENT = Choice(analytics=None, advertising=None, gpc=False, consent="")
# About three in four agree to analytics; the rest refuse, say nothing, or send Global Privacy Control.
_CHOICES = (
    (0.45, Choice(analytics=True, advertising=True, gpc=False, consent=_STATED % ("true", "true", "false"))),
    (0.75, Choice(analytics=True, advertising=False, gpc=False, consent=_STATED % ("true", "false", "false"))),
    (0.87, Choice(analytics=False, advertising=False, gpc=False, consent=_STATED % ("false", "false", "false"))),
    (0.95, _SILENT),
    (0.98, Choice(analytics=True, advertising=False, gpc=True, consent=_STATED % ("true", "false", "true"))),
    (1.00, Choice(analytics=None, advertising=None, gpc=True, consent=',"gpc":true')),
)
_LIMITS = [limit for limit, _ in _CHOICES]


def choice(rng: random.Random, *, is_bot: bool) -> Choice:
    """Draw what the banner was told; a crawler tells it nothing."""
    drawn = _CHOICES[bisect_right(_LIMITS, rng.random())][1]
    return _SILENT if is_bot else drawn


def user_agent(rng: random.Random, *, is_bot: bool, is_internal: bool) -> str:
    """Draw a user agent: phones for two in three, a desk's computer for staff."""
    is_phone, roll = rng.random() < 0.66, rng.random()
    known = _CRAWLERS if is_bot else _PHONES if is_phone and not is_internal else _DESKS
    return known[int(roll * len(known))]


def locale(rng: random.Random) -> str:
    """Draw a browser's language."""
    return rng.choice(_LOCALES)


def address(rng: random.Random, *, is_internal: bool) -> str:
    """Draw an IPv4 or IPv6 address, for staff one of the office's."""
    roll, last = rng.random(), rng.randint(1, 254)
    if is_internal:
        return f"203.0.113.{last % 14 + 1}"
    if roll < 0.50:
        return f"198.{rng.randint(18, 19)}.{rng.randrange(256)}.{last}"
    if roll < 0.75:
        return f"100.{rng.randint(64, 127)}.{rng.randrange(256)}.{last}"
    if roll < 0.80:
        return f"{rng.choice(('192.0.2', '198.51.100', '203.0.113'))}.{max(last, 16)}"
    return "2001:db8:" + ":".join(f"{rng.randint(1, 0xFFFF):x}" for _ in range(6))
