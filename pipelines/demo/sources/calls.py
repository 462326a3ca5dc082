"""An open tab and all that is sent from it: pages, heartbeats, logins, tracked events, log lines and pixel hits.

How a call is spelt is in `segment`; which pages are opened, and when, in `browsing` and `errands`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import lru_cache

from pipelines.demo.landing.dirt import Dirt
from pipelines.demo.rows import Fact, Plant, Row
from pipelines.demo.sources import access_log, hits
from pipelines.demo.sources.access_log import Request
from pipelines.demo.sources.pages import SITE, Page
from pipelines.demo.sources.segment import (
    HEARTBEAT_SECONDS,
    NO_CAMPAIGN,
    SOURCE,
    TOOLS,
    Campaign,
    Lags,
    Timed,
    heartbeats,
    stamps,
)
from pipelines.demo.world.courses import COURSES
from pipelines.demo.world.people import Browser
from pipelines.demo.world.span import World


@dataclass(slots=True)
class Tab:
    """What stays the same from call to call, the instant it has reached, and all that was sent so far.

    `calls` are in order page by page; what is tracked on a page follows its heartbeats.
    """

    world: World
    dirt: Dirt
    device: Browser
    address: str
    mark: str
    at: int
    lags: Lags
    rng: random.Random
    anonymous_id: str | None
    user_id: str | None = None
    learner: int | None = None
    click_id: str = ""
    timezone: str = "Asia/Jakarta"
    has_view_ids: bool = True
    has_pixel: bool = True
    referrer: str = ""
    number: int = 0
    calls: list[Timed] = field(default_factory=list)
    pixels: list[Timed] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    _ids: str = ""
    _head: str = ""
    _context: str = ""
    _view: str = ""
    _last: int = 0
    _view_id: str | None = None
    _shown: str = ""
    _said: tuple[object, ...] = ()
    _page: Page | None = None
    _came_from: str = ""
    _is_telling: bool = False

    def __post_init__(self) -> None:
        device = self.device
        # Those who agree to advertising are told of; where nothing was said half the time; a refusal is overrun by mistake.
        chance = {True: 1.0, None: 0.5, False: 0.05}[device.advertising]
        self._is_telling = self.has_pixel and not device.is_internal and self.rng.random() < chance
        self._head = (
            f'"context":{{"ip":"{self.address}","userAgent":"{device.user_agent}",'
            f'"locale":"{"en-US" if device.is_bot else device.locale}"{device.consent}{TOOLS % self.timezone}'
        )
        self._identify_as(self.user_id)

    @property
    def is_over(self) -> bool:
        """Whether the demo ends before this tab's next call."""
        return self.at >= self.world.end_at

    def open(self, page: Page, *, stay: int, search: str = "", campaign: Campaign = NO_CAMPAIGN) -> None:
        """Open a page and stay: a page call and its heartbeats; time goes on to the next page."""
        if self.is_over:
            self.at += stay
            return
        arrived, fraction, target = self.at, self._fraction(1), page.path + search
        self._ask(page, target)
        self._enter(page, target, search, campaign)
        members = f'{self._view}{"," if self._view else ""}"path":"{page.path}","title":"{page.title}"'
        beats = max(0, min(stay, self.world.end_at - 1 - arrived)) // HEARTBEAT_SECONDS
        page_id = self._send("page", "", fraction, members, beats=beats)
        if beats:
            self.calls += heartbeats(
                page_id, arrived, fraction, beats=beats, lags=self.lags,
                ids=self._ids, context=self._context, view=self._view,
            )  # fmt: skip
            self._last = self.calls[-1][0]
        if self._is_telling:
            self._tell_pixels(page, fraction)
        self.referrer = SITE + target
        self.at = arrived + stay

    def track(self, event: str, *, at: int = 0, properties: str = "") -> None:
        """Track an event on the open page, at `at` or now."""
        now, self.at = self.at, at or self.at
        if not self.is_over:
            more = "," if self._view and properties else ""
            self._send("track", event, self._fraction(3), f"{self._view}{more}{properties}")
        self.at = now

    def identify(self, user_id: str, *, traits: str = "", is_alias: bool = False) -> None:
        """State that this browser is now used by somebody; `traits` are JSON members."""
        self._identify_as(user_id)
        if self.is_over:
            return
        self._send("identify", "", self._fraction(3), "", traits=traits)
        if is_alias:
            self._send("alias", "", self._fraction(3), "")

    def submit(self, page: Page) -> None:
        """Send a page's form, which answers with another address; only the server sees that."""
        self._log(page.path, method="POST", status=302, size=0)

    def fetch(self, path: str) -> None:
        """Fetch a path without running its scripts."""
        self._log(path, size=_size(path))

    def hit(self, event: str, *, course: int = -1, event_id: str = "", fraction: int = 500) -> None:
        """Let the page's pixel tell Meta, where this browser lets it."""
        if self._page is None or self.is_over or not self._is_telling:
            return
        told = hits.image_hit(
            self.world,
            event=event,
            at_ms=self.at * 1000 + fraction,
            device=self.device,
            path=self._page.path,
            learner=self.learner if self.user_id else None,
            course=COURSES[course] if course >= 0 else None,
            event_id=event_id,
            dirt=self.dirt,
            address=self.address,
            referrer=self._came_from,
            fbc=self.click_id,
        )
        for item in told:
            if isinstance(item, Fact):
                self.facts.append(item)
            else:
                self.pixels.append((max(item.at * 1000, self.at * 1000 + fraction), item))

    def _fraction(self, share: int) -> int:
        """Draw the milliseconds of the next call, behind the last if that was in the same second.

        It takes one part of what is left in `share`, so that others have room behind it.
        """
        least = self._last - self.at * 1000 + 1 if self._last // 1000 == self.at else 0
        return min(999, least + int(self.rng.random() * max(1, (1000 - least) // share)))

    def _identify_as(self, user_id: str | None) -> None:
        self.user_id = user_id
        self._ids = f',"anonymousId":"{self.anonymous_id}"' if self.anonymous_id else ""
        if user_id:
            self._ids += f',"userId":"{user_id}"'

    def _ask(self, page: Page, target: str) -> None:
        """The server's log of this page; a first page brings some of its images and scripts with it."""
        self._log(target, size=_size(page.title), shown=page.shown)
        if self.number == 0 and not self.device.is_bot:
            agent = self.device.user_agent
            self.requests += access_log.assets(self.at, self.address, referrer=SITE + target, agent=agent, rng=self.rng)

    def _log(self, target: str, *, size: int, method: str = "GET", status: int = 200, shown: str = "") -> None:
        if self.is_over:
            return
        self.requests.append(
            access_log.request(
                self.at,
                self.address,
                target,
                method=method,
                status=status,
                size=size,
                referrer=self.referrer or "-",
                agent=self.device.user_agent,
                shown=shown,
                is_bot=self.device.is_bot,
            )
        )

    def _enter(self, page: Page, target: str, search: str, campaign: Campaign) -> None:
        """Set what every call on this page bears."""
        self._page, self._came_from = page, self.referrer
        view_id = f"pv_{self.mark[4:]}{self.number:02d}" if self.has_view_ids else None
        self._view = f'"page_view_id":"{view_id}"' if view_id else ""
        self._context = (
            f'{self._head}{campaign.context},"page":{{"url":"{SITE}{target}","path":"{page.path}",'
            f'"referrer":"{self.referrer}","search":"{search}","title":"{page.title}"}}}}'
        )
        host = self.referrer.split("/", 3)[2] if self.referrer else None
        device = self.device
        self._view_id, self._shown = view_id, page.shown
        self._said = (
            device.analytics, device.gpc, device.is_bot, campaign.source, campaign.medium, campaign.name, host,
        )  # fmt: skip

    def _send(self, kind: str, event: str, fraction: int, properties: str, *, beats: int = 0, traits: str = "") -> str:
        """Make one call and state it; return its id."""
        self.number += 1
        message_id, at = f"{self.mark}-{self.number:03d}", self.at
        name = f',"event":"{event}"' if event else ""
        more = f',"traits":{{{traits}}}' if traits else ""
        line = (
            f'{{"messageId":"{message_id}","type":"{kind}"{name}{self._ids},{stamps(at, fraction, self.lags)}{more},'
            f'{self._context},"properties":{{{properties}}}}}'
        )
        instant = at * 1000 + fraction
        plant = None
        if self.lags.skew and self.number == 1:
            plant = Plant("clock_skew", "accepted", key=message_id, occurred_at=instant)
        self._last = max(self._last, instant)
        self.calls.append((instant, Row(SOURCE, at, line, plant)))
        view_id = self._view_id if kind in ("page", "track") else None
        who = (event or None, self.anonymous_id, self.user_id)
        self.facts.append(
            Fact("web_calls", (message_id, instant, kind, *who, view_id, self._shown, beats, *self._said))
        )
        return message_id

    def _tell_pixels(self, page: Page, fraction: int) -> None:
        self.hit("PageView", fraction=fraction)
        if page.kind == "course":
            self.hit("ViewContent", course=page.course, fraction=fraction)
        elif page.kind == "sign_up":
            self.hit("Lead", fraction=fraction)


@lru_cache(maxsize=1024)
def _size(text: str) -> int:
    """How many bytes the page of this name has, always the same."""
    return 6_000 + sum(text.encode()) * 37 % 24_000
