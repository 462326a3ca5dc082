"""Page views: which call begins one, in which session, and how long it is looked at (case "Page views and heartbeats")."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.truth.sessions import PAUSE_MS, Call, Session
from tests.truth.sound import HEARTBEAT_MS


@dataclass
class PageView:
    """The earliest call of a page view, the repetitions of it, and its heartbeats."""

    call: Call
    session: Session
    others: list[int] = field(default_factory=list)
    heartbeats: list[int] = field(default_factory=list)

    @property
    def engaged_seconds(self) -> int | None:
        """Ten for each further ten-second bucket with a heartbeat, and five; nobody knows without heartbeats."""
        counted = self._without_strays()
        return 10 * (len({at // HEARTBEAT_MS for at in counted}) - 1) + 5 if counted else None

    def _without_strays(self) -> list[int]:
        """A heartbeat more than 30 minutes after the previous event of the page view is stray, and so is what follows it."""
        counted, previous = [], self.call.at
        for at, is_heartbeat in sorted([*((at, False) for at in self.others), *((at, True) for at in self.heartbeats)]):
            if at < self.call.at:
                continue
            if at - previous > PAUSE_MS:
                break
            previous = at
            if is_heartbeat:
                counted.append(at)
        return counted


def of_sessions(browsers: Iterable[list[Session]]) -> list[PageView]:
    """Find the page views of each browser's sessions, and their heartbeats."""
    browsers = list(browsers)
    earliest = _earliest(call for sessions in browsers for session in sessions for call in session.calls)
    views: dict[str, PageView] = {}
    keyed: list[Call] = []
    for sessions in browsers:
        latest: PageView | None = None
        for session in sessions:
            for call in session.calls:
                if call.kind == "page" and earliest[call.view()] is call:
                    latest = views[call.view()] = PageView(call, session)
                elif call.page_view_id and (call.kind == "page" or call.is_heartbeat):
                    keyed.append(call)
                elif call.is_heartbeat and latest is not None and call.at - latest.call.at <= PAUSE_MS:
                    latest.heartbeats.append(call.at)
    for call in keyed:
        view = views.get(call.view())
        if view is not None:
            (view.heartbeats if call.is_heartbeat else view.others).append(call.at)
    return list(views.values())


def _earliest(calls: Iterable[Call]) -> dict[str, Call]:
    found: dict[str, Call] = {}
    for call in calls:
        if call.kind == "page":
            known = found.setdefault(call.view(), call)
            found[call.view()] = min(known, call, key=Call.order)
    return found
