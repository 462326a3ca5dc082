"""The world as the product has to know it: without what is told of those who are known to be minors.

A row is theirs that names them by account, address or order; a call or statement of a browser that only they ever used is
theirs too, where it bears the browser. What waits in quarantine names nobody yet, and is looked up in the whole world.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import polars as pl

from tests.truth.ledger import is_allowed
from tests.truth.people import known_minors
from tests.truth.reading import World
from tests.truth.rules import AT_INTAKE, Rules

_IDS = {
    "learning_events": ["event_id"],
    "consents": ["event_id"],
    "web_calls": ["message_id"],
    "orders": ["order_id"],
    "tickets": ["message_id"],
    "requests": ["request_id"],
    "subscribers": ["email"],
}


def without_minors(world: World, *, rules: Rules, as_of: datetime, is_at_intake: bool = False) -> World:
    """Return the world without known minors; itself where the rules do not ask for it, or nobody is one.

    At intake nobody knows yet whose a browser is that states something before its first call.
    """
    minors = known_minors(world, at=as_of, rules=rules) if rules.minors_out else frozenset()
    return Without(world.folder, world=world, minors=minors, at=as_of, is_at_intake=is_at_intake) if minors else world


def own_browsers_of(calls: pl.DataFrame, users: frozenset[str]) -> list[str]:
    """Return the browsers that only one of these users ever used, and nobody else."""
    named = calls.filter(pl.col("anonymous_id").is_not_null() & pl.col("user_id").is_not_null())
    whose = named.group_by("anonymous_id").agg(users=pl.col("user_id").n_unique(), user=pl.col("user_id").first())
    return whose.filter((pl.col("users") == 1) & pl.col("user").is_in(sorted(users)))["anonymous_id"].to_list()


@dataclass(frozen=True)
class Without(World):
    """A world whose tables lack the rows of some users."""

    world: World | None = None
    minors: frozenset[str] = frozenset()
    at: datetime | None = None
    is_at_intake: bool = False

    def frame(self, table: str) -> pl.DataFrame:
        """Return a table without their rows."""
        assert self.world is not None
        if table not in self._frames:
            frame = self.world.frame(table)
            if table == "planted":
                self._frames[table] = frame.filter(~pl.col("key").is_in(sorted(self._keys)).fill_null(value=False))
            else:
                self._frames[table] = frame.filter(~self._is_theirs(table, frame))
        return self._frames[table]

    def unsure_hits(self) -> int:
        """Return how many hits of their own browsers may bear a hash or not, as nobody was asked there about advertising."""
        hits = self._whole("pixel_events").filter(pl.col("learner").is_null() & pl.col("advertising").is_null())
        return hits.filter(pl.col("anonymous_id").is_in(self._browsers)).height

    def _is_theirs(self, table: str, frame: pl.DataFrame) -> pl.Expr:
        tests = [pl.lit(value=False)]
        if "user_id" in frame.columns:
            tests.append(pl.col("user_id").is_in(sorted(self.minors)))
        if "learner" in frame.columns:
            tests.append(pl.col("learner").is_in(self._numbers))
        if "email" in frame.columns and table in ("consents", "subscribers"):
            tests.append(pl.col("email").str.strip_chars().str.to_lowercase().is_in(self._addresses))
        if table == "web_calls":
            said = is_allowed(frame, self.world or self, rules=AT_INTAKE, known_at=self.at or self.as_of)
            alone = pl.col("user_id").is_null() & pl.col("anonymous_id").is_in(self._browsers)
            tests.append(alone & said)
        if table == "consents" and not self.is_at_intake:
            alone = pl.col("user_id").is_null() & pl.col("email").is_null()
            tests.append(alone & pl.col("anonymous_id").is_in(self._met_alone))
        if table == "pixel_events":
            # A hit bears a hash where advertising was agreed to in the browser, or somebody had been known there before.
            alone = pl.col("learner").is_null() & pl.col("anonymous_id").is_in(self._browsers)
            first = pl.col("anonymous_id").replace_strict(self._named_since, default=None, return_dtype=pl.Int64)
            bears = pl.col("advertising").fill_null(value=False) | (pl.col("occurred_at") >= first)
            tests.append(alone & bears.fill_null(value=False))
        if table == "notifications":
            tests.append(pl.col("order_id").is_in(self._orders))
        return pl.any_horizontal(test.fill_null(value=False) for test in tests)

    @cached_property
    def _browsers(self) -> list[str]:
        return own_browsers_of(self._whole("web_calls"), self.minors)

    @cached_property
    def _met_alone(self) -> list[str]:
        """Their browsers that made a call of which the product knows nothing but the browser: of others it knows no key."""
        calls = self._whole("web_calls").filter(
            pl.col("anonymous_id").is_in(self._browsers) & pl.col("user_id").is_null()
        )
        said = is_allowed(calls, self.world or self, rules=AT_INTAKE, known_at=self.at or self.as_of)
        return calls.filter(said)["anonymous_id"].unique().to_list()

    @cached_property
    def _named_since(self) -> dict[str, int]:
        calls = self._whole("web_calls").filter(pl.col("anonymous_id").is_in(self._browsers)).drop_nulls("user_id")
        return dict(calls.group_by("anonymous_id").agg(pl.col("occurred_at").min()).iter_rows())

    @cached_property
    def _numbers(self) -> list[int]:
        return self._whole("learners").filter(pl.col("user_id").is_in(sorted(self.minors)))["learner"].to_list()

    @cached_property
    def _orders(self) -> list[str]:
        return self._whole("orders").filter(pl.col("user_id").is_in(sorted(self.minors)))["order_id"].to_list()

    @cached_property
    def _addresses(self) -> list[str]:
        told = self._whole("account_states").filter(pl.col("user_id").is_in(sorted(self.minors)))["email"]
        return told.drop_nulls().str.strip_chars().str.to_lowercase().unique().to_list()

    @cached_property
    def _keys(self) -> frozenset[str]:
        """What rows of theirs are called where something was planted in them."""
        found = {*self.minors, *self._orders}
        for table, columns in _IDS.items():
            whole = self._whole(table)
            theirs = whole.filter(self._is_theirs(table, whole))
            for column in columns:
                found |= set(theirs[column].drop_nulls().to_list())
            if table == "web_calls":
                beats = theirs.filter(pl.col("heartbeats") > 0)
                for message_id, count in beats.select("message_id", "heartbeats").iter_rows():
                    found |= {f"{message_id}-{beat}" for beat in range(1, count + 1)}
        pixel = self._whole("pixel_events")
        theirs = pixel.filter(self._is_theirs("pixel_events", pixel))
        names = theirs.select(pl.format("{}/{}", "event_name", pl.coalesce("event_id", "anonymous_id"))).to_series()
        planted = self._whole("planted").filter(source="meta_pixel")["key"].drop_nulls()
        prefixes = tuple(names.drop_nulls().to_list())
        found |= {key for key in planted.to_list() if prefixes and key.startswith(prefixes)}
        return frozenset(found)

    def _whole(self, table: str) -> pl.DataFrame:
        assert self.world is not None
        return self.world.frame(table)
