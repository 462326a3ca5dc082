"""What a batch did, in counts. Here: the balance and its check. Not here: any value of a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any


class BalanceError(RuntimeError):
    """The rows that came in are not the rows accounted for; nothing of the batch was kept."""


@dataclass(frozen=True)
class BatchReport:
    """Counts of one batch of one source.

    `rows_in` are all rows read, `replayed` those of them that came from quarantine. `accepted` rows stand in the lake.
    `displaced` are rows that an earlier batch accepted and that give way to replayed ones, which arrived before them.
    `drifts` are what this batch showed for the first time of a source that is no longer as it was.
    `marks` counts what was noted beside a row's fate (instants without offset, values dropped by a treatment),
    `unknown_fields` fields that no contract speaks of.
    """

    batch_id: str
    source: str
    files: int
    repeated_files: int = 0
    rows_in: int = 0
    replayed: int = 0
    accepted: int = 0
    superseded: int = 0
    duplicates: int = 0
    duplicates_with_other_content: int = 0
    displaced: int = 0
    quarantined: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)
    denied_consent: int = 0
    marks: Mapping[str, int] = field(default_factory=dict)
    unknown_fields: Mapping[str, int] = field(default_factory=dict)
    drifts: tuple[str, ...] = ()
    days: tuple[date, ...] = ()

    def check(self) -> BatchReport:
        """Return self when rows in = accepted + superseded + duplicates + quarantined + refused.

        Raises BalanceError otherwise.
        """
        out = (
            self.accepted
            + self.superseded
            + self.duplicates
            + sum(self.quarantined.values())
            + sum(self.refused.values())
        )
        if out != self.rows_in:
            raise BalanceError(f"{self.source}: {self.rows_in} rows came in, {out} are accounted for; nothing was kept")
        return self

    def balance(self) -> dict[str, Any]:
        """Return the counts as JSON-ready data, days as a count with first and last."""
        facts = asdict(self)
        days = facts.pop("days")
        facts["days"] = {"count": len(days)}
        if days:
            facts["days"] |= {"first": days[0].isoformat(), "last": days[-1].isoformat()}
        return facts
