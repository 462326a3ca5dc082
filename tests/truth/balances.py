"""Promise 2 in figures: how many rows of each source came in, and what became of them, in one run over everything.

Rows in are counted from the files, what became of them from the world's facts and from what was planted: that both sides
agree checks the truth itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from tests.truth import retention, sound
from tests.truth.clocks import is_over
from tests.truth.reading import World
from tests.truth.reasons import reason
from tests.truth.rules import TODAY, Rules

CATALOGUE = ("courses", "course_modules", "cohorts")
SOURCES = ("accounts", *CATALOGUE, "course_progress", "web_events")


@dataclass(frozen=True)
class Balance:
    """What became of the rows of a source."""

    rows_in: int
    accepted: int
    superseded: int
    duplicates: int
    quarantined: Mapping[str, int]
    refused_expired: int

    @property
    def out(self) -> int:
        """Rows accounted for; the truth is sound where they are the rows in."""
        return self.accepted + self.superseded + self.duplicates + sum(self.quarantined.values()) + self.refused_expired


@dataclass(frozen=True)
class _Fates:
    accepted: int
    superseded: int
    duplicates: int
    expired: int


def of_source(world: World, source: str, *, as_of: datetime | None = None, rules: Rules = TODAY) -> Balance:
    """Return the balance of one of `SOURCES` in a run as of an instant (the world's end unless told).

    Raises KeyError for a source whose facts are not counted here.
    """
    now = as_of or world.as_of
    if source in CATALOGUE:
        fates = _Fates(world.frame(source).height, 0, _repetitions(world, source).height, 0)
    else:
        fates = {"accounts": _accounts, "course_progress": _learning, "web_events": _calls}[source](
            world, as_of=now, rules=rules
        )
    return Balance(
        rows_in=rows_in(world, source),
        accepted=fates.accepted,
        superseded=fates.superseded,
        duplicates=fates.duplicates,
        quarantined=quarantined(world, source),
        refused_expired=fates.expired,
    )


def rows_in(world: World, source: str) -> int:
    """Return the rows of a source's files; the same file twice is one file."""
    files = world.frame("files").filter((pl.col("source") == source) & pl.col("copy_of").is_null())
    return int(files["rows"].sum())


def quarantined(world: World, source: str) -> dict[str, int]:
    """Return the rows that wait in quarantine by reason code."""
    rows = world.planted(source).filter(pl.col("fate") == "quarantined")
    return dict(Counter(reason(kind, field) for kind, field in rows.select("kind", "field").iter_rows()))


def _repetitions(world: World, source: str) -> pl.DataFrame:
    return world.planted(source).filter(pl.col("fate") == "duplicate")


def _accounts(world: World, *, as_of: datetime, rules: Rules) -> _Fates:
    """One state stays per user. A repetition of an older state is an older state, too."""
    states = sound.account_states(world).select("user_id", "updated_at")
    again = _repetitions(world, "accounts").select(user_id="key", updated_at="occurred_at")
    overdue = pl.col("user_id").is_in(list(retention.accounts(world, at=as_of, rules=rules)))
    newest = states.group_by("user_id").agg(newest=pl.col("updated_at").max())
    states, again = (frame.join(newest, on="user_id", how="left") for frame in (states, again))
    is_old = pl.col("updated_at") < pl.col("newest")
    expired = states.filter(overdue).height + again.filter(overdue).height
    states, again = states.filter(~overdue), again.filter(~overdue)
    users = states["user_id"].n_unique()
    return _Fates(
        accepted=users,
        superseded=states.height - users + again.filter(is_old).height,
        duplicates=again.filter(~is_old).height,
        expired=expired,
    )


def _learning(world: World, *, as_of: datetime, rules: Rules) -> _Fates:
    there = sound.learning_events(world, rules=Rules())  # the source's own rows, whatever xAPI tells
    overdue = retention.course_events(world, at=as_of, rules=rules)["event_id"].to_list()
    return _events(there["event_id"], _repetitions(world, "course_progress"), overdue)


def _calls(world: World, *, as_of: datetime, rules: Rules) -> _Fates:
    there = sound.web_calls(world, rules=Rules())
    overdue = there.filter(is_over("occurred_at", retention.PERSONAL_YEARS, at=as_of))["message_id"].to_list()
    return _events(there["message_id"], _repetitions(world, "web_events"), overdue)


def _events(ids: pl.Series, repetitions: pl.DataFrame, overdue: list[str]) -> _Fates:
    """One row stays per event; a repetition of what is overdue is overdue itself."""
    assert ids.n_unique() == len(ids), "the truth states an event twice"
    too_old = set(overdue)
    expired = sum(event_id in too_old for event_id in ids)
    again = repetitions["key"].to_list()
    expired_again = sum(key in too_old for key in again)
    return _Fates(len(ids) - expired, 0, len(again) - expired_again, expired + expired_again)
