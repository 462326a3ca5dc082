"""Whose a call or a session is where it does not say so itself: whom its browser is known by, on the day or ever."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

import polars as pl

from tests.truth import held
from tests.truth.reading import World
from tests.truth.rules import Rules
from tests.truth.sessions import Call, Session
from tests.truth.views import PageView


@dataclass(frozen=True)
class Persons:
    """The one user by whom a browser is known, by browser and day; the day is None where it does not matter."""

    users: Mapping[tuple[str, date | None], str]

    def of_call(self, call: Call) -> str | None:
        """Return the user id of the learner whom a call names, else of the one its browser is known by."""
        return call.user_id or self._known(call)

    def of_session(self, session: Session) -> str | None:
        """Return the user id of the one learner whom a session's calls name, else of the one its browser is known by."""
        return session.user or self._known(session.first)

    def _known(self, call: Call) -> str | None:
        return self.users.get((call.browser, call.day)) or self.users.get((call.browser, None))


def of_web(world: World, views: Iterable[PageView], *, rules: Rules, as_of: datetime) -> Persons:
    """Return whom browsers are known by as the rules say."""
    return of_the_day(views) if rules.persons == "of_the_day" else ever(world, rules=rules, as_of=as_of)


def of_the_day(views: Iterable[PageView]) -> Persons:
    """A browser is one learner on a day on which its page views name exactly one."""
    return _sole(((view.call.browser, view.call.day), view.call.user_id) for view in views)


def ever(world: World, *, rules: Rules, as_of: datetime) -> Persons:
    """A browser is the one user ever linked to it, by a call that was allowed when it came (decided case "Links").

    A refusal afterwards leaves a shared browser's links: without them its calls would pass for those of the other user.
    """
    stated = held.web_calls(world, rules=replace(rules, withdrawals=False), as_of=as_of)
    pairs = stated.filter(pl.col("is_allowed")).select("anonymous_id", "user_id").drop_nulls().unique()
    return _sole(((f"browser {browser}", None), user) for browser, user in pairs.iter_rows())


def _sole(named: Iterable[tuple[tuple[str, date | None], str | None]]) -> Persons:
    users: defaultdict[tuple[str, date | None], set[str]] = defaultdict(set)
    for place, user in named:
        if user:
            users[place].add(user)
    return Persons({place: next(iter(found)) for place, found in users.items() if len(found) == 1})
