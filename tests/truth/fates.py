"""What becomes of the rows of each source: how many stay, and how many go as older states, repetitions, or for their age.

Of what was planted a row says itself that it waits in quarantine; those are counted in `balances`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from tests.truth import retention, sound
from tests.truth.clocks import is_over
from tests.truth.people import subscribers_by_email
from tests.truth.reading import World
from tests.truth.rules import AT_INTAKE, Rules


@dataclass(frozen=True)
class Fates:
    """Rows of a source by what became of them; `unknown` are statements whose verb nobody knows."""

    accepted: int
    superseded: int = 0
    duplicates: int = 0
    expired: int = 0
    unknown: int = 0
    contradicting: int = 0

    @property
    def rows(self) -> int:
        """All of them."""
        return self.accepted + self.superseded + self.duplicates + self.expired + self.unknown


def _catalogue(world: World, source: str, *, as_of: datetime, rules: Rules) -> Fates:
    return Fates(world.frame(source).height, duplicates=_repetitions(world, source).height)


def _accounts(world: World, source: str, *, as_of: datetime, rules: Rules) -> Fates:
    """One state stays per user. Nothing stays of accounts that are overdue, and nothing of their repetitions."""
    overdue = pl.col("user_id").is_in(list(retention.accounts(world, at=as_of, rules=rules)))
    states = sound.account_states(world).select("user_id")
    again = _repetitions(world, source).select(user_id="key")
    expired = states.filter(overdue).height + again.filter(overdue).height
    states, again = states.filter(~overdue), again.filter(~overdue)
    users = states["user_id"].n_unique()
    return Fates(users, superseded=states.height - users, duplicates=again.height, expired=expired)


def _attributes(world: World, source: str, *, as_of: datetime, rules: Rules) -> Fates:
    return _states(world, source, world.frame("attributes")["user_id"])


def _subscribers(world: World, source: str, *, as_of: datetime, rules: Rules) -> Fates:
    """Addresses of one subject are one subscriber. An old list that is imported again brings nobody back."""
    who, told = subscribers_by_email(world), world.frame("subscribers").select("email")
    planted = world.planted(source).select(email="key")
    names = dict(pl.concat([told, planted]).select("email", who.alias("who")).iter_rows())
    return _states(world, source, told.select(who).to_series(), named=names.__getitem__)


def _orders(world: World, source: str, *, as_of: datetime, rules: Rules) -> Fates:
    """One state stays per order. The truth states an order once, however many states of it were exported: see the files."""
    there = sound.order_rows(world)
    there = there.filter(pl.col("order_id").is_in(world.frame("orders")["order_id"].to_list()))
    again = _repetitions(world, source).height
    orders = there["order_id"].n_unique()
    return Fates(orders, superseded=there.height - orders - again, duplicates=again)


def _ad_insights(world: World, source: str, *, as_of: datetime, rules: Rules) -> Fates:
    """The truth states each ad's day once, as it was corrected last; what was corrected is planted."""
    days = world.frame("ad_days").select(pl.format("{}/{}/{}", "date", "campaign_id", "ad_id")).to_series()
    found = _states(world, source, days)
    corrected = world.planted(source).filter(pl.col("fate") == "superseded").height
    return Fates(found.accepted, superseded=found.superseded + corrected, duplicates=found.duplicates)


def _requests(world: World, source: str, *, as_of: datetime, rules: Rules) -> Fates:
    return _states(world, source, world.frame("requests")["request_id"])


def _tickets(world: World, source: str, *, as_of: datetime, rules: Rules) -> Fates:
    return _events(world, source, world.frame("tickets")["message_id"])


def _consents(world: World, source: str, *, as_of: datetime, rules: Rules) -> Fates:
    return _events(world, source, world.frame("consents")["event_id"])


def _learning(world: World, source: str, *, as_of: datetime, rules: Rules) -> Fates:
    told = world.frame("learning_events").filter(pl.col("told_by").is_in(["native", "both"]))
    overdue = retention.overdue_rows(world, source, at=as_of, rules=rules)
    return _events(world, source, told["event_id"], overdue=overdue)


def _statements(world: World, source: str, *, as_of: datetime, rules: Rules) -> Fates:
    """Besides what happened: words nobody knows, and marks that take a statement back (which stay, with what they name).

    What the platform told already is told twice, and never in the same words.
    """
    told = world.frame("learning_events").filter(pl.col("told_by").is_in(["xapi", "both"]))
    overdue = retention.overdue_rows(world, source, at=as_of, rules=rules)
    kinds = Counter(world.planted(source)["kind"].to_list())
    twice = world.planted(source).filter(pl.col("kind") == "told_twice")["key"].to_list()
    found = _events(world, source, told.filter(~pl.col("event_id").is_in(twice))["event_id"], overdue=overdue)
    return Fates(
        accepted=found.accepted + kinds["voids"],
        duplicates=found.duplicates,
        expired=found.expired,
        unknown=kinds["unknown_verb"],
        contradicting=sum(event_id not in overdue for event_id in twice),
    )


def _calls(world: World, source: str, *, as_of: datetime, rules: Rules) -> Fates:
    there = sound.web_calls(world, rules=AT_INTAKE)
    overdue = there.filter(is_over("occurred_at", retention.PERSONAL_YEARS, at=as_of))["message_id"]
    return _events(world, source, there["message_id"], overdue=overdue, is_sound=True)


def _log(world: World, source: str, *, as_of: datetime, rules: Rules) -> Fates:
    """Lines have no id: each is a line of its own. Of a spoilt line nobody can say how old it is."""
    lines = world.frame("log_lines")
    old = lines.filter(is_over("requested_at", retention.PERSONAL_YEARS, at=as_of)).height
    spoilt = world.planted(source).filter(pl.col("fate") == "quarantined").height
    return Fates(lines.height - spoilt - old, expired=old)


def _pixel(world: World, source: str, *, as_of: datetime, rules: Rules) -> Fates:
    """Of one happening that browser and server tell, one telling stays; without an id each is a happening of its own."""
    there = sound.pixel_tellings(world)
    of_its_own = there.filter(pl.col("event_id").is_null()).height
    named = there.filter(pl.col("event_id").is_not_null())
    happenings = named["key"].n_unique()
    return Fates(
        accepted=happenings + of_its_own,
        duplicates=named.height - happenings + _repetitions(world, source).height,
        contradicting=named.height - happenings,
    )


def _payments(world: World, source: str, *, as_of: datetime, rules: Rules) -> Fates:
    """A state of a transaction that is told again is a duplicate, unless nothing of its first telling stands."""
    there = sound.notifications(world)
    states = there.select("transaction_id", "transaction_status", "status_code").n_unique()
    return Fates(states, duplicates=there.height - states)


def _events(world: World, source: str, ids: pl.Series, *, overdue: Iterable[str] = (), is_sound: bool = False) -> Fates:
    """One row stays per event; a repetition of what is overdue is overdue itself."""
    assert ids.n_unique() == len(ids), "the truth states an event twice"
    there = ids if is_sound else ids.filter(~ids.is_in(list(world.lost(source))))
    too_old = set(overdue)
    expired = sum(event_id in too_old for event_id in there)
    again = _repetitions(world, source)["key"].to_list()
    expired_again = sum(key in too_old for key in again)
    return Fates(len(there) - expired, duplicates=len(again) - expired_again, expired=expired + expired_again)


def _states(world: World, source: str, told: Iterable[str], *, named: Callable[[str], str] = lambda key: key) -> Fates:
    """One row stays per key of which one arrived; `named` returns the key of what was planted."""
    gone = world.planted(source).filter(pl.col("fate") == "quarantined")["key"].to_list()
    left = Counter(told)
    left.subtract(Counter(map(named, gone)))
    assert min(left.values(), default=0) >= 0, "more of a key is lost than was told"
    accepted = sum(rows > 0 for rows in left.values())
    return Fates(accepted, superseded=left.total() - accepted, duplicates=_repetitions(world, source).height)


def _repetitions(world: World, source: str) -> pl.DataFrame:
    return world.planted(source).filter(pl.col("fate") == "duplicate")


BY_SOURCE: Mapping[str, Callable[..., Fates]] = {
    "accounts": _accounts,
    "learner_attributes": _attributes,
    "newsletter_subscribers": _subscribers,
    "courses": _catalogue,
    "course_modules": _catalogue,
    "cohorts": _catalogue,
    "course_progress": _learning,
    "course_progress_xapi": _statements,
    "web_events": _calls,
    "web_access_log": _log,
    "meta_pixel": _pixel,
    "payments": _payments,
    "orders": _orders,
    "ad_insights": _ad_insights,
    "support_tickets": _tickets,
    "consents": _consents,
    "rights_requests": _requests,
}
