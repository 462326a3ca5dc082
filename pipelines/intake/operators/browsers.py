"""User agents to families, read with ua-parser's rules and closed lists.

ua-parser copies parts of the user agent into its families; whoever writes an address into a user agent would find it there.
So a family that is not on these lists is `Other`, and of the device only its class is kept.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

import polars as pl

COLUMNS = ("browser_family", "os_family", "device_family")
OTHER = "Other"
BROWSERS = frozenset(
    (
        *("AhrefsBot", "Applebot", "BingPreview", "FacebookBot", "Googlebot", "PetalBot", "SemrushBot", "Twitterbot"),
        *("YandexBot", "bingbot", "HeadlessChrome", "Python Requests", "curl"),
        *("Chrome", "Chrome Mobile", "Chrome Mobile iOS", "Chrome Mobile WebView", "Chromium", "Brave", "Vivaldi"),
        *("Firefox", "Firefox Mobile", "Firefox iOS", "Safari", "Mobile Safari", "Mobile Safari UI/WKWebView"),
        *("Edge", "Edge Mobile", "IE", "Opera", "Opera Mini", "Opera Mobile", "Samsung Internet", "Android"),
        *("DuckDuckGo Mobile", "MiuiBrowser", "UC Browser", "Yandex Browser"),
        *("Facebook", "Instagram", "LINE", "WhatsApp"),
    )
)
_PHONES = frozenset(("Android", "iOS", "HarmonyOS", "KaiOS", "Windows Phone"))
_DESKTOPS = frozenset(("Chrome OS", "Debian", "Fedora", "Linux", "Mac OS X", "Ubuntu", "Windows"))
SYSTEMS = _PHONES | _DESKTOPS | {"Tizen"}


def map_values(values: Collection[str]) -> pl.DataFrame:
    """Return each user agent's browser family, operating-system family, and class of device.

    Classes are Phone, Tablet, Desktop, Bot and Other.
    """
    schema = {"value": pl.String, **dict.fromkeys(COLUMNS, pl.String)}
    return pl.DataFrame([(text, *_families(text)) for text in values], schema=schema, orient="row")


@lru_cache(maxsize=100_000)
def _families(user_agent: str) -> tuple[str, str, str]:
    import ua_parser

    found = ua_parser.parse(user_agent)
    browser = found.user_agent.family if found.user_agent else OTHER
    system = found.os.family if found.os else OTHER
    device = found.device.family if found.device else OTHER
    known_system = system if system in SYSTEMS else OTHER
    return (browser if browser in BROWSERS else OTHER, known_system, _class(device, known_system, user_agent))


def _class(device: str, system: str, user_agent: str) -> str:
    if device == "Spider":
        return "Bot"
    if device == "iPad" or (system == "Android" and "Mobile" not in user_agent):
        return "Tablet"
    if system in _PHONES:
        return "Phone"
    return "Desktop" if system in _DESKTOPS else OTHER
