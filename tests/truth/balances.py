"""Promise 2 in figures: how many rows of each source came in, and what became of them, in one run over everything.

Rows in are counted from the files, what became of them from the world's facts and from what was planted: that both sides
agree checks the truth itself. What becomes of the rows of each source is in `fates`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from tests.truth import fates, held, sound
from tests.truth.ledger import Ledger
from tests.truth.minors import without_minors
from tests.truth.reading import World
from tests.truth.reasons import reason
from tests.truth.rules import AT_INTAKE, Rules

SOURCES = tuple(fates.BY_SOURCE)


@dataclass(frozen=True)
class Balance:
    """What became of the rows of a source.

    `contradicting` are the duplicates that say something else than what stayed; where both lose what they say to a consent
    denied, nobody can tell, so that of the pixel there are at most so many.
    """

    rows_in: int
    accepted: int
    superseded: int
    duplicates: int
    contradicting: int
    quarantined: Mapping[str, int]
    refused: Mapping[str, int]

    @property
    def out(self) -> int:
        """Rows accounted for; the truth is sound where they are the rows in."""
        gone = sum(self.quarantined.values()) + sum(self.refused.values())
        return self.accepted + self.superseded + self.duplicates + gone


def of_source(world: World, source: str, *, as_of: datetime | None = None, rules: Rules = AT_INTAKE) -> Balance:
    """Return the balance of one of `SOURCES` in a run as of an instant (the world's end unless told).

    Raises KeyError for any other source.
    """
    now = as_of or world.as_of
    everybody = fates.BY_SOURCE[source](world, source, as_of=now, rules=rules)
    found = fates.BY_SOURCE[source](
        without_minors(world, rules=rules, as_of=now, is_at_intake=True), source, as_of=now, rules=rules
    )
    refused = {"expired": found.expired, "unknown_verb": found.unknown, "minor": everybody.rows - found.rows}
    return Balance(
        rows_in=rows_in(world, source),
        accepted=found.accepted,
        superseded=found.superseded,
        duplicates=found.duplicates,
        contradicting=found.contradicting,
        quarantined=quarantined(world, source),
        refused={why: rows for why, rows in refused.items() if rows},
    )


def rows_in(world: World, source: str) -> int:
    """Return the rows of a source's files; the same file twice is one file."""
    files = world.frame("files").filter((pl.col("source") == source) & pl.col("copy_of").is_null())
    return int(files["rows"].sum())


def quarantined(world: World, source: str) -> dict[str, int]:
    """Return the rows that wait in quarantine by reason code."""
    rows = world.planted(source).filter(pl.col("fate") == "quarantined")
    return dict(Counter(reason(source, kind, field) for kind, field in rows.select("kind", "field").iter_rows()))


def withheld(world: World, source: str, *, as_of: datetime | None = None, rules: Rules = AT_INTAKE) -> int:
    """Return how many accepted rows of web events or learner attributes lose what their owner's consent does not cover."""
    now = as_of or world.as_of
    if source == "web_events":
        return int((~held.web_calls(world, rules=rules, as_of=now)["is_allowed"]).sum())
    ledger = Ledger(world, purpose="aggregate_statistics", known_at=now)
    said = sound.attributes(world).select("user_id", "updated_at").iter_rows()
    return sum(ledger.says(("user", user_id), at_ms=at) is not True for user_id, at in said)
