"""Image-pixel hits: what a browser itself tells Meta of a page, as the platform's proxy wrote it down.

When a browser makes one is decided in `browsing`; what the server tells of the same happenings is in `pixel`.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b, sha256
from urllib.parse import quote

from pipelines.demo.landing.dirt import RATES, Dirt
from pipelines.demo.rows import Fact, Row
from pipelines.demo.sources.pages import SITE
from pipelines.demo.world import people, streams
from pipelines.demo.world.campaigns import META, channel_of
from pipelines.demo.world.courses import Course
from pipelines.demo.world.people import Browser
from pipelines.demo.world.span import World, utc_text

PIXEL_ID = "900000000026061"
# These say which course they are about, and what it costs.
OF_A_COURSE = frozenset({"ViewContent", "AddToCart", "InitiateCheckout", "AddPaymentInfo", "Purchase"})

# Meta's parameter builder appends to a cookie how it was made: eight letters, in its first releases two.
_APPENDED = (".AQYBAQAA", ".AQYCAQAA", ".AQIAAQAB", ".Bg")
_LIMITED = "&dpo=LDU&dpoco=0&dpost=0"
_PHONE_SCREENS = ((360, 800), (393, 873), (412, 915), (390, 844), (360, 780), (384, 854))
_DESK_SCREENS = ((1366, 768), (1920, 1080), (1536, 864), (1440, 900), (1280, 720))
_VISITOR_CLICKS = 0.14
_MOST_DIRTY = 0.9
_FIRST_DAY = 20_089  # of 2025, when the pixel's script was at version 2.9.187


def image_hit(
    world: World,
    *,
    event: str,
    at_ms: int,
    device: Browser,
    path: str,
    learner: int | None,
    course: Course | None,
    event_id: str,
    dirt: Dirt | None = None,
    address: str = "",
    referrer: str = "",
    fbc: str = "",
) -> Iterator[Row | Fact]:
    """Yield a browser's hit of the image pixel (PageView, ViewContent, InitiateCheckout, ...) on the page `path`.

    `learner` is whoever is logged in; `course` the one the page is about; `event_id` is empty where the page gives none.
    `address` is the visit's (otherwise the browser's first), `referrer` the page before; `fbc` is `click_id`'s, known
    without it for those who are logged in.
    """
    bits = streams.number(int(device.anonymous_id[:8], 16), at_ms)
    received = at_ms + 40 + (bits & 0xFF)
    if at_ms < world.start_at * 1000 or received >= world.end_at * 1000:
        return
    if learner is not None and not fbc:
        fbc = click_id(world, "learner", learner, device)
    bought = course if event in OF_A_COURSE else None
    before, after = _constant(device)
    line = (
        f'{{"received_at":"{utc_text(received // 1000)}.{received % 1000:03d}Z","url":"/tr?id={PIXEL_ID}&ev={event}'
        f"&dl={_page(path)}&rl={_encoded(referrer)}&if=false&ts={at_ms}{_bought(bought) if bought else ''}"
        f"{before}{_matching(world, device, learner, bits >> 8)}&v=2.9.{187 + (at_ms // 86_400_000 - _FIRST_DAY) // 8}"
        f"{after}{'&fbc=' + fbc if fbc else ''}&ler={'other' if referrer else 'empty'}"
        f"&it={at_ms - 280 - (bits >> 24 & 0x7FF)}&coo=false{'&eid=' + event_id if event_id else ''}&rqm=GET"
        f'","ip":"{address or device.addresses[0]}","user_agent":"{device.user_agent}"}}'
    )
    row = Row("meta_pixel", received // 1000, line)
    if dirt is not None and (bits >> 32) * 2.0**-32 < _share(dirt):
        yield from _spoilt(row, dirt, event=event, event_id=event_id, device=device, at_ms=at_ms)
    else:
        yield row
    yield Fact(
        "pixel_events",
        (
            event,
            event_id or None,
            at_ms // 1000,
            "image",
            learner,
            device.anonymous_id,
            device.advertising,
            device.gpc,
            is_limited(device),
            bought.course_id if bought else None,
            bought.price_idr if bought else None,
        ),
    )


def click_id(world: World, kind: str, number: int, device: Browser) -> str:
    """Return the `fbc` cookie of a learner's or visitor's browser; empty, where no advertisement of Meta brought them."""
    if kind == "learner":
        is_brought = channel_of(world, number).name in META
    else:
        is_brought = streams.unit(_key(world.seed, "clicks of visitors"), number) < _VISITOR_CLICKS
    return _click_id(device.fbp, device.anonymous_id) if is_brought and device.fbp else ""


def cookie(device: Browser) -> str:
    """Return the `fbp` cookie as the browser keeps it: in every fourth with how it was made."""
    mark = int(device.anonymous_id[9:13], 16)
    return device.fbp + _APPENDED[mark // 4 % len(_APPENDED)] if device.fbp and mark % 4 == 0 else device.fbp


def is_limited(device: Browser) -> bool:
    """Say whether the site's hits are marked for limited use: always with GPC, mostly after a refusal of advertising."""
    return device.gpc or (device.advertising is False and int(device.anonymous_id[14:18], 16) % 20 < 17)


@lru_cache(maxsize=16_384)
def hashed(text: str) -> str:
    """Return the SHA-256 of a normalised value, in hexadecimal digits."""
    return sha256(text.encode()).hexdigest()


@lru_cache(maxsize=8192)
def _constant(device: Browser) -> tuple[str, str]:
    """What every hit of a browser bears, before and after its matching keys."""
    mark = int(device.anonymous_id[4:8], 16)
    screens = _PHONE_SCREENS if "Mobile" in device.user_agent else _DESK_SCREENS
    width, height = screens[mark % len(screens)]
    limited, fbp = _LIMITED if is_limited(device) else "", cookie(device)
    return f"&sw={width}&sh={height}", f"&r=stable{limited}&ec=0&o=4126{'&fbp=' + fbp if fbp else ''}"


def _matching(world: World, device: Browser, learner: int | None, bits: int) -> str:
    """The keys of advanced matching: whoever is logged in by account and mostly e-mail, others by every second browser."""
    if learner is None:
        return f"&ud[external_id]={hashed(device.anonymous_id)}" if device.anonymous_id[-1] in "02468ace" else ""
    email, user_id = _keys(world.seed, learner)
    return f"&ud[em]={email}&ud[external_id]={user_id}" if bits & 7 < 5 else f"&ud[external_id]={user_id}"


@lru_cache(maxsize=8192)
def _keys(seed: int, learner: int) -> tuple[str, str]:
    return hashed(people.person(seed, learner).email.strip().lower()), hashed(people.user_id(seed, learner))


@lru_cache(maxsize=64)
def _bought(course: Course) -> str:
    ids, title = _encoded(f'["{course.course_id}"]'), _encoded(course.title)
    return (
        f"&cd[content_ids]={ids}&cd[content_type]=product&cd[content_name]={title}"
        f"&cd[value]={course.price_idr}&cd[currency]=IDR"
    )


@lru_cache(maxsize=4096)
def _page(path: str) -> str:
    return quote(SITE + path, safe="")


@lru_cache(maxsize=4096)
def _encoded(address: str) -> str:
    return quote(address, safe="")


@lru_cache(maxsize=8192)
def _click_id(fbp: str, anonymous_id: str) -> str:
    """Both cookies are set on the page that the click led to; the click's own id is opaque."""
    mark = int(anonymous_id[:2], 16)
    click = urlsafe_b64encode(blake2b(anonymous_id.encode(), digest_size=42, person=b"fbclid").digest()).decode()
    appended = _APPENDED[mark // 5 % len(_APPENDED)] if mark % 5 == 0 else ""
    return f"fb.1.{fbp.split('.')[2]}.{'IwAR' if mark % 3 == 0 else 'IwY2xjaw'}{click}{appended}"


@lru_cache(maxsize=4)
def _share(dirt: Dirt) -> float:
    return min(dirt.level * sum(RATES["meta_pixel"].values()), _MOST_DIRTY)


def _spoilt(row: Row, dirt: Dirt, *, event: str, event_id: str, device: Browser, at_ms: int) -> Iterator[Row]:
    """A hit that is known to be spoilt, in a kind drawn by the usual rates."""
    key = f"{event}/{event_id}" if event_id else f"{event}/{device.anonymous_id}/{at_ms}"
    rng = streams.rng(int(device.anonymous_id[:8], 16), at_ms + 1)
    kind = next((kind for _ in range(2000) if (kind := dirt.pick(row.source, row.at, rng=rng))), "")
    # Nobody could tell that a hit without an id came twice.
    if not kind or (kind == "duplicate" and not event_id):
        yield row
    else:
        yield from dirt.spoilt(row, kind, key=key, rng=rng, occurred_at=at_ms)


@lru_cache(maxsize=16)
def _key(seed: int, name: str) -> int:
    return streams.key(seed, name)
